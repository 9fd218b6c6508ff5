"""A miniature AIST++: rendered dancers in the on-disk form of the real one, with truth known to the last digit.

AIST++ itself may not be passed on, so this stands in for it: three dances and one that its ignore list withdraws, a
ring of cameras 5 m away, and the irregularities that the real one has (`miniature_cast`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.exporters.pictures.encoder import VideoWriter
from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from core.system.files.atomic import atomic_path
from models.data.miniature.cast import CAST, RATE_HZ, UNSYNCHRONISED_FRAMES, Dance
from models.data.miniature.files import write_lists, write_sequence
from models.data.motion import NOMINAL_LEG_M, Motion
from models.data.studio.appearance import Appearance, dress
from models.data.studio.body import Body, Float32, Template, bone_transforms, keypoints, shape_body, skin
from models.data.studio.clip import phenotype
from models.data.studio.plan import cut
from models.data.studio.renderer import CameraPose, Renderer
from models.data.studio.scene import Scene, build_scene
from models.data.studio.splits import SAMPLE_BODIES

_DISTANCE_M: Final = 5.0
_HEIGHT_M: Final = 1.3
_AIM_M: Final = 0.95
_FOCAL: Final = 1.9  # of the image's height
_MARGIN: Final = UNSYNCHRONISED_FRAMES + 5  # frames of motion around the annotated ones
_SOLE_M: Final = 0.06


@dataclass(frozen=True)
class FilmedView:
    """What a video really shows.

    Attributes:
        path: The video.
        time_s: (T,) of its frames.
        joints_m: (T, 17, 3) true joints in each frame, room, metres.
        camera: Which saw them.
    """

    path: Path
    time_s: FloatArray
    joints_m: FloatArray
    camera: CameraPose

    @property
    def joints_cam_m(self) -> FloatArray:
        """(T, 17, 3) in the camera frame."""
        return (self.joints_m - self.camera.position) @ self.camera.rotation.T


def make_miniature(
    motions: tuple[Motion, ...],
    folder: Path,
    template: Template,
    renderer: Renderer,
    *,
    n_frames: int = 150,
    size: tuple[int, int] = (1920, 1080),
    n_views: int = 9,
    n_projected: int | None = None,
    dances: tuple[Dance, ...] = CAST,
    seed: int = 1,
) -> dict[str, FilmedView]:
    """Write `videos/` and `annotations/`.

    Args:
        motions: What is danced, one after the other.
        folder: Where to.
        template: The bodies' shared parts.
        renderer: Draws.
        n_frames: Annotated frames of a dance.
        size: (width, height) of the videos, even.
        n_views: Cameras of the ring, at most 9.
        n_projected: Videos of a dance, from the first view on; None: all.
        dances: Which.
        seed: Decides everything left to chance.

    Returns:
        Name of each video → what it shows.

    Raises:
        OutputError: The folder cannot be written.
    """
    filmed: dict[str, FilmedView] = {}
    cameras = ring_of_cameras(size, n_views)
    for number, dance in enumerate(dances):
        stage = _set_up(motions[number % len(motions)], cameras, n_frames, template, [seed, number])
        rng = np.random.default_rng([seed, number, 2])
        joints = stage.joints_at(np.arange(n_frames, dtype=float))
        write_sequence(folder / "annotations", dance, joints, cameras, size, rng)
        filmed |= _film(stage, dance, cameras[: n_projected or n_views], folder / "videos", size, renderer, n_frames)
    write_lists(folder / "annotations", dances)
    return filmed


def ring_of_cameras(size: tuple[int, int], n_views: int) -> list[CameraPose]:
    """Return cameras evenly around the dancer, the first in front (+z), all level and looking at the hips."""
    focal = _FOCAL * size[1]
    intrinsics = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1.0]])
    cameras = []
    for azimuth in 2 * np.pi * np.arange(n_views) / n_views:
        position = np.array([-np.sin(azimuth) * _DISTANCE_M, _HEIGHT_M, np.cos(azimuth) * _DISTANCE_M])
        z = np.array([0, _AIM_M, 0]) - position
        z /= np.linalg.norm(z)
        x = np.cross(z, [0.0, 1.0, 0.0])
        x /= np.linalg.norm(x)
        cameras.append(CameraPose(intrinsics, np.stack([x, np.cross(z, x), z]), position))
    return cameras


@dataclass(frozen=True)
class _Stage:
    """A dancer, dressed, in a room, with all the poses of a dance: (M, 20, 3) joints, (M, 3) faces."""

    body: Body
    appearance: Appearance
    scene: Scene
    joints: FloatArray
    faces: FloatArray
    floor_m: float

    def transforms_at(self, positions: FloatArray) -> Float32:
        """Return the bones at positions counted in annotated frames; in between the motion is linear."""
        p = np.asarray(positions, dtype=float) + _MARGIN
        low = np.clip(np.floor(p).astype(int), 0, len(self.joints) - 2)
        share = (p - low)[:, None]
        joints = self.joints[low] * (1 - share[..., None]) + self.joints[low + 1] * share[..., None]
        faces = self.faces[low] * (1 - share) + self.faces[low + 1] * share
        result = bone_transforms(self.body, joints, faces)
        result[:, :, 1, 3] -= self.floor_m
        return result

    def joints_at(self, positions: FloatArray) -> FloatArray:
        """Return the (T, 17, 3) true joints."""
        return keypoints(self.body, self.transforms_at(positions))


def _set_up(motion: Motion, cameras: list[CameraPose], n_frames: int, template: Template, seed: list[int]) -> _Stage:
    rng = np.random.default_rng(seed)
    n = n_frames + 2 * _MARGIN
    joints, faces = cut(motion, RATE_HZ, (n + 1) / RATE_HZ, 1.0, rng)
    while len(joints) < n:  # a short motion goes on by going back
        joints, faces = np.concatenate([joints, joints[-2::-1]]), np.concatenate([faces, faces[-2::-1]])
    body = shape_body(template, phenotype(SAMPLE_BODIES + int(rng.integers(1000))))
    joints, faces = joints[:n] * (body.leg_m / NOMINAL_LEG_M), faces[:n]
    points = keypoints(body, bone_transforms(body, joints, faces))
    floor = float(np.percentile(points[..., 1].min(axis=1), 5)) - _SOLE_M
    path = mid_hip(points)[:: max(n // 10, 1)]
    places = np.stack([camera.position for camera in cameras])
    pairs = np.repeat(places, len(path), axis=0), np.tile(path, (len(places), 1))
    return _Stage(body, dress(body, rng), build_scene(rng, *pairs), joints, faces, floor)


def _film(
    stage: _Stage,
    dance: Dance,
    cameras: list[CameraPose],
    folder: Path,
    size: tuple[int, int],
    renderer: Renderer,
    n_frames: int,
) -> dict[str, FilmedView]:
    renderer.load(stage.scene, [stage.appearance], size)
    filmed = {}
    for number, camera in enumerate(cameras):
        view = f"c{number + 1:02d}"
        rate = dance.rates.get(view, RATE_HZ)
        time_s = np.arange(int(n_frames * rate / RATE_HZ)) / rate
        transforms = stage.transforms_at(time_s * RATE_HZ + dance.shifts.get(view, 0))
        joints = keypoints(stage.body, transforms)
        path = folder / f"{dance.video(view)}.mp4"
        _write_video(path, rate, time_s, transforms, joints, camera, stage, renderer)
        filmed[dance.video(view)] = FilmedView(path, time_s, joints, camera)
    return filmed


def _write_video(
    path: Path,
    rate: float,
    time_s: FloatArray,
    transforms: Float32,
    joints: FloatArray,
    camera: CameraPose,
    stage: _Stage,
    renderer: Renderer,
) -> None:
    with atomic_path(path) as temporary, VideoWriter(temporary, rate) as writer:
        for index, moment in enumerate(time_s):
            bones = transforms[index : index + 1]
            vertices = skin(stage.appearance.weights, bones, stage.appearance.vertices, stage.appearance.normals)[0]
            writer.add(renderer.draw([vertices], _shadows(joints[index]), camera), float(moment))


def _shadows(joints: FloatArray) -> FloatArray:
    """Return the shadows of body and feet on the floor: x, z, radius."""
    spots = np.stack([mid_hip(joints), joints[15], joints[16]])[:, [0, 2]]
    return np.column_stack([spots, [0.45, 0.16, 0.16]])
