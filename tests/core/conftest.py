"""Tiny videos with known content, and a detector that sees a known person."""

from fractions import Fraction

import av
import numpy as np
import pytest

from core.detector import nobody
from core.pose_model import PoseModel
from core.skeleton import LANDMARK_TO_COCO, N_JOINTS
from core.types import Detection, Frame, Refined, Viewpoint


def grey_level(index):
    return 20 + 2 * index


@pytest.fixture
def make_video(tmp_path):
    """Write a video whose frame i is grey_level(i), with a bright block in its top left corner."""

    def make(
        name="clip.mp4", n=20, size=(64, 48), fps=10, times_s=None, rotation=0, codec="libx264", pix_fmt="yuv420p",
        options=None, stream_options=None,
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        times_s = [i / fps for i in range(n)] if times_s is None else times_s
        time_base = Fraction(1, 12800)
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=fps, options=stream_options or {"g": "5", "crf": "5"})
            stream.width, stream.height = size
            stream.pix_fmt = pix_fmt
            if len(set(np.round(np.diff(times_s), 9))) > 1:
                stream.codec_context.time_base = time_base
            if rotation:
                stream.set_display_rotation(rotation)
            for i, time_s in enumerate(times_s):
                image = np.full((size[1], size[0], 3), grey_level(i), np.uint8)
                image[: size[1] // 3, : size[0] // 3] = 250
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.time_base = stream.codec_context.time_base or Fraction(1, fps)
                frame.pts = round(time_s / frame.time_base)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


class KnownDetector:
    """Says that `joints`, breathing a little, stand in every frame, except where told that nobody does."""

    empty: frozenset = frozenset()

    def __init__(self, joints):
        self.joints = joints

    def detect(self, frame):
        if frame.index in self.empty:
            return nobody(frame)
        landmarks = np.zeros((33, 3))
        landmarks[LANDMARK_TO_COCO] = self.joints * (1 + 0.05 * np.sin(frame.index))
        landmarks[[29, 31]] = landmarks[27] + [[0, 0.05, 0.02], [0.02, 0.06, -0.1]]
        landmarks[[30, 32]] = landmarks[28] + [[0, 0.05, 0.02], [-0.02, 0.06, -0.1]]
        width, height = frame.size_px
        pixels = landmarks[:, :2] * height / 3 + [width / 2, height / 2]
        return Detection(frame, pixels, landmarks, np.linspace(0.4, 1.0, 33))

    def close(self):
        pass


@pytest.fixture
def known_detector(monkeypatch, standing_ray):
    """Make `core.processing` use a KnownDetector and no real pose model; returns its class, for `empty`."""
    import core.processing

    class Local(KnownDetector):
        def __init__(self, model):
            super().__init__(standing_ray)

    monkeypatch.setattr(core.processing, "PoseDetector", Local)
    monkeypatch.setattr(core.processing, "load_pose_model", lambda variant, _report: PoseModel(None, variant, "0" * 64))
    return Local


@pytest.fixture
def packets(standing_ray):
    """Five packets at uneven times; in the third nobody is seen."""
    detector = KnownDetector(standing_ray)
    detector.empty = {4}
    result = []
    for index, time_s in ((0, 0.0), (1, 0.1), (4, 0.35), (5, 0.4), (6, 0.5)):
        detection = detector.detect(Frame(np.zeros((48, 64, 3), np.uint8), index, time_s))
        raw = detection.landmarks_m[LANDMARK_TO_COCO]
        azimuth = 0.3 * index
        view = Viewpoint(np.array([-np.sin(azimuth), 0.0, np.cos(azimuth)]), azimuth, 0.0)
        result.append(
            Refined(
                detection, raw, raw * [1, 1, 0.8], np.full(N_JOINTS, 0.04 + 0.001 * index) + 0 * raw[:, 0],
                view if detection.is_found else None, 0.1, 0.05, 0.001,
            )
        )  # fmt: skip
    return result
