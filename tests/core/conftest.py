"""Tiny videos with known content, and a detector that sees a known person."""

from fractions import Fraction

import av
import numpy as np
import pytest

from core.detection.bundle import PoseModel
from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS
from core.pose.types import Detection, Frame, Refined, Viewpoint, nobody


def grey_level(index):
    return 20 + 2 * (index % 110)


@pytest.fixture
def make_video(tmp_path):
    """Write a video whose frame i is grey_level(i), with a bright block in its top left corner."""

    def make(
        name="clip.mp4", n=20, size=(64, 48), fps=10, times_s=None, rotation=0, codec="libx264", pix_fmt="yuv420p",
        options=None, stream_options=None,
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        times_s = [float(i / fps) for i in range(n)] if times_s is None else times_s
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
    """Make `core.process.run` use a KnownDetector and no real pose model; returns its class, for `empty`."""
    import core.process.run

    class Local(KnownDetector):
        asked_for = None

        def __init__(self, looks, models, *, point_px=None):
            super().__init__(standing_ray)
            Local.asked_for = point_px

    monkeypatch.setattr(core.process.run, "open_detector", Local)
    monkeypatch.setattr(
        core.process.run, "load_pose_model", lambda variant, _report: PoseModel(None, variant, "0" * 64)
    )
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


@pytest.fixture
def make_landmarks():
    """Make (T, 33, 3) upright landmarks of constant bone lengths from unit directions, (T, 3) each by name.

    Names: hips, shoulders, ears (right to left), trunk, neck, gaze, and with L or R in front arm, forearm, hand,
    across (little finger to index), thigh, shin, foot. What is not named is as in a T-pose.
    """
    rest = {"hips": "+x", "shoulders": "+x", "ears": "+x", "trunk": "+y", "neck": "+y", "gaze": "+z"}
    for side, out in (("L", "+x"), ("R", "-x")):
        rest |= dict.fromkeys((f"{side}arm", f"{side}forearm", f"{side}hand"), out)
        rest |= {f"{side}across": "+z", f"{side}thigh": "-y", f"{side}shin": "-y"}
    drop = np.deg2rad(15.0)
    forward_down = np.array([0.0, -np.sin(drop), np.cos(drop)])

    def make(n=1, **directions):
        axes = {"+x": [1.0, 0, 0], "-x": [-1.0, 0, 0], "+y": [0, 1.0, 0], "-y": [0, -1.0, 0], "+z": [0, 0, 1.0]}
        d = {name: np.tile(axes[axis], (n, 1)) for name, axis in rest.items()}
        d |= {f"{side}foot": np.tile(forward_down, (n, 1)) for side in "LR"}
        d |= {name: np.broadcast_to(np.asarray(v, dtype=float), (n, 3)) for name, v in directions.items()}
        marks = np.full((n, N_LANDMARKS, 3), np.nan)
        hips = np.zeros((n, 3))
        shoulders = hips + 0.5 * d["trunk"]
        ears = shoulders + 0.2 * d["neck"]
        for index, centre, line, half in (
            (23, hips, "hips", 0.1),
            (11, shoulders, "shoulders", 0.17),
            (7, ears, "ears", 0.08),
        ):
            marks[:, index], marks[:, index + 1] = centre + half * d[line], centre - half * d[line]
        marks[:, [0, 1, 2, 3, 4, 5, 6, 9, 10]] = (ears + 0.1 * d["gaze"])[:, None]
        for side, s in (("L", 0), ("R", 1)):
            marks[:, 13 + s] = marks[:, 11 + s] + 0.28 * d[f"{side}arm"]
            marks[:, 15 + s] = marks[:, 13 + s] + 0.25 * d[f"{side}forearm"]
            knuckles = marks[:, 15 + s] + 0.08 * d[f"{side}hand"]
            for index, where in ((19, 0.03), (17, -0.03), (21, 0.04)):
                marks[:, index + s] = knuckles + where * d[f"{side}across"]
            marks[:, 25 + s] = marks[:, 23 + s] + 0.42 * d[f"{side}thigh"]
            marks[:, 27 + s] = marks[:, 25 + s] + 0.4 * d[f"{side}shin"]
            marks[:, 31 + s] = marks[:, 27 + s] + 0.18 * d[f"{side}foot"]
            marks[:, 29 + s] = marks[:, 27 + s] + [0.0, -0.05, -0.05]
        return marks

    return make


@pytest.fixture
def random_landmarks(make_landmarks):
    """(60, 33, 3) upright landmarks of constant bone lengths in wild poses."""
    rng = np.random.default_rng(5)
    names = ["hips", "shoulders", "ears", "trunk", "neck", "gaze"]
    names += [
        f"{side}{part}" for side in "LR" for part in ("arm", "forearm", "hand", "across", "thigh", "shin", "foot")
    ]
    vectors = rng.normal(size=(len(names), 60, 3))
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return make_landmarks(60, **dict(zip(names, unit, strict=True)))


@pytest.fixture
def packet_of():
    """Make a packet of (33, 3) upright landmarks, seen in the middle of a level camera's picture; None is nobody."""

    def make(upright, index=0, time_s=None, sigma_m=0.05):
        seen = np.full((N_LANDMARKS, 3), np.nan) if upright is None else np.asarray(upright) * [1, -1, -1]
        pixels = np.where(np.isfinite(seen[:, :2]), [320.0, 240.0], np.nan)
        frame = Frame(np.zeros((480, 640, 3), np.uint8), index, index / 20 if time_s is None else time_s)
        detection = Detection(frame, pixels, seen, np.ones(N_LANDMARKS))
        joints = seen[LANDMARK_TO_COCO]
        view = Viewpoint(np.array([0.0, 0, 1]), 0.0, 0.0) if np.isfinite(joints).all() else None
        return Refined(detection, joints, joints, np.full(N_JOINTS, sigma_m), view, 0.1, 0.1, 0.001)

    return make
