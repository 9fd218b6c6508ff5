"""Film one planned clip and let MediaPipe look at it."""

import importlib.metadata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from core.pose.geometry import azimuth_elevation, camera_relative_to_subject, camera_to_view_ray, mid_hip
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Detection, FloatArray, Frame, ImageArray
from core.sequence.pairs import Pairs
from models.data.looks import LoadedLook, observe_each
from models.data.motion import NOMINAL_LEG_M
from models.data.studio.appearance import Appearance, dress
from models.data.studio.body import Body, Float32, Template, bone_transforms, keypoints, shape_body, skin
from models.data.studio.bystander import Bystander, is_seen_instead, stand_behind
from models.data.studio.camera import CameraTrack, film, film_at_desk, turns_about
from models.data.studio.plan import ClipPlan
from models.data.studio.renderer import Renderer
from models.data.studio.scene import Scene, build_scene

_BATCH: Final = 16
_SHAPES: Final = ((4, 3), (4, 3), (16, 9), (16, 9), (3, 4), (9, 16), (1, 1))
_CROP_SHARE: Final = 0.18
_DESK_SHARE: Final = 0.06
_WEBCAM_SHARE: Final = 0.12
_WEBCAM_SEATED_SHARE: Final = 0.7
_WEBCAM_SHAPES: Final = ((16, 9), (16, 9), (4, 3))
_BYSTANDER_SHARE: Final = 0.06


@dataclass(frozen=True)
class Take:
    """Everything that is known of a clip before its images exist.

    Attributes:
        joints_cam_m: (T, 17, 3) true COCO joints, camera frame.
        up_cam: (T, 3) against gravity, camera frame.
        hard_case: webcam (upper body, near), cropped (by the image's edge), occluded (legs behind a box), bystander,
            or empty.
        bystander: Somebody else in the picture.
    """

    plan: ClipPlan
    body: Body
    appearance: Appearance
    transforms: Float32
    shadows: FloatArray
    camera: CameraTrack
    scene: Scene
    size: tuple[int, int]
    joints_cam_m: FloatArray
    up_cam: FloatArray
    hard_case: str
    bystander: Bystander | None = None


def prepare(plan: ClipPlan, template: Template, longest_side: int, *, sample: bool = False) -> Take:
    """Choose body, clothes, camera and room for a plan.

    Args:
        plan: What is performed.
        template: The bodies' shared parts.
        longest_side: Of the image, pixels.
        sample: Film for show: whole body, 4:3, hand-held.
    """
    rng = np.random.default_rng([plan.seed, plan.index, 1])
    body = shape_body(template, phenotype(plan.body))
    appearance = dress(body, np.random.default_rng([plan.body, 2]))
    joints = plan.joints_m * (body.leg_m / NOMINAL_LEG_M)
    transforms = bone_transforms(body, joints, plan.head_forward)
    joints_m = keypoints(body, transforms)
    soles = _bones(template, transforms, body, ("toe2-1.L", "toe2-1.R", "foot.L", "foot.R"))
    # the lowest of the feet most of the time, or whatever part lies on the floor
    lowest = np.minimum(soles[..., 1].min(axis=1) - 0.03, joints_m[..., 1].min(axis=1) - 0.06)
    floor = np.percentile(lowest, 3)
    transforms[:, :, 1, 3] -= floor
    lift = np.array([0, floor, 0])
    joints_m, soles = joints_m - lift, soles - lift
    crown = joints_m[:, :1] + (joints_m[:, :1] - joints_m[:, 5:7].mean(axis=1, keepdims=True)) * 0.6
    extent = np.concatenate([mid_hip(joints_m)[:, None], joints_m, crown, soles], axis=1)
    shape = (4, 3) if sample else _SHAPES[rng.integers(len(_SHAPES))]
    # people are filmed in many resolutions; MediaPipe looks at 256 pixels of them in the end
    size = _image_size(shape, longest_side if sample else round(longest_side * rng.uniform(0.62, 1.0)))
    camera = film(rng, extent, size, plan.fps, crop_share=0.0 if sample else _CROP_SHARE, moving=sample)
    at_desk = None if sample else _webcam(plan, joints_m, longest_side)
    if at_desk is not None:
        camera, size = at_desk
    has_desk = not sample and not camera.is_cropped and bool(rng.random() < _DESK_SHARE)
    has_seat = "seated" in plan.sequence
    bystander = None
    if not (sample or camera.is_cropped or has_desk or has_seat):
        bystander = _bystander(plan, template, camera.positions, extent[:, 0])
    ways = [extent[:, 0]] if bystander is None else [extent[:, 0], mid_hip(bystander.joints_m)]
    places = np.concatenate([camera.positions] * len(ways))
    scene = build_scene(rng, places, np.concatenate(ways), has_desk=has_desk, has_seat=has_seat)
    shadows = np.stack(
        [
            np.concatenate([extent[:, 0, [0, 2]], np.full((len(extent), 1), 0.45)], axis=1),
            *(np.concatenate([soles[:, k][:, [0, 2]], np.full((len(extent), 1), 0.16)], axis=1) for k in (0, 1)),
        ],
        axis=1,
    )
    up = np.broadcast_to([0.0, 1.0, 0.0], (len(extent), 3))
    return Take(
        plan, body, appearance, transforms, shadows, camera, scene, size,
        camera.to_camera(joints_m), np.einsum("tij,tj->ti", camera.rotations, up),
        "webcam" if at_desk else "occluded" if has_desk else "cropped" if camera.is_cropped
        else "bystander" if bystander else "",
        bystander,
    )  # fmt: skip


