"""One pair file made ready to be looked at; no Qt."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from app.stage.scene import SkeletonScene, edge_opacity, to_display
from core.pose.geometry import mid_hip, on_known_root, pixel_rays, project, view_ray_to_camera
from core.pose.metrics import depth_error, joint_errors, mpjpe
from core.pose.skeleton import BODY, LEFT_ANKLE, RIGHT_ANKLE
from core.pose.types import FloatArray
from core.sequence.pairs import Pairs, load_pairs

_MM: Final = 1000.0
_ANKLE_HEIGHT_M: Final = 0.08
_ROOM: Final = 0.12


@dataclass(frozen=True)
class InspectedStream:
    """A pair file and what follows from it.

    Attributes:
        path: The file.
        pairs: Its content; MediaPipe and truth about the root that the truth knows, hips or shoulders.
        refined: (N, 17, 3) what a refiner makes of it, as `pairs.corrupted`; None while none was asked.
    """

    path: Path
    pairs: Pairs
    refined: FloatArray | None = None

    @classmethod
    def load(cls, path: Path) -> "InspectedStream":
        """Read a pair file.

        Raises:
            DataError: It is not one.
        """
        pairs = load_pairs(path)
        truth, raw = on_known_root(pairs.ground_truth, pairs.corrupted)
        return cls(path, replace(pairs, corrupted=raw, ground_truth=truth))

    def __len__(self) -> int:
        return len(self.pairs)

    def with_refined(self, refined: FloatArray | None) -> "InspectedStream":
        """Return the same file beside what a refiner makes of it."""
        return replace(self, refined=None if refined is None else on_known_root(self.pairs.ground_truth, refined)[1])

    @cached_property
    def error_mm(self) -> FloatArray:
        """(N,) mean distance of MediaPipe's body joints from the truth; NaN without truth."""
        return _MM * mpjpe(self.pairs.corrupted[:, BODY], self.pairs.ground_truth[:, BODY])

    @cached_property
    def depth_mm(self) -> FloatArray:
        """(N,) mean |depth error| of the body joints."""
        return _MM * depth_error(self.pairs.corrupted[:, BODY], self.pairs.ground_truth[:, BODY])

    @cached_property
    def joint_error_mm(self) -> FloatArray:
        """(N, 17) distance of each joint from its truth."""
        return _MM * joint_errors(self.pairs.corrupted, self.pairs.ground_truth)

    @cached_property
    def joint_depth_mm(self) -> FloatArray:
        """(N, 17) depth error of each joint, positive away from the camera."""
        return _MM * (self.pairs.corrupted[..., 2] - self.pairs.ground_truth[..., 2])

    @cached_property
    def refined_error_mm(self) -> FloatArray:
        """(N,) as `error_mm`, of the refined joints; NaN without them."""
        return _MM * mpjpe(self._refined_or_nan[:, BODY], self.pairs.ground_truth[:, BODY])

    @cached_property
    def joint_refined_error_mm(self) -> FloatArray:
        """(N, 17) as `joint_error_mm`, of the refined joints."""
        return _MM * joint_errors(self._refined_or_nan, self.pairs.ground_truth)

    @cached_property
    def joint_refined_depth_mm(self) -> FloatArray:
        """(N, 17) as `joint_depth_mm`, of the refined joints."""
        return _MM * (self._refined_or_nan[..., 2] - self.pairs.ground_truth[..., 2])

    @property
    def _refined_or_nan(self) -> FloatArray:
        return np.full(self.pairs.corrupted.shape, np.nan) if self.refined is None else self.refined

    @cached_property
    def truth_px(self) -> FloatArray:
        """(N, 17, 2) where the truth is in the image, its hips put on MediaPipe's; NaN where nothing is known.

        A pair file holds no place in the room, only the distance of the camera; the lens is taken to be without
        distortion.
        """
        pairs = self.pairs
        if not np.isfinite(pairs.K).all():
            return np.full(pairs.pose_2d.shape, np.nan)
        distance = np.linalg.norm(pairs.camera_relative, axis=-1, keepdims=True)
        root = pixel_rays(mid_hip(pairs.pose_2d.astype(float)), pairs.K) * distance
        return project(view_ray_to_camera(pairs.ground_truth.astype(float), root), pairs.K)

    @cached_property
    def person_px(self) -> tuple[float, float, float, float]:
        """(left, top, width, height) of the part of the image that the person is in, with room around it."""
        points = self.pairs.pose_2d[np.isfinite(self.pairs.pose_2d).all(axis=-1)].astype(float)
        if not len(points):
            return 0.0, 0.0, 16.0, 9.0
        low, high = np.percentile(points, [0.5, 99.5], axis=0)
        room = _ROOM * float((high - low).max()) + 1.0
        width, height = high - low + 2 * room
        return float(low[0] - room), float(low[1] - room), float(width), float(height)

    @cached_property
    def worst_first(self) -> npt.NDArray[np.integer]:
        """(n,) rows with truth, largest error first."""
        known = np.flatnonzero(np.isfinite(self.error_mm))
        return known[np.argsort(self.error_mm[known])[::-1]]

    def scene(self, row: int) -> SkeletonScene:
        """Return the joints of a row in display axes, the lower ankle near the floor.

        The truth has the colours of the sides; beside refined joints these have them.
        """
        elevation = float(np.nan_to_num(np.deg2rad(self.pairs.elevation[row])))
        raw = to_display(self.pairs.corrupted[row], elevation)
        truth = to_display(self.pairs.ground_truth[row], elevation)
        ankles = np.concatenate([each[[LEFT_ANKLE, RIGHT_ANKLE], 2] for each in (truth, raw)])
        lowest = ankles[:2] if np.isfinite(ankles[:2]).all() else ankles
        floor = float(np.nanmin(lowest)) if np.isfinite(lowest).any() else -0.9
        lift = np.array([0.0, 0.0, floor - _ANKLE_HEIGHT_M])
        refined = None if self.refined is None else to_display(self.refined[row], elevation)
        return SkeletonScene(
            raw=raw - lift,
            refined=(truth if refined is None else refined) - lift,
            truth=None if refined is None else truth - lift,
            opacity=edge_opacity(np.nan_to_num(self.pairs.visibility[row])),
            uncertainty_m=np.full(len(raw), np.nan),
            facing_deg=float(self.pairs.azimuth[row]) - 90.0,
        )


def refined_joints(pairs: Pairs, refiner: Path) -> FloatArray:
    """Return (N, 17, 3) what a refiner makes of a file, each frame with what came before it, metres, view-ray frame.

    Slow for a long file: call it in a Task.

    Raises:
        ModelError: The refiner cannot be loaded.
    """
    from core.refinement.refiner import DepthRefiner  # ONNX Runtime, which a look at pairs does not need

    network = DepthRefiner(refiner)
    return network.refine_stream(
        pairs.corrupted, pairs.visibility, pairs.pose_2d, time_s=pairs.timestamp_s
    ).joints_m.astype(float)
