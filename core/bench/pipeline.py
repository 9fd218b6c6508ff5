"""The pipeline against a bare MediaPipe loop, and what every frame costs after MediaPipe."""

import statistics
import time

import numpy as np

from core.bench.clip import Bench, Figures
from core.detection.bundle import VARIANTS
from core.detection.detector import PoseDetector
from core.errors import SettingsError
from core.pose.types import Detection, Frame
from core.refinement.pipeline import Pipeline
from core.sources import VideoFile
from core.sources.decoding import decoding


def pipeline(bench: Bench) -> Figures:
    """Compare the headless pipeline with a bare decode + MediaPipe loop on the stock model, in turn, by variant.

    The pipeline is that of `process`: one thread decodes, one detects, one refines.
    """
    figures: Figures = {}
    for variant in VARIANTS:
        of_variant = bench.with_variant(variant)
        bare, whole = [], []
        for _ in range(bench.rounds):
            with of_variant.stock_detector() as detector:
                bare.append(bench.rate(map(detector.detect, bench.frames())))
            with Pipeline(of_variant.detector(), bench.refiner) as line, decoding(VideoFile(bench.video)) as frames:
                whole.append(bench.rate(line.run(bench.first(frames))))
        ratios = [w / b for w, b in zip(whole, bare, strict=True)]
        figures |= {
            f"{variant}_fps": statistics.median(whole),
            f"{variant}_stock_fps": statistics.median(bare),
            f"{variant}_ratio": statistics.median(ratios),
            f"{variant}_ratio_worst": min(ratios),
        }
    return figures


def after_mediapipe(bench: Bench) -> Figures:
    """Time everything after MediaPipe inside the running pipeline: normalise, refine, bones, filter, packet."""
    detector = TimedDetector(bench.detector(), seconds := list[float]())
    with Pipeline(detector, bench.refiner, smooth=True) as line, decoding(VideoFile(bench.video)) as frames:
        packets = [line.process(frame) for frame in bench.first(frames)]
    after_ms = np.array([p.refine_s for p in packets if p.detection.is_found][bench.warm_up :]) * 1e3
    detect_ms = np.array(seconds[bench.warm_up :]) * 1e3
    if not len(after_ms):
        raise SettingsError(f"{bench.video.name} shows a person in too few frames to measure; choose another clip.")
    return {
        "p50_ms": float(np.percentile(after_ms, 50)),
        "p99_ms": float(np.percentile(after_ms, 99)),
        "mediapipe_p50_ms": float(np.percentile(detect_ms, 50)),
        "share_of_mediapipe": float(after_ms.mean() / detect_ms.mean()),
    }


class TimedDetector:
    """A detector that notes how long each frame takes it."""

    def __init__(self, detector: PoseDetector, seconds: list[float]) -> None:
        self._detector, self._seconds = detector, seconds

    def detect(self, frame: Frame) -> Detection:
        """Return the landmarks of one frame."""
        started = time.perf_counter()
        detection = self._detector.detect(frame)
        self._seconds.append(time.perf_counter() - started)
        return detection

    def reset(self) -> None:
        """Forget the frames before."""
        self._detector.reset()

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()
