"""Augmentations that change input, truth, image and viewpoint together, so that they stay one scene.

All work on whole batches with an explicit generator. Scale and origin of the 2D pose need none: the network is
invariant to them by construction (and tested to be).
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from core.pose.skeleton import SWAP_SIDES
from models.network.refiner_network import body_size, centre_on_hips, on_root_of
from models.training.dataset import Batch

_SWAP = torch.tensor(SWAP_SIDES)


@dataclass(frozen=True)
class AugmentConfig:
    """How often and how much; shares are probabilities per frame.

    Attributes:
        mirror: Share of frames mirrored.
        roll_deg: Standard deviation of a roll about the view ray.
        size: Body size varies by a factor of up to 1 + size either way.
        error_scale: MediaPipe's true error is scaled by a factor drawn from this range: people with smaller and
            larger errors than the rendered ones.
        noise_2d: Standard deviation of noise on the 2D pose, as a share of the body's size in the image.
        noise_depth_m: Standard deviation of noise on MediaPipe's depth; its errors in the training pairs are few
            enough to be learned by heart otherwise.
        hide_joint: Share of joints whose visibility is replaced by a random lower one.
        copy_2d: Share of frames whose 2D pose is MediaPipe's x and y, as when the caller knows no 2D.
        drop_depth: Share of frames without MediaPipe's depth (z = 0): keeps the network able to lift from 2D.
        swap_sides: Share of windows whose newest frames, but not all, have left and right exchanged.
        drop_past: Share of windows that repeat the present, as at the beginning of a stream.
    """

    mirror: float = 0.5
    roll_deg: float = 15.0
    size: float = 0.1
    error_scale: tuple[float, float] = (0.5, 1.0)
    noise_2d: float = 0.01
    noise_depth_m: float = 0.02
    hide_joint: float = 0.1
    copy_2d: float = 0.1
    drop_depth: float = 0.05
    drop_past: float = 0.15
    swap_sides: float = 0.05


def mirror(batch: Batch) -> Batch:
    """Swap left and right of the whole scene: x changes sign and every joint takes the other side's name."""
    swap = _SWAP.to(batch.pose.device)
    flip = torch.tensor([-1.0, 1.0, 1.0], device=batch.pose.device)
    return Batch(
        pose=batch.pose[..., swap, :] * flip,
        visibility=batch.visibility[..., swap],
        pose_2d=batch.pose_2d[..., swap, :] * flip[:2],
        truth=batch.truth[..., swap, :] * flip,
        direction=batch.direction * flip,
    )


def mirror_where(batch: Batch, is_mirrored: Tensor) -> Batch:
    """Mirror the scenes of which (N,) says so."""
    return Batch(
        *(torch.where(_per_sample(is_mirrored, old), new, old) for new, old in zip(mirror(batch), batch, strict=True))
    )


def roll(batch: Batch, angle_rad: Tensor) -> Batch:
    """Turn the camera about the view ray by (N,) angles.

    Joints turn about the pelvis in x and y, in 3D and in the image alike. The viewpoint stays: it is measured
    against gravity, in the subject frame, and the camera has not moved.
    """
    cosine, sine = torch.cos(angle_rad), torch.sin(angle_rad)
    turn = torch.stack([torch.stack([cosine, -sine], -1), torch.stack([sine, cosine], -1)], -2)  # (N, 2, 2)

    def turned(joints: Tensor) -> Tensor:
        across = torch.einsum("nij,n...j->n...i", turn, joints[..., :2])
        return torch.cat([across, joints[..., 2:]], dim=-1)

    return batch._replace(
        pose=turned(batch.pose), truth=turned(batch.truth), pose_2d=turned(centre_on_hips(batch.pose_2d))
    )


def scale_body(batch: Batch, factor: Tensor) -> Batch:
    """Make the person larger by (N,) factors and move the camera away as much: the image stays."""
    f = _per_sample(factor, batch.pose)
    return batch._replace(pose=batch.pose * f, truth=batch.truth * f)


