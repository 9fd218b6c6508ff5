"""Random calibrated cameras that keep a moving person in view."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from core.pose.geometry import intrinsics_from_fov, project
from core.pose.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_SHOULDER
from core.pose.types import FloatArray
from models.data.studio.renderer import CameraPose

_DISTANCE_M: Final = (1.5, 6.0)
_MARGIN: Final = 0.03  # of the image
_LOWEST_M: Final = 0.12
_NEAREST_M: Final = 0.25  # of a webcam to a hand
_WEBCAM_DEG: Final = (-28.0, 28.0)  # from a laptop on the knees to the top of a large screen
_STEADY: Final = 0.85  # mean resultant length of the shoulder line
_SETTLE_S: Final = 1.5  # a webcam does not follow; who sits before it stays there
_ROLL_DEG: Final = (1.0, 3.0, 10.0)  # a levelled tripod, a careless one, a hand or a clamp


@dataclass(frozen=True)
class CameraTrack:
    """One camera over a clip.

    Attributes:
        intrinsics: (3, 3).
        rotations: (T, 3, 3) world → camera.
        positions: (T, 3) world, metres.
        kind: static, pan, handheld or webcam.
        is_cropped: The body was meant to be cut by the image's edge.
    """

    intrinsics: FloatArray
    rotations: FloatArray
    positions: FloatArray
    kind: str
    is_cropped: bool

    def __getitem__(self, index: int) -> CameraPose:
        return CameraPose(self.intrinsics, self.rotations[index], self.positions[index])

    def to_camera(self, points_m: FloatArray) -> FloatArray:
        """Return (T, J, 3) world points in the camera frame."""
        return np.asarray(np.einsum("tij,tpj->tpi", self.rotations, points_m - self.positions[:, None]))


def film(
    rng: np.random.Generator,
    extent_m: FloatArray,
    size: tuple[int, int],
    fps: float,
    *,
    crop_share: float,
    moving: bool = False,
) -> CameraTrack:
    """Choose a camera for a performance.

    Args:
        rng: Source of chance.
        extent_m: (T, P, 3) points of the body that should be seen, world; the first is the pelvis.
        size: (width, height) of the image.
        fps: Frames per second.
        crop_share: Chance that the camera is too near to see all of the body.
        moving: Insist on a hand-held camera.
    """
    is_cropped = bool(rng.random() < crop_share)
    kind = "handheld" if moving else str(rng.choice(["static", "pan", "handheld"], p=[0.4, 0.2, 0.4]))
    intrinsics = intrinsics_from_fov(size, float(rng.uniform(40, 85)))
    elevation = rng.uniform(-5, 25) if rng.random() < 0.75 else rng.uniform(-20, 50)
    azimuth = rng.uniform(0, 2 * np.pi)
    roll = np.deg2rad(np.clip(rng.normal(0, 2), -8, 8) if moving else rng.normal(0, rng.choice(_ROLL_DEG)))
    centre = (extent_m.max(axis=1) + extent_m.min(axis=1)) / 2
    aim = np.tile(centre.mean(axis=0), (len(centre), 1))
    if kind != "static":
        aim = gaussian_filter1d(centre, 0.4 * fps, axis=0, mode="nearest")
    directions = _directions(rng, azimuth, np.deg2rad(elevation), len(aim), fps, kind)
    wobble = _wobble(rng, len(aim), fps) if kind == "handheld" else np.zeros((len(aim), 6))

    def track(distance: FloatArray, shift: FloatArray) -> CameraTrack:
        positions = aim + directions * distance[:, None] + wobble[:, :3]
        positions[:, 1] = np.maximum(positions[:, 1], _LOWEST_M)
        rotations = _look(aim - positions, roll, wobble[:, 3:] + shift)
        return CameraTrack(intrinsics, rotations, positions, kind, is_cropped)

    still = np.ones(len(aim))
    fitting = next(
        (d for d in np.arange(_DISTANCE_M[0], 9, 0.15) if _fits(track(d * still, np.zeros(3)), extent_m, size)), 9.0
    )
    spare = rng.uniform(1.02, 1.4)
    if is_cropped:
        spare = rng.uniform(0.5, 0.85)
    distance = float(np.clip(fitting * spare, 1.2 if is_cropped else _DISTANCE_M[0], max(fitting, _DISTANCE_M[1])))
    fov = 2 * np.arctan(size[0] / 2 / intrinsics[0, 0])
    room = 0.35 if is_cropped else max(0.0, 1 - 1 / max(spare, 1.0)) * 0.5
    shift = np.array(
        [rng.uniform(-1, 1) * room * fov * size[1] / size[0] / 2, rng.uniform(-1, 1) * room * fov / 2, 0.0]
    )
    dolly = 1 + (0.15 * _smooth(rng, len(aim), fps, 0.15) if kind == "handheld" else 0.0)
    return track(distance * dolly * still, shift)


def turns_about(joints_m: FloatArray) -> bool:
    """Return whether somebody looks now this way and now that, as nobody does before a webcam."""
    return bool(np.linalg.norm(_across(joints_m).mean(axis=0)) < _STEADY)


def _across(joints_m: FloatArray) -> FloatArray:
    """Return (T, 2) unit vectors over the floor from the right shoulder to the left, x and z."""
    line = (joints_m[:, LEFT_SHOULDER] - joints_m[:, RIGHT_SHOULDER])[:, [0, 2]]
    result: FloatArray = line / np.maximum(np.linalg.norm(line, axis=1, keepdims=True), 1e-9)
    return result


def film_at_desk(rng: np.random.Generator, joints_m: FloatArray, size: tuple[int, int], fps: float) -> CameraTrack:
    """Choose a webcam's place: near, before the person, a laptop's below the face or a screen's above it.

    Head and chest are seen, the hips hardly ever, the hands now and then.

    Args:
        rng: Source of chance.
        joints_m: (T, 17, 3) COCO joints, world.
        size: (width, height) of the image.
        fps: Frames per second.
    """
    shoulders = (joints_m[:, LEFT_SHOULDER] + joints_m[:, RIGHT_SHOULDER]) / 2
    across = _across(joints_m).mean(axis=0)
    azimuth = np.arctan2(-across[1], across[0]) + np.deg2rad(rng.normal(0, 25))
    intrinsics = intrinsics_from_fov(size, float(rng.uniform(48, 82)))
    aim = gaussian_filter1d(shoulders, _SETTLE_S * fps, axis=0, mode="nearest")
    aim[:, 1] += rng.uniform(-0.08, 0.2)
    elevation = np.deg2rad(rng.uniform(*_WEBCAM_DEG))
    toward = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    upper = joints_m[:, :LEFT_HIP]
    nearest = float(((upper - aim[:, None]) @ toward).max()) + _NEAREST_M  # no hand in the lens
    wide = size[0] / intrinsics[0, 0]
    distance = max(float(rng.uniform(0.85, 1.8)) / wide, nearest)
    positions = aim + toward * distance
    positions[:, 1] = np.maximum(positions[:, 1], _LOWEST_M)
    roll = np.deg2rad(rng.normal(0, rng.choice(_ROLL_DEG)))
    shift = np.array([rng.normal(0, 0.06), rng.normal(0, 0.08), 0.0])
    return CameraTrack(intrinsics, _look(aim - positions, roll, shift), positions, "webcam", True)


def _fits(track: CameraTrack, points_m: FloatArray, size: tuple[int, int]) -> bool:
    in_camera = track.to_camera(points_m)
    pixels = project(in_camera, track.intrinsics) / size
    return bool((in_camera[..., 2] > 0.3).all() and (pixels > _MARGIN).all() and (pixels < 1 - _MARGIN).all())


def _smooth(rng: np.random.Generator, n: int, fps: float, hertz: float) -> FloatArray:
    """Return (n,) slow chance movement within about ±1."""
    t = np.arange(n) / fps
    total = np.zeros(n)
    for factor, weight in ((1, 0.6), (1.7, 0.3), (3.1, 0.15)):
        total += weight * np.sin(2 * np.pi * (hertz * factor * t * rng.uniform(0.7, 1.3) + rng.random()))
    return total


def _directions(
    rng: np.random.Generator, azimuth: float, elevation: float, n: int, fps: float, kind: str
) -> FloatArray:
    """Return (n, 3) unit vectors from the person to the camera."""
    sway = np.deg2rad(rng.uniform(0, 25)) * _smooth(rng, n, fps, 0.1) if kind == "handheld" else np.zeros(n)
    a = azimuth + sway
    return np.stack(
        [np.sin(a) * np.cos(elevation), np.full(n, np.sin(elevation)), np.cos(a) * np.cos(elevation)], axis=1
    )


def _wobble(rng: np.random.Generator, n: int, fps: float) -> FloatArray:
    """Return (n, 6): metres along the world axes, radians about the camera axes."""
    metres, radians = rng.uniform(0.005, 0.04), np.deg2rad(rng.uniform(0.2, 1.2))
    hertz = rng.uniform(0.3, 0.9)
    columns = [metres * _smooth(rng, n, fps, hertz) for _ in range(3)]
    return np.stack(columns + [radians * _smooth(rng, n, fps, hertz) for _ in range(3)], axis=1)


def _look(forward: FloatArray, roll: float, turns_rad: FloatArray) -> FloatArray:
    """Return (T, 3, 3) world → camera rotations that look along (T, 3) directions, then turn a little."""
    z = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    x = np.cross(z, [0.0, 1.0, 0.0])
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    look = np.stack([x, np.cross(z, x), z], axis=-2)
    ax, ay, az = np.moveaxis(np.broadcast_to(turns_rad, (len(z), 3)), -1, 0)
    az = az + roll
    one, zero = np.ones(len(z)), np.zeros(len(z))

    def matrix(*entries: FloatArray) -> FloatArray:
        return np.stack(entries, axis=-1).reshape(-1, 3, 3)

    tilt = matrix(one, zero, zero, zero, np.cos(ax), -np.sin(ax), zero, np.sin(ax), np.cos(ax))
    pan = matrix(np.cos(ay), zero, np.sin(ay), zero, one, zero, -np.sin(ay), zero, np.cos(ay))
    turn = matrix(np.cos(az), -np.sin(az), zero, np.sin(az), np.cos(az), zero, zero, zero, one)
    result: FloatArray = turn @ tilt @ pan @ look
    return result
