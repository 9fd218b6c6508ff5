"""One frame in, one Refined packet out: detection, refinement and bone lengths."""

import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np

from core.pose.bone_lengths import LiveBoneCV
from core.pose.gaps import is_new_stream
from core.pose.geometry import level_viewpoint_direction, viewpoint_from_direction
from core.pose.skeleton import LANDMARK_TO_COCO, LEFT_HIP, N_JOINTS, RIGHT_HIP
from core.pose.types import Detection, Frame, Refined
from core.refinement.refiner import DepthRefiner
from core.refinement.refiners import Refiners
from core.refinement.stream_refiner import StreamRefiner


class Detector(Protocol):
    """What the pipeline needs of `core.detection.looks_detector.open_detector`."""

    def detect(self, frame: Frame) -> Detection:
        """Return the landmarks of one frame."""

    def reset(self) -> None:
        """Forget the frames before: the next one is of another place or time."""

    def close(self) -> None:
        """Free what it holds."""


@runtime_checkable
class DetectsAhead(Protocol):
    """A detector that is quicker over frames that wait for nobody."""

    def detect_stream(self, frames: Iterable[Frame]) -> Iterator[Detection]:
        """Yield what `detect` returns of each frame."""


class Pipeline:
    """Detector and refiner in a row.

    Args:
        detector: Owned by the pipeline from now on: `close` closes it.
        refiner: One, or one for every look; None leaves MediaPipe's joints as they are.
        smooth: Start with causal smoothing on, as for a live picture.

    Attributes:
        refinement_on: May be switched at any time, from any thread.
        stream: Refines frame after frame, with switches for what it does over time; None without a refiner.
    """

    def __init__(self, detector: Detector, refiner: DepthRefiner | Refiners | None, *, smooth: bool = False) -> None:
        self._detector = detector
        self.stream = None if refiner is None else StreamRefiner(refiner, smooth=smooth)
        self.refinement_on = refiner is not None
        self._bone_cv = LiveBoneCV()
        self._last: Frame | None = None

    def reset(self) -> None:
        """Forget the past: a new stream begins."""
        self._bone_cv.reset()
        self._last = None
        if self.stream is not None:
            self.stream.reset()

    def restart(self) -> None:
        """Forget everything that belongs to the frames before: another place of the source follows."""
        self._detector.reset()
        self.reset()

    def process(self, frame: Frame) -> Refined:
        """Return the packet of one frame; a pause or a step back in time resets what is remembered."""
        return self._refine(frame, self._detector.detect(frame))

    def run(self, frames: Iterable[Frame]) -> Generator[Refined, None, None]:
        """Yield the packets of frames, the same as `process` makes and in the same order, but sooner.

        Threads: each frame is refined in one of its own while the next is detected in the caller's, so a packet comes
        when the next frame has been detected. Close the iterator to end early.
        """
        refining: Future[Refined] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="refine") as pool:
            for detection in self._detections(frames):
                if refining is not None:
                    yield refining.result()
                refining = pool.submit(self._refine, detection.frame, detection)
            if refining is not None:
                yield refining.result()

    def _detections(self, frames: Iterable[Frame]) -> Iterator[Detection]:
        if isinstance(self._detector, DetectsAhead):
            return self._detector.detect_stream(frames)
        return map(self._detector.detect, frames)

    def _refine(self, frame: Frame, detection: Detection) -> Refined:
        if self._last is not None and is_new_stream(frame.time_s - self._last.time_s):
            self.reset()
        self._last = frame
        started = time.perf_counter()
        raw = detection.landmarks_m.take(LANDMARK_TO_COCO, axis=0)
        with np.errstate(invalid="ignore", over="ignore"):  # a detector's infinities become NaN
            raw = raw - (raw[LEFT_HIP] + raw[RIGHT_HIP]) / 2
        if self.stream is not None and self.refinement_on:
            if detection.looks is not None:
                refinement = self.stream.refine_looks(detection.looks, time_s=frame.time_s)
            else:
                visibility = detection.visibility.take(LANDMARK_TO_COCO)
                pixels = detection.landmarks_px.take(LANDMARK_TO_COCO, axis=0)
                refinement = self.stream.refine(raw, visibility, pixels, time_s=frame.time_s)
            joints = np.asarray(refinement.joints_m, dtype=float)
            sigma = np.asarray(refinement.uncertainty_m, dtype=float)
            direction = refinement.direction
        else:
            joints, sigma, direction = raw, np.full(N_JOINTS, np.nan), level_viewpoint_direction(raw)
        bone_cv_raw, bone_cv = self._bone_cv.add(frame.time_s, np.array([raw, joints])).tolist()
        return Refined(
            detection=detection,
            raw_m=raw,
            joints_m=joints,
            uncertainty_m=sigma,
            viewpoint=viewpoint_from_direction(direction),
            bone_cv_raw=bone_cv_raw,
            bone_cv=bone_cv,
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
