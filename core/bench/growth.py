"""How cost grows with the length of a video, without MediaPipe, whose cost per frame is constant."""

import tempfile
import time
from pathlib import Path

import numpy as np

from core.bench.clip import Bench, Figures
from core.exporters import EXPORTERS
from core.pose.skeleton import LANDMARK_TO_COCO, N_LANDMARKS
from core.pose.types import Detection, FloatArray, Frame
from core.refinement.pipeline import Pipeline
from core.sequence.pose_sequence import SequenceBuilder
from core.system.memory import resident_mib

FPS = 30
MINUTES = (1, 5, 20, 60, 120)


class WalkingDetector:
    """Sees one person who sways; stands in for MediaPipe where frames are counted in millions.

    Args:
        joints_m: (17, 3) of the person, metres, view-ray frame.
    """

    def __init__(self, joints_m: FloatArray) -> None:
        self._landmarks = np.zeros((N_LANDMARKS, 3))
        self._landmarks[LANDMARK_TO_COCO] = joints_m

    def detect(self, frame: Frame) -> Detection:
        """Return the person of a moment."""
        landmarks = self._landmarks * (1.0 + 0.05 * np.sin(frame.time_s * 2.0))
        return Detection(frame, landmarks[:, :2] * 300.0 + 320.0, landmarks, np.ones(N_LANDMARKS))

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to free."""


def growth(bench: Bench) -> Figures:
    """Refine and collect two hours of synthetic frames, and save at several lengths on the way.

    Returns:
        `us_per_frame_of_minutes`: a frame since the length before, which should stay the same;
        `save_us_per_frame_of_minutes`; `resident_mib_after_minutes`; `longest_over_shortest`: of the first.
    """
    image = np.zeros((8, 8, 3), np.uint8)
    per_frame_us: dict[str, float] = {}
    save_us: dict[str, float] = {}
    memory_mib: dict[str, float] = {}
    builder = SequenceBuilder()
    with Pipeline(WalkingDetector(_somebody()), bench.refiner) as line, tempfile.TemporaryDirectory() as folder:
        for minutes in MINUTES:
            n_before, n = len(builder), bench.scaled(minutes * 60 * FPS, 30 * minutes)
            started = time.perf_counter()
            for index in range(n_before, n):
                builder.append(line.process(Frame(image, index, index / FPS)))
            per_frame_us[str(minutes)] = (time.perf_counter() - started) / (n - n_before) * 1e6
            memory_mib[str(minutes)] = resident_mib()
            started = time.perf_counter()
            EXPORTERS["npz"].save(builder.build({}), Path(folder) / "a.npz")
            save_us[str(minutes)] = (time.perf_counter() - started) / n * 1e6
    shortest, longest = str(MINUTES[0]), str(MINUTES[-1])
    return {
        "us_per_frame_of_minutes": per_frame_us,
        "save_us_per_frame_of_minutes": save_us,
        "resident_mib_after_minutes": memory_mib,
        "longest_over_shortest": per_frame_us[longest] / per_frame_us[shortest],
    }


def _somebody() -> FloatArray:
    """Return (17, 3) a person standing, metres, view-ray frame."""
    heights = [-0.65, -0.68, -0.68, -0.66, -0.66, -0.5, -0.5, -0.22, -0.22, 0.02, 0.02, 0, 0, 0.42, 0.42, 0.83, 0.83]
    widths = [0, 0.03, 0.03, 0.07, 0.07, 0.18, 0.18, 0.25, 0.25, 0.28, 0.28, 0.1, 0.1, 0.11, 0.11, 0.11, 0.11]
    sides = [0, *[1, -1] * 8]
    return np.stack([np.array(widths) * sides, heights, np.zeros(len(heights))], axis=1)
