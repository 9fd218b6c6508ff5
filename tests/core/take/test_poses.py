from dataclasses import replace

import numpy as np
import pytest

from core.detection.chosen_point import ChosenPoint
from core.filters import FilterChoice
from core.pose.types import Frame
from core.refinement.refiner import DepthRefiner
from core.take.detections import Detections
from core.take.poses import GrowingPoses, How, finished, unseen
from core.take.refine import as_taken
from core.take.take import Take, TakeCamera
from tests.core.conftest import KnownDetector

N = 300


@pytest.fixture
def seen(standing_ray):
    """Ten seconds; in frames 100 to 119 nobody is seen."""
    detector = KnownDetector(standing_ray)
    detector.empty = set(range(100, 120))
    image = np.zeros((48, 64, 3), np.uint8)
    found = [detector.detect(Frame(image, i, i / 30)) for i in range(N)]
    names = ("landmarks_px", "landmarks_m", "visibility")
    arrays = {name: np.array([getattr(d, name) for d in found], np.float32) for name in names}
    return Detections.of_one(np.arange(N) / 30, np.arange(N), **arrays, image_size=(64, 48))


@pytest.fixture
def how(tiny_refiner_path):
    return How(DepthRefiner(tiny_refiner_path), hold_bones=False, filter=None)


@pytest.mark.parametrize("step", [1, 7, 64, N])
def test_what_comes_in_pieces_is_what_comes_at_once(seen, how, step):
    growing, whole = GrowingPoses(how, (64, 48)), finished(seen, how)
    rows = [growing.add(seen.rows(slice(start, start + step))) for start in range(0, N, step)]
    assert [row.start for row in rows] == list(range(0, N, step))
    poses = growing.poses
    assert len(poses) == len(growing) == N
    for name in ("joints_m", "raw_m", "uncertainty_m", "direction", "bone_cv_raw", "bone_cv"):
        np.testing.assert_allclose(getattr(poses, name), getattr(whole, name), atol=2e-5, err_msg=name)
    np.testing.assert_array_equal(poses.seen.landmarks_px, seen.landmarks_px)


def test_held_and_smoothed_it_is_nearly_so_until_the_end_is_known(seen, how):
    how = replace(how, hold_bones=True, filter=FilterChoice("kalman"))
    growing, whole = GrowingPoses(how, (64, 48)), finished(seen, how)
    for start in range(0, N, 15):
        growing.add(seen.rows(slice(start, start + 15)))
    apart = np.linalg.norm(growing.poses.joints_m - whole.joints_m, axis=-1)
    assert 0 < np.nanmax(apart) < 0.06
    assert np.isnan(growing.poses.joints_m[100:120]).all()


def test_what_was_shown_is_not_changed_by_what_comes(seen, how):
    growing = GrowingPoses(how, (64, 48))
    growing.add(seen.rows(slice(0, 50)))
    before = growing.poses
    copy = before.joints_m.copy()
    growing.add(seen.rows(slice(50, N)))
    assert len(before) == 50
    np.testing.assert_array_equal(before.joints_m, copy)


def test_a_frame_is_found_by_its_number(seen, how):
    odd = seen.rows(np.arange(1, N, 2))
    poses = finished(odd, how)
    assert (poses.row(0), poses.row(1), poses.row(2), poses.row(299), poses.row(301)) == (None, 0, None, 149, None)
    image = np.full((48, 64, 3), 7, np.uint8)
    packet = poses.packet(3, Frame(image, 7, 7 / 30))
    assert packet.detection.frame.image is image
    np.testing.assert_allclose(packet.joints_m, poses.joints_m[3], atol=1e-6)
    assert packet.viewpoint.azimuth_deg == pytest.approx(0, abs=1e-3)
    nobody = poses.packet(52, Frame(image, 105, 3.5))
    assert nobody.viewpoint is None
    assert not nobody.detection.is_found
    awaited = unseen(Frame(image, 0, 0.0)).detection
    assert awaited.is_awaited
    assert not awaited.is_found
    assert not finished(seen, how).packet(110, Frame(image, 110, 110 / 30)).detection.is_awaited  # nobody was there


def test_nothing_yet_is_no_error(how):
    growing = GrowingPoses(how, (64, 48))
    assert len(growing.poses) == 0
    assert growing.poses.row(0) is None
    assert growing.add(Detections.empty((64, 48))) == slice(0, 0)


def test_a_take_says_whose_detections_they_are(seen):
    mirror = as_taken(seen, Take(camera=TakeCamera(is_mirrored=True)))
    assert not np.allclose(mirror.visibility, seen.visibility)
    assert as_taken(seen, Take()) is seen
    x, y = seen.landmarks_px[0].mean(axis=0)
    chosen = as_taken(seen, Take(person=ChosenPoint(float(x), float(y))))
    np.testing.assert_array_equal(chosen.landmarks_m, seen.landmarks_m)
