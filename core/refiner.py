"""The learned depth refinement, on ONNX Runtime: MediaPipe's pose in, a truer pose and the viewpoint out.

The contract with the network: float32 inputs `pose` (N, 17, 3), `visibility` (N, 17), `pose_2d` (N, 17, 2); outputs
`refined` (N, 17, 3), `camera` (N, 3), `sigma` (N, 17). All preprocessing is inside the graph, so that it exists once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.card import ModelCard
from core.errors import DataError, ModelError
from core.geometry import mid_hip
from core.runtime import create_session
from core.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.types import FloatArray

_INPUTS: Final = ("pose", "visibility", "pose_2d")
_OUTPUTS: Final = ("refined", "camera", "sigma")


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

    Threading: `refine` may be called from any one thread at a time.
    """

    def __init__(self, path: str | Path, providers: Sequence[str] | None = None) -> None:
        """Load `path` and its card (the same name with the ending .toml).

        Args:
            path: The .onnx file.
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

    @property
    def provider(self) -> str:
        """The execution provider in use, as ONNX Runtime itself reports it."""
        return str(self._session.get_providers()[0])

    def refine(self, pose: FloatArray, visibility: FloatArray, pose_2d: FloatArray | None = None) -> Refinement:
        """Refine one pose; the viewpoint is found without any calibration.

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
        """Refine N poses at once; shapes as in `refine` with a leading N, which may be 0."""
        pose = _coco(poses, "pose", 3)
        seen = _coco(np.asarray(visibility)[..., None], "visibility", 1)[..., 0]
        flat = pose[..., :2] if poses_2d is None else _coco(poses_2d, "pose_2d", 2)
        if not len(pose) == len(seen) == len(flat):
            raise DataError(f"pose, visibility and pose_2d differ in length: {len(pose)}, {len(seen)}, {len(flat)}.")
        pose = pose - mid_hip(pose)[:, None]
        usable = np.isfinite(pose).all(axis=(1, 2))
        joints = np.full(pose.shape, np.nan, np.float32)
        direction = np.full((len(pose), 3), np.nan, np.float32)
        sigma = np.full(pose.shape[:2], np.nan, np.float32)
        if usable.any():
            flat = np.where(np.isfinite(flat).all(axis=(1, 2), keepdims=True), flat, pose[..., :2])
            seen = np.clip(np.nan_to_num(seen, nan=0.0), 0.0, 1.0)
            feed = {
                name: np.ascontiguousarray(array[usable], dtype=np.float32)
                for name, array in zip(_INPUTS, (pose, seen, flat), strict=True)
            }
            joints[usable], direction[usable], sigma[usable] = self._session.run(_OUTPUTS, feed)
        return Refinement(joints, direction, sigma)


def _coco(array: FloatArray, name: str, n_channels: int) -> FloatArray:
    """Return (N, 17, C) from (N, 17, C) or (N, 33, C)."""
    a = np.asarray(array)
    if a.ndim != 3 or a.shape[1] not in (N_JOINTS, N_LANDMARKS) or a.shape[2] != n_channels:
        tail = f", {n_channels}" if n_channels > 1 else ""
        shape = a.shape if n_channels > 1 else a.shape[:-1]
        raise DataError(f"{name} has shape {shape}, but (N, 17{tail}) or (N, 33{tail}) is needed.")
    return a[:, LANDMARK_TO_COCO] if a.shape[1] == N_LANDMARKS else a