def scale_error(batch: Batch, factor: Tensor) -> Batch:
    """Scale MediaPipe's error by (N,) factors: 0 gives the truth, 1 changes nothing; unknown joints stay."""
    error = torch.nan_to_num(on_root_of(batch.truth, batch.pose) - batch.truth, nan=0.0)
    return batch._replace(pose=batch.pose + (_per_sample(factor, error) - 1.0) * error)


def swap_sides(batch: Batch, n_frames: Tensor) -> Batch:
    """Name the sides of the newest (N,) frames of each window the wrong way round, as MediaPipe does at times.

    Joints, visibility and image change names, the truth does not: only the older frames tell.
    """
    swap = _SWAP.to(batch.pose.device)
    is_swapped = torch.arange(batch.pose.shape[1], device=batch.pose.device) < n_frames[:, None]  # (N, K)
    pose, pose_2d = (torch.where(is_swapped[..., None, None], x[..., swap, :], x) for x in (batch.pose, batch.pose_2d))
    visibility = torch.where(is_swapped[..., None], batch.visibility[..., swap], batch.visibility)
    return batch._replace(pose=pose, visibility=visibility, pose_2d=pose_2d)


def augment(batch: Batch, config: AugmentConfig, generator: Generator) -> Batch:
    """Return a batch changed at random; equal generators give equal results.

    Args:
        batch: N frames.
        config: How often and how much.
        generator: On the batch's device.
    """
    n, device = len(batch.pose), batch.pose.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=device)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device=device)

    def chosen(share: float, changed: Tensor, unchanged: Tensor) -> Tensor:
        return torch.where(_per_sample(uniform(n), changed) < share, changed, unchanged)

    low, high = config.error_scale
    batch = scale_error(batch, low + (high - low) * uniform(n))
    batch = mirror_where(batch, uniform(n) < config.mirror)
    batch = roll(batch, normal(n) * math.radians(config.roll_deg))
    batch = scale_body(batch, torch.exp((uniform(n) * 2 - 1) * math.log1p(config.size)))

    pose_2d = batch.pose_2d + normal(*batch.pose_2d.shape) * config.noise_2d * body_size(batch.pose_2d)
    pose_2d = chosen(config.copy_2d, batch.pose[..., :2], pose_2d)
    # the same in all frames of a window: it stands for errors that last, and must not average out
    depth = batch.pose[..., 2:] + normal(n, *[1] * (batch.pose.ndim - 3), 17, 1) * config.noise_depth_m
    pose = torch.cat([batch.pose[..., :2], chosen(config.drop_depth, 0 * depth, depth)], -1)
    shape = batch.visibility.shape
    hidden = torch.where(uniform(*shape) < config.hide_joint, uniform(*shape), 1.0)
    batch = batch._replace(pose=pose, pose_2d=pose_2d, visibility=batch.visibility * hidden)
    if pose.ndim == 3:
        return batch
    newest = 1 + torch.floor(uniform(n) * (pose.shape[1] - 1))
    batch = swap_sides(batch, torch.where(uniform(n) < config.swap_sides, newest, 0.0))
    return _without_past(batch, uniform(n) < config.drop_past)


def _without_past(batch: Batch, is_new: Tensor) -> Batch:
    """Repeat the present in the windows of (N,) samples, as at the beginning of a stream."""
    seen = (torch.where(_per_sample(is_new, x), x[:, :1], x) for x in (batch.pose, batch.visibility, batch.pose_2d))
    pose, visibility, pose_2d = seen
    return batch._replace(pose=pose, visibility=visibility, pose_2d=pose_2d)


def _per_sample(values: Tensor, like: Tensor) -> Tensor:
    """Return (N,) values with trailing axes of length 1, as many as `like` has."""
    return values.reshape(-1, *[1] * (like.ndim - 1))
