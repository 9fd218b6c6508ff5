"""A projection teacher: known poses projected by random cameras, with MediaPipe's errors borrowed from real pairs.

Rendered pairs are few and their motions fewer. A pose that was never rendered can still teach what a 2D pose says
about depth: it is turned before a random camera, projected, and given the error that MediaPipe made on the rendered
poses most like it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from core.pose.skeleton import BODY, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from models.network.refiner_network import body_size, centre_on_hips, present
from models.training.dataset import Batch, PairDataset, PosePool

_BODY = slice(int(BODY[0]), int(BODY[-1]) + 1)
_TINY = 1e-9


@dataclass(frozen=True)
class ProjectionConfig:
    """The cameras of the teacher.

    Attributes:
        lean_share: Share of poses, with their past, that lean over as a whole.
        lean_deg: Standard deviation of how far, towards any side.
        upright_deg: Who leans by more is no example of a viewpoint: from such people nobody can tell which way is up.
        bend_deg: Standard deviation of how far everything above the hips is bent over besides, towards any side.
        elevation_deg: Mean and standard deviation of the elevation, cut at `max_elevation_deg`.
        max_elevation_deg: Largest elevation either way.
        roll_deg: Standard deviation of the camera's roll.
        distance_m: Nearest and farthest pelvis, even in the logarithm.
        off_axis_deg: Largest angle between the optical axis and the ray to the pelvis, each way.
        noise_2d: Least and most noise on the 2D pose, as a share of the body's size.
        n_neighbours: Rendered poses among which one lends its error.
        n_lenders: Rendered poses looked through for each batch.
        drop_depth: Share of frames that get no MediaPipe depth at all.
    """

    lean_share: float = 0.9
    lean_deg: float = 50.0
    upright_deg: float = 15.0
    bend_deg: float = 40.0
    elevation_deg: tuple[float, float] = (8.0, 14.0)
    max_elevation_deg: float = 60.0
    roll_deg: float = 3.0
    distance_m: tuple[float, float] = (1.0, 8.0)
    off_axis_deg: float = 25.0
    noise_2d: tuple[float, float] = (0.005, 0.03)
    n_neighbours: int = 8
    n_lenders: int = 8192
    drop_depth: float = 0.1


def project_poses(poses: Tensor, config: ProjectionConfig, generator: Generator) -> Batch:
    """Film poses with random cameras: a batch whose MediaPipe is still the truth.

    The viewpoint is NaN where the person leans too far for it to be asked.

    Args:
        poses: (N, 17, 3), or (N, K, 17, 3) windows, metres, y up, right-handed, any origin. One camera that stands
            still films a window.
        config: The cameras.
        generator: On the poses' device.
    """
    n, device = len(poses), poses.device

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator, device=device)

    def normal(spread: float) -> Tensor:
        return spread * torch.randn(n, generator=generator, device=device)

    mean, spread = config.elevation_deg
    limit = math.radians(config.max_elevation_deg)
    elevation = torch.clamp(math.radians(mean) + normal(math.radians(spread)), -limit, limit)
    yaw = uniform(0.0, 2 * math.pi)
    # towards the camera, from the pelvis, in the poses' axes
    away = torch.stack(
        [torch.sin(yaw) * torch.cos(elevation), torch.sin(elevation), torch.cos(yaw) * torch.cos(elevation)], -1
    )
    z_axis = -away
    up = torch.tensor([0.0, 1.0, 0.0], device=device).expand(n, 3)
    x_axis = torch.nn.functional.normalize(torch.linalg.cross(z_axis, up), dim=-1)
    y_axis = torch.linalg.cross(z_axis, x_axis)  # down
    roll = normal(math.radians(config.roll_deg))[:, None]
    x_rolled = torch.cos(roll) * x_axis + torch.sin(roll) * y_axis
    y_rolled = torch.cos(roll) * y_axis - torch.sin(roll) * x_axis
    to_ray = torch.stack([x_rolled, y_rolled, z_axis], dim=1)  # (N, 3, 3) rows: view-ray axes
    leaning = torch.where(uniform(0.0, 1.0) < config.lean_share, normal(math.radians(config.lean_deg)), 0.0)
    centred = _leaning(centre_on_hips(poses), leaning, uniform(0.0, 2 * math.pi))
    above = _leaning(centred[..., :LEFT_HIP, :], normal(math.radians(config.bend_deg)), uniform(0.0, 2 * math.pi))
    centred = torch.cat([above, centred[..., LEFT_HIP:, :]], dim=-2)
    truth = torch.einsum("nij,n...j->n...i", to_ray, centred)

    low, high = (math.log(d) for d in config.distance_m)
    distance = torch.exp(uniform(low, high))
    off = math.radians(config.off_axis_deg)
    pose_2d = _image(truth, distance, uniform(-off, off), uniform(-off, off))
    is_upright = leaning.abs()[:, None] <= math.radians(config.upright_deg)
    direction = torch.where(is_upright, _subject_direction(present(centred), away), math.nan)
    return Batch(truth, torch.ones(truth.shape[:-1], device=device), pose_2d, truth, direction)


def _leaning(poses: Tensor, angle: Tensor, heading: Tensor) -> Tensor:
    """Return (N, ..., 3) poses, y up, tipped over about their origin by (N,) angles, towards (N,) headings."""
    axis = torch.stack([torch.cos(heading), torch.zeros_like(heading), torch.sin(heading)], dim=-1)
    cross = torch.linalg.cross(torch.eye(3, device=poses.device).expand(len(axis), 3, 3), axis[:, None], dim=-1)
    sine, cosine = torch.sin(angle)[:, None, None], torch.cos(angle)[:, None, None]
    turn = torch.eye(3, device=poses.device) + sine * cross + (1 - cosine) * (cross @ cross)  # Rodrigues
    return torch.einsum("nij,n...j->n...i", turn, poses)


def _image(joints_ray: Tensor, distance: Tensor, pan: Tensor, tilt: Tensor) -> Tensor:
    """Return the (N, ..., 2) image, focal length 1, of view-ray joints whose pelvis is off the axis by pan and tilt."""
    x, y, z = joints_ray.unbind(-1)
    pan, tilt, distance = (v.reshape(-1, *[1] * (x.ndim - 1)) for v in (pan, tilt, distance))
    z = z + distance
    y, z = torch.cos(tilt) * y + torch.sin(tilt) * z, torch.cos(tilt) * z - torch.sin(tilt) * y
    x, z = torch.cos(pan) * x + torch.sin(pan) * z, torch.cos(pan) * z - torch.sin(pan) * x
    z = torch.clamp(z, min=0.2)
    return torch.stack([x / z, y / z], dim=-1)


def _subject_direction(poses: Tensor, away: Tensor) -> Tensor:
    """Return `away` (N, 3) in the subject frames of (N, 17, 3) y-up poses; as `core.pose.geometry.subject_axes`."""
    unit = torch.nn.functional.normalize
    lateral = unit(poses[:, LEFT_SHOULDER] - poses[:, RIGHT_SHOULDER], dim=-1) + unit(
        poses[:, LEFT_HIP] - poses[:, RIGHT_HIP], dim=-1
    )
    x, z = lateral[:, 0], lateral[:, 2]
    length = torch.sqrt(x * x + z * z).clamp(min=_TINY)
    x, z = x / length, z / length  # the subject's left, horizontal; facing is (-z, 0, x)
    left = x * away[:, 0] + z * away[:, 2]
    ahead = -z * away[:, 0] + x * away[:, 2]
    return torch.stack([left, away[:, 1], ahead], dim=-1)


def lend_errors(projected: Batch, lenders: Batch, config: ProjectionConfig, generator: Generator) -> Batch:
    """Give projected poses the MediaPipe error, visibility and 2D noise of rendered poses like them.

    Args:
        projected: From `film`.
        lenders: Rendered pairs, as many as to be looked through; those whose true hips are unknown lend nothing.
        config: How many neighbours, how much noise.
        generator: On the batch's device.
    """
    n, device = len(projected.pose), projected.pose.device
    known = torch.nan_to_num(present(lenders.truth), nan=0.0)
    distances = torch.cdist(present(projected.truth)[:, _BODY].flatten(1), known[:, _BODY].flatten(1))
    has_hips = torch.isfinite(present(lenders.truth)[:, LEFT_HIP : RIGHT_HIP + 1]).all(-1).all(-1)
    distances = distances.masked_fill(~has_hips, math.inf)
    nearest = distances.topk(min(config.n_neighbours, len(known)), largest=False).indices  # (N, k)
    pick = torch.randint(nearest.shape[1], (n, 1), generator=generator, device=device)
    lender = nearest.gather(1, pick)[:, 0]
    error = torch.nan_to_num(lenders.pose - lenders.truth, nan=0.0)[lender]
    pose = centre_on_hips(projected.truth + error)
    depth = pose[..., 2:]
    one_each = (n, *[1] * (depth.ndim - 1))
    dropped = torch.rand(one_each, generator=generator, device=device) < config.drop_depth
    pose = torch.cat([pose[..., :2], torch.where(dropped, 0 * depth, depth)], dim=-1)
    low, high = config.noise_2d
    share = low + (high - low) * torch.rand(one_each, generator=generator, device=device)
    noise = torch.randn(projected.pose_2d.shape, generator=generator, device=device)
    pose_2d = projected.pose_2d + noise * share * body_size(centre_on_hips(projected.pose_2d))
    return projected._replace(pose=pose, pose_2d=pose_2d, visibility=lenders.visibility[lender])


def with_projected_poses(
    batch: Batch, pairs: PairDataset, poses: PosePool, config: ProjectionConfig, share: float, generator: Generator
) -> Batch:
    """Append poses of the pool, projected anew, with errors lent by training pairs.

    Args:
        batch: Training pairs.
        pairs: All of them, of which some lend their errors.
        poses: The pool.
        config: Cameras and lending.
        share: Of projected poses in what is returned, 0..1.
        generator: On the batch's device.
    """
    device = batch.pose.device

    def rows(n: int, of: int) -> Tensor:
        return torch.randint(of, (n,), generator=generator, device=device).cpu()

    n = round(len(batch.pose) * share / (1 - share))
    projected = project_poses(poses[rows(n, len(poses))].to(device), config, generator)
    lenders = pairs[rows(min(config.n_lenders, len(pairs)), len(pairs))]
    lenders = Batch(*(column.to(device) for column in lenders))
    projected = lend_errors(projected, lenders, config, generator)
    return Batch(*(torch.cat(columns) for columns in zip(batch, projected, strict=True)))
