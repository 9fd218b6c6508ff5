"""The learned depth refinement, on ONNX Runtime: MediaPipe's pose in, a truer pose and the viewpoint out.

The contract with the network: float32 inputs `pose` (N, 17, 3), `visibility` (N, 17), `pose_2d` (N, 17, 2); outputs
`refined` (N, 17, 3), `camera` (N, 3), `sigma` (N, 17). All preprocessing is inside the graph, so that it exists once.
By contract 2 the inputs have a K after the N: the frame itself and K - 1 past ones (`core.refinement.past_frames`),
whose ages the file's metadata names.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError, ModelError
from core.pose.geometry import mid_hip
from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.pose.types import FloatArray, is_within
from core.refinement.card import ModelCard
from core.refinement.onnx_session import create_session
from core.refinement.past_frames import Pose, past_rows
from core.system.files.program import DEFAULT_REFINER

_INPUTS: Final = ("pose", "visibility", "pose_2d")
_OUTPUTS: Final = ("refined", "camera", "sigma")
_FARTHEST_JOINT_M: Final = 100.0
_FARTHEST_PIXEL: Final = 1e6
_CHUNK: Final = 128  # frames: what a network holds of so many stays in the cache; 2048 take longer and 780 MB


@dataclass(frozen=True, slots=True)
class Refinement:
    """What the refiner says of one pose, or of N with a leading axis.

    Attributes:
        joints_m: (17, 3) refined joints, metres, hip-centred, view-ray frame.
        direction: (3,) unit vector from the pelvis to the camera, subject frame.
        uncertainty_m: (17,) expected standard deviation of each joint, metres.
    """

    joints_m: FloatArray
    direction: FloatArray
    uncertainty_m: FloatArray


class DepthRefiner:
    """A refiner loaded from an ONNX file and the card beside it.

    >>> refinement = DepthRefiner("model.onnx").refine(pose, visibility)  # doctest: +SKIP

    Attributes:
        ages_s: Ages of the past frames that it looks at beside the present one, seconds; () for one frame alone.

    Threading: `refine` may be called from any one thread at a time.
    """

    def __init__(self, path: str | Path = DEFAULT_REFINER, providers: Sequence[str] | None = None) -> None:
        """Load `path` and its card (the same name with the ending .toml).

        Args:
            path: The .onnx file; the one that comes along if left out.
            providers: ONNX Runtime execution providers, best first; None: CUDA when it truly loads, else the CPU.

        Raises:
            ModelError: A file is missing or damaged, or the network follows another contract.
        """
        self.path = Path(path)
        self.card = ModelCard.load(self.path.with_suffix(".toml"))
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ModelError(f"The refiner {self.path} cannot be read: {error.strerror}; name another file.") from error
        if hashlib.sha256(content).hexdigest() != self.card.sha256:
            raise ModelError(
                f"The refiner {self.path} is damaged: it is not the file that its card describes (sha256 differs); "
                "restore or export it again."
            )
        self._session = create_session(self.path, content, providers)
        found = tuple(i.name for i in self._session.get_inputs()), tuple(o.name for o in self._session.get_outputs())
        if found != (_INPUTS, _OUTPUTS):
            raise ModelError(f"{self.path} is not a refiner: it maps {found[0]} to {found[1]}.")
        self.ages_s = _ages_s(self._session, self.path)

    @property
    def provider(self) -> str:
        """The execution provider in use, as ONNX Runtime itself reports it."""
        return str(self._session.get_providers()[0])

    def gives_numbers(self) -> bool:
        """Whether a made-up pose comes out in finite numbers: a file can be whole and its weights not."""
        pose = np.random.default_rng(0).normal(0.0, 0.3, (N_JOINTS, 3))
        return bool(np.isfinite(self.refine(pose, np.ones(N_JOINTS)).joints_m).all())

    def refine(self, pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray | None = None) -> Refinement:
        """Refine one pose by itself; the viewpoint is found without any calibration.

        Poses that follow each other are better refined by `refine_stream`, or live by `stream_refiner.StreamRefiner`.

        Args:
            pose: (17, 3) COCO or (33, 3) MediaPipe world landmarks, metres, view-ray frame.
            visibility: (17,) or (33,) in 0..1; NaN counts as 0.
            pose_2d: (17, 2) or (33, 2) pixels; without it, or where NaN, the pose's own x and y stand in.

        Returns:
            A Refinement without leading axis; all NaN when `pose` has a NaN.

        Raises:
            DataError: A shape is wrong.
        """
        batch = self.refine_batch(
            np.asarray(pose)[None], np.asarray(visibility)[None], None if pose_2d is None else np.asarray(pose_2d)[None]
        )
        return Refinement(batch.joints_m[0], batch.direction[0], batch.uncertainty_m[0])

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Refine N poses, each by itself; shapes as in `refine` with a leading N, which may be 0."""
        poses, visibility, poses_2d = checked_poses(poses, visibility, poses_2d)
        rows = np.arange(len(poses))[:, None].repeat(1 + len(self.ages_s), axis=1)
        return self._refine_rows(poses, visibility, poses_2d, rows)

    def refine_stream(
        self,
        poses: FloatArray,
        visibility: FloatArray,
        poses_2d: FloatArray | None = None,
        *,
        time_s: FloatArray,
    ) -> Refinement:
        """Refine N poses of one person in the order of time, each with what came before it; none sees the future.

        Args:
            poses: As in `refine_batch`; poses with NaN are passed over and remembered by none.
            visibility: As in `refine_batch`.
            poses_2d: As in `refine_batch`.
            time_s: (N,) seconds; a gap in time (`core.pose.gaps`) begins a new stream.

        Raises:
            DataError: A shape is wrong.
        """
        poses, visibility, poses_2d = checked_poses(poses, visibility, poses_2d)
        if np.shape(time_s) != (len(poses),):
            raise DataError(f"time_s has shape {np.shape(time_s)}, but ({len(poses)},) is needed.")
        usable = np.flatnonzero(np.isfinite(poses).all(axis=(1, 2)))
        rows = np.arange(len(poses))[:, None].repeat(1 + len(self.ages_s), axis=1)
        rows[usable] = usable[past_rows(np.asarray(time_s)[usable], self.ages_s)]
        return self._refine_rows(poses, visibility, poses_2d, rows)

    def refine_window(self, window: Pose) -> Refinement:
        """Refine the first pose of a window as `PastFrames` makes it of `checked_poses`; no NaN in it."""
        joints, direction, sigma = self._run(*(part[None] for part in window))
        return Refinement(joints[0], direction[0], sigma[0])

    def _refine_rows(
        self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray, rows: npt.NDArray[np.int64]
    ) -> Refinement:
        joints = np.full(poses.shape, np.nan, np.float32)
        direction = np.full((len(poses), 3), np.nan, np.float32)
        sigma = np.full(poses.shape[:2], np.nan, np.float32)
        usable = np.flatnonzero(np.isfinite(poses).all(axis=(1, 2)))
        for start in range(0, len(usable), _CHUNK):
            chosen = usable[start : start + _CHUNK]
            window = rows[chosen]
            joints[chosen], direction[chosen], sigma[chosen] = self._run(
                poses[window], visibility[window], poses_2d[window]
            )
        return Refinement(joints, direction, sigma)

    def _run(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray) -> tuple[FloatArray, ...]:
        """Feed (N, K, 17, ·) windows to the network."""
        arrays = (poses, visibility, poses_2d) if self.ages_s else (poses[:, 0], visibility[:, 0], poses_2d[:, 0])
        feed = {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in zip(_INPUTS, arrays, strict=True)}
        return tuple(self._session.run(_OUTPUTS, feed))


