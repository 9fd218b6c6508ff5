import sys
import tracemalloc

import numpy as np
import pytest

from core.filters import FilterChoice
from core.pose.metrics import bone_cv, bone_lengths
from core.refinement.offline_refinement import refine_offline
from core.refinement.onnx_session import create_session
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import SequenceBuilder
from core.sequence.prepared import prepare
from core.sources import VideoFile
from core.system.files.program import DEFAULT_REFINER
from core.take.analysis import analyse
from core.take.detections import DetectionReader, Detections
from core.take.refine import mirrored, refine, smoothed
from tests.core.conftest import KnownDetector


@pytest.fixture
def seen(make_video, tmp_path, instrument, make_detector, detector):
    """Twenty frames; in the fifth nobody is seen."""
    detector.empty = {4}
    video = make_video(n=20)
    analyse(video, tmp_path, instrument, make_detector, "c")
    return video, DetectionReader(instrument.path(tmp_path)).read()


@pytest.mark.parametrize("with_refiner", [True, False])
def test_a_take_is_what_a_pipeline_and_a_look_back_make_of_it(seen, tiny_refiner_path, standing_ray, with_refiner):
    video, detections = seen
    refiner = DepthRefiner(tiny_refiner_path) if with_refiner else None
    builder, detector = SequenceBuilder(), KnownDetector(standing_ray)
    detector.empty = {4}
    with Pipeline(detector, None) as pipeline:
        for packet in pipeline.run(VideoFile(video).frames()):
            builder.append(packet)
    sequence = builder.build({})
    wanted = sequence if refiner is None else refine_offline(sequence, refiner)
    taken = refine(detections, refiner, {})
    assert taken.equals(wanted, tolerance=1e-6)
    assert np.isnan(taken.joints_m[4]).all()


def test_bones_are_held_or_not(seen, tiny_refiner_path):
    refiner = DepthRefiner(tiny_refiner_path)
    held = refine(seen[1], refiner, {})
    loose = refine(seen[1], refiner, {}, hold_bones=False)
    assert np.nanmean(bone_cv(bone_lengths(held.joints_m))) < 0.002
    assert np.nanmean(bone_cv(bone_lengths(loose.joints_m))) > 0.02
    np.testing.assert_array_equal(held.direction, loose.direction)


def test_what_is_shown_is_what_files_hold(seen, tiny_refiner_path):
    choice = FilterChoice("kalman")
    sequence = refine(seen[1], DepthRefiner(tiny_refiner_path), {})
    shown = smoothed(sequence, choice)
    choices = ExportChoices("view-ray", "y", choice, 0.0, 0.0, travel=False)
    from core.pose.skeleton import LANDMARK_TO_COCO

    written = prepare(sequence, choices).points(slice(None))[:, LANDMARK_TO_COCO]
    np.testing.assert_allclose(shown.joints_m, written, atol=1e-6)
    assert not np.allclose(shown.joints_m, sequence.joints_m, equal_nan=True)
    assert smoothed(sequence, FilterChoice("none")) is sequence


def test_a_mirror_image_is_turned_back(seen):
    detections = seen[1]
    turned = mirrored(detections)
    back = mirrored(turned)
    for name in ("landmarks_px", "landmarks_m", "visibility"):
        np.testing.assert_allclose(getattr(back, name), getattr(detections, name), atol=1e-5)
    # the person in the picture faces the camera: their left is at the right of it, and in a mirror at the left
    assert detections.landmarks_px[0, 11, 0] > detections.landmarks_px[0, 12, 0]
    assert turned.landmarks_px[0, 11, 0] > turned.landmarks_px[0, 12, 0]
    np.testing.assert_allclose(turned.landmarks_px[0, 11, 0], 64 - detections.landmarks_px[0, 12, 0], atol=1e-4)
    direct, of_mirror = refine(detections, None, {}), refine(turned, None, {})
    np.testing.assert_allclose(direct.angles_deg[0][0] % 360, (-of_mirror.angles_deg[0][0]) % 360, atol=1e-3)


class Work:
    """Counts, while it is entered, what a computation does: the same on every machine, however busy.

    Attributes:
        n_lines: Lines of Python executed, of every library in this thread: what loops over frames cost.
        peak_bytes: Most memory held at once, arrays included.
    """

    def __enter__(self):
        self.n_lines, self._before = 0, sys.gettrace()
        tracemalloc.start()
        sys.settrace(self._count)
        return self

    def _count(self, _frame, event, _arg):
        self.n_lines += event == "line"
        return self._count

    def __exit__(self, *_):
        sys.settrace(self._before)
        self.peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


@pytest.fixture
def batches(monkeypatch):
    """Numbers of frames in each run of a network."""
    batches = []

    class Counted:
        def __init__(self, session):
            self._session = session

        def run(self, outputs, feed):
            batches.append(len(feed["pose"]))
            return self._session.run(outputs, feed)

        def __getattr__(self, name):
            return getattr(self._session, name)

    monkeypatch.setattr("core.refinement.refiner.create_session", lambda *args: Counted(create_session(*args)))
    return batches


def test_a_long_take_costs_little_a_frame_and_twice_as_long_a_one_twice_as_much(seen, batches):
    detections, refiner = seen[1], DepthRefiner(DEFAULT_REFINER)

    def work_of(n):
        rows = np.arange(n) % 4
        many = Detections.of_one(
            np.arange(n) / 30.0, np.arange(n), detections.landmarks_px[rows], detections.landmarks_m[rows],
            detections.visibility[rows], detections.image_size,
        )  # fmt: skip
        batches.clear()
        with Work() as work:
            assert len(smoothed(refine(many, refiner, {}), FilterChoice("kalman"))) == n
        return work, sum(batches), len(batches)

    work_of(4)  # what is imported and looked up but once
    (half, n_half, _), (whole, n_whole, n_runs) = work_of(1100), work_of(2200)
    assert whole.n_lines < 130 * 2200  # 100 a frame, most of them in search of swapped sides
    assert whole.n_lines < 2.1 * half.n_lines
    assert whole.peak_bytes < 2.1 * half.peak_bytes
    assert (n_half, n_whole) == (1100, pytest.approx(2200, abs=60))  # a chunk looks back at the one before
    assert n_runs < 25
    assert max(batches) <= 256  # more at once take longer