def _webcam(plan: ClipPlan, joints_m: FloatArray, longest_side: int) -> tuple[CameraTrack, tuple[int, int]] | None:
    """Return a webcam and its image's size for some of the clips, and for most of those who sit."""
    rng = np.random.default_rng([plan.seed, plan.index, 5])
    share = _WEBCAM_SEATED_SHARE if "seated" in plan.sequence else _WEBCAM_SHARE
    if rng.random() >= share or turns_about(joints_m):
        return None
    shape = _WEBCAM_SHAPES[rng.integers(len(_WEBCAM_SHAPES))]
    size = _image_size(shape, round(longest_side * rng.uniform(0.75, 1.0)))
    return film_at_desk(rng, joints_m, size, plan.fps), size


def _bystander(plan: ClipPlan, template: Template, cameras_m: FloatArray, path_m: FloatArray) -> Bystander | None:
    """Return a second person for some of the clips; a chance of its own leaves the other clips as they are."""
    rng = np.random.default_rng([plan.seed, plan.index, 4])
    if rng.random() >= _BYSTANDER_SHARE:
        return None
    body = shape_body(template, phenotype(int(rng.integers(2**31))))
    return stand_behind(rng, body, plan, cameras_m, path_m)


def phenotype(body_seed: int) -> dict[str, float]:
    """Return the sliders of a body: teenagers to old people, 1.45 to 1.98 m."""
    rng = np.random.default_rng([body_seed, 7])
    gender = float(np.clip(rng.choice([0.08, 0.92]) + rng.normal(0, 0.08), 0, 1))
    return {
        "gender": gender,
        "age": float(
            rng.choice([rng.uniform(0.5, 0.62), rng.uniform(0.62, 0.8), rng.uniform(0.8, 1.0)], p=[0.15, 0.6, 0.25])
        ),
        "muscle": float(np.clip(rng.normal(0.5, 0.2), 0.05, 0.95)),
        "weight": float(np.clip(rng.normal(0.5, 0.2), 0.08, 0.98)),
        "height": float(np.clip(rng.normal(0.41, 0.06), 0.27, 0.55)),
        "proportions": float(np.clip(rng.normal(0.6, 0.2), 0.1, 1.0)),
    }


def _bones(template: Template, transforms: Float32, body: Body, names: tuple[str, ...]) -> FloatArray:
    """Return (T, n, 3) where bones start."""
    columns = [template.bone_labels.index(n) for n in names]
    t = transforms[:, columns].astype(float)
    result: FloatArray = np.einsum("tjab,jb->tja", t[..., :3], body.heads[columns].astype(float)) + t[..., 3]
    return result


def _image_size(shape: tuple[int, int], longest_side: int) -> tuple[int, int]:
    scale = longest_side / max(shape)
    return 2 * round(shape[0] * scale / 2), 2 * round(shape[1] * scale / 2)


def frames(take: Take, renderer: Renderer) -> Iterator[ImageArray]:
    """Yield the (H, W, 3) RGB images of a clip, as a camera delivers them."""
    people = [person for person in (take, take.bystander) if person is not None]
    renderer.load(take.scene, [person.appearance for person in people], take.size)
    look = Lens(np.random.default_rng([take.plan.seed, take.plan.index, 3]), take.size)
    for start in range(0, len(take.transforms), _BATCH):
        batch = slice(start, start + _BATCH)
        skinned = [
            skin(p.appearance.weights, p.transforms[batch], p.appearance.vertices, p.appearance.normals) for p in people
        ]
        for index, bodies in enumerate(zip(*skinned, strict=True), start):
            yield look.expose(renderer.draw(bodies, take.shadows[index], take.camera[index]))