def _ages_s(session: Any, path: Path) -> tuple[float, ...]:
    """Return the ages that the file names, () for a network of single frames."""
    shape = session.get_inputs()[0].shape
    if len(shape) == 3:
        return ()
    try:
        ages = tuple(float(age) for age in session.get_modelmeta().custom_metadata_map["ages_s"].split())
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path} does not say which past frames it looks at; export it again.") from error
    is_rising = all(0 < a < b for a, b in pairwise((*ages, np.inf)))
    if shape[1] != 1 + len(ages) or not is_rising:
        raise ModelError(f"{path} takes {shape[1]} frames but names the ages {ages}; export it again.")
    return ages


def checked_poses(
    poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (N, 17, 3) hip-centred joints, (N, 17) visibility in 0..1, (N, 17, 2) pixels without NaN where joints are.

    Raises:
        DataError: A shape is wrong.
    """
    pose = _coco(poses, "pose", 3)
    seen = _coco(np.asarray(visibility)[..., None], "visibility", 1)[..., 0]
    flat = pose[..., :2] if poses_2d is None else _coco(poses_2d, "pose_2d", 2)
    if not len(pose) == len(seen) == len(flat):
        raise DataError(f"pose, visibility and pose_2d differ in length: {len(pose)}, {len(seen)}, {len(flat)}.")
    pose = pose - mid_hip(pose)[:, None]
    # an absurd number is as good as none, and would spoil every window that it is in
    if not is_within(pose, _FARTHEST_JOINT_M):
        pose = np.where(np.abs(pose) < _FARTHEST_JOINT_M, pose, np.nan)
    if not is_within(flat, _FARTHEST_PIXEL):
        flat = np.where((np.abs(flat) < _FARTHEST_PIXEL).all(axis=(1, 2), keepdims=True), flat, pose[..., :2])
    if not is_within(seen):
        seen = np.nan_to_num(seen, nan=0.0)
    return pose, np.minimum(np.maximum(seen, 0.0), 1.0), flat


def _coco(array: FloatArray, name: str, n_channels: int) -> FloatArray:
    """Return (N, 17, C) from (N, 17, C) or (N, 33, C)."""
    a = np.asarray(array)
    if a.ndim != 3 or a.shape[1] not in (N_JOINTS, N_LANDMARKS) or a.shape[2] != n_channels:
        tail = f", {n_channels}" if n_channels > 1 else ""
        shape = a.shape if n_channels > 1 else a.shape[:-1]
        raise DataError(f"{name} has shape {shape}, but (N, 17{tail}) or (N, 33{tail}) is needed.")
    return a.take(LANDMARK_TO_COCO, axis=1) if a.shape[1] == N_LANDMARKS else a
