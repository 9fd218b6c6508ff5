"""One frame in, one Refined packet out: detection, refinement and bone lengths, in one thread."""

import time
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from core.bone_lengths import LiveBoneCV
from core.geometry import level_viewpoint_direction, mid_hip, viewpoint_from_direction
from core.refiner import DepthRefiner
from core.skeleton import LANDMARK_TO_COCO, N_JOINTS
from core.stream import StreamRefiner
from core.types import GAP_S, Detection, Frame, Refined


class Detector(Protocol):
    """What the pipeline needs of `core.detector.PoseDetector`."""

    def detect(self, frame: Frame) -> Detection:
        """Return the landmarks of one frame."""

    def close(self) -> None:
        """Free what it holds."""


class Pipeline:
    """Detector and refiner in a row.

    Args:
        detector: Owned by the pipeline from now on: `close` closes it.
        refiner: None leaves MediaPipe's joints as they are.
        smooth: Start with causal smoothing on, as for a live picture.

    Attributes:
        refinement_on: May be switched at any time, from any thread.
        stream: Refines frame after frame, with switches for what it does over time; None without a refiner.
    """

    def __init__(self, detector: Detector, refiner: DepthRefiner | None, *, smooth: bool = False) -> None:
        self._detector = detector
        self.stream = None if refiner is None else StreamRefiner(refiner, smooth=smooth)
        self.refinement_on = refiner is not None
        self._cv_raw, self._cv = LiveBoneCV(), LiveBoneCV()
        self._last: Frame | None = None

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._cv_raw.reset()
        self._cv.reset()
        self._last = None
        if self.stream is not None:
            self.stream.reset()

    def restart(self) -> None:
        """Forget the past because another place of the source follows; override it for a detector that remembers."""
        self.reset()

    def process(self, frame: Frame) -> Refined:
        """Return the packet of one frame; a pause or a step back in time resets what is remembered."""
        if self._last is not None and not 0.0 < frame.time_s - self._last.time_s <= GAP_S:
            self.reset()
        self._last = frame
        detection = self._detector.detect(frame)
        started = time.perf_counter()
        raw = detection.landmarks_m[LANDMARK_TO_COCO]
        raw = raw - mid_hip(raw)
        if self.stream is not None and self.refinement_on:
            visibility = detection.visibility[LANDMARK_TO_COCO]
            pixels = detection.landmarks_px[LANDMARK_TO_COCO]
            refinement = self.stream.refine(raw, visibility, pixels, time_s=frame.time_s)
            joints = refinement.joints_m.astype(float)
            sigma = refinement.uncertainty_m.astype(float)
            direction = refinement.direction.astype(float)
        else:
            joints, sigma, direction = raw, np.full(N_JOINTS, np.nan), level_viewpoint_direction(raw)
        return Refined(
            detection=detection,
            raw_m=raw,
            joints_m=joints,
            uncertainty_m=sigma,
            viewpoint=viewpoint_from_direction(direction),
            bone_cv_raw=self._cv_raw.add(frame.time_s, raw),
            bone_cv=self._cv.add(frame.time_s, joints),
            refine_s=time.perf_counter() - started,
        )

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