class Lens:
    """What a cheap camera does to a clean image: exposure, softness, noise, compression."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        gain = rng.uniform(0.75, 1.25) * np.clip(rng.normal(1, 0.04, 3), 0.85, 1.15)
        gamma = rng.uniform(0.8, 1.25)
        levels = np.linspace(0, 1, 256)[:, None] ** gamma * gain
        self._table = np.clip(levels * 255, 0, 255).astype(np.uint8).reshape(1, 256, 3)
        self._blur = float(rng.choice([0.45, rng.uniform(0.5, 1.3)], p=[0.5, 0.5]))
        self._quality = int(rng.choice(np.array([0, rng.integers(35, 92)])))
        width, height = size
        noise = rng.normal(0, rng.uniform(0.5, 6), (height + 64, width + 64)).astype(np.int8)
        self._noise = np.repeat(noise[..., None], 3, axis=2).astype(np.int16)
        self._rng = rng

    def expose(self, image: ImageArray) -> ImageArray:
        """Return the image as delivered."""
        height, width = image.shape[:2]
        soft = cv2.GaussianBlur(cv2.LUT(np.ascontiguousarray(image), self._table), (0, 0), self._blur)
        x, y = self._rng.integers(0, 64, 2)
        noisy = cv2.add(soft, self._noise[y : y + height, x : x + width], dtype=cv2.CV_8U)
        if not self._quality:
            return np.asarray(noisy, np.uint8)
        _, packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def observe(images: Iterator[ImageArray], take: Take, looks: Sequence[LoadedLook]) -> list[list[Detection]]:
    """Return what each look sees in a clip, in video mode."""
    return observe_each((Frame(image, i, i / take.plan.fps) for i, image in enumerate(images)), looks)


def make_pairs(take: Take, detections: list[Detection], look: LoadedLook, *, keep_all: bool = False) -> Pairs:
    """Put what one look saw beside the truth.

    Args:
        take: The clip.
        detections: One for each of its frames.
        look: Whose they are.
        keep_all: Keep frames in which nobody was found (NaN), or the bystander, instead of leaving them out.
    """
    kept = np.array([i for i, d in enumerate(detections) if keep_all or _is_of_the_person(take, i, d)], dtype=int)
    world = _stack([detections[i].landmarks_m for i in kept], (33, 3))
    pixels = _stack([detections[i].landmarks_px for i in kept], (33, 2))
    seen = _stack([detections[i].visibility for i in kept], (33,))
    joints_cam = take.joints_cam_m[kept]
    truth, _ = camera_to_view_ray(joints_cam)
    relative = camera_relative_to_subject(joints_cam, take.up_cam[kept])
    azimuth, elevation = azimuth_elevation(relative)
    corrupted = world[:, LANDMARK_TO_COCO]
    return Pairs(
        corrupted=corrupted - mid_hip(corrupted)[:, None],
        ground_truth=truth,
        visibility=seen[:, LANDMARK_TO_COCO],
        pose_2d=pixels[:, LANDMARK_TO_COCO],
        azimuth=np.rad2deg(azimuth) % 360,
        elevation=np.rad2deg(elevation),
        camera_relative=relative,
        landmarks_world=world,
        landmarks_px=pixels,
        frame_index=kept,
        timestamp_s=kept / take.plan.fps,
        K=take.camera.intrinsics,
        image_size=np.array(take.size),
        meta=_meta(take, look, len(detections)),
    )


def _is_of_the_person(take: Take, index: int, detection: Detection) -> bool:
    if not detection.is_found or take.bystander is None:
        return detection.is_found
    return not is_seen_instead(detection, index, take.bystander, take.joints_cam_m[index], take.camera)


def _stack(rows: list[FloatArray], shape: tuple[int, ...]) -> FloatArray:
    return np.stack(rows) if rows else np.zeros((0, *shape))


def _meta(take: Take, look: LoadedLook, n_frames: int) -> dict[str, Any]:
    plan = take.plan
    return {
        "dataset": "studio",
        "sequence": plan.sequence,
        "subject": plan.subject,
        "split": plan.split,
        "body": plan.body,
        "camera": f"{take.camera.kind}-{zlib.crc32(f'{plan.seed}/{plan.index}'.encode()):08x}",
        "fps": plan.fps,
        "n_frames": n_frames,
        "seed": [plan.seed, plan.index],
        "hard_case": take.hard_case,
        "licence": plan.licence,
        "source": "studio: anny bodies (Apache-2.0, data CC0) rendered in motion capture",
        "mediapipe": importlib.metadata.version("mediapipe"),
        **look.meta,
        "running_mode": "video",
        "units": "metres, pixels, degrees, seconds; hip-centred view-ray frame",
    }
