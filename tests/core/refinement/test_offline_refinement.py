import numpy as np
import pytest

from core.pose.metrics import bone_cv, bone_lengths
from core.pose.skeleton import LANDMARK_TO_COCO, SWAP_SIDES
from core.refinement.offline_refinement import refine_offline
from core.refinement.refiner import DepthRefiner
from core.sequence.pose_sequence import PoseSequence
from core.system.files.program import DEFAULT_REFINER


@pytest.fixture
def shaky(standing_ray):
    """90 frames of somebody who stands still, MediaPipe shaking; nobody in frames 50-54."""
    rng = np.random.default_rng(0)
    n = 90
    raw = standing_ray + rng.normal(0, 0.01, (n, 17, 3))
    landmarks = np.zeros((n, 33, 3))
    landmarks[:, LANDMARK_TO_COCO] = raw
    landmarks[50:55], raw[50:55] = np.nan, np.nan
    return PoseSequence(
        np.arange(n) / 30, np.arange(n), raw.copy(), raw, np.full((n, 17), 0.1), np.ones((n, 17)),
        landmarks[..., :2] * 300 + 500, landmarks, np.zeros((n, 3)), (1000, 1000), {"source": "x"},
    )  # fmt: skip


def swap(sequence, frames):
    flipped = np.zeros(33, int)
    flipped[:] = np.arange(33)
    flipped[LANDMARK_TO_COCO] = LANDMARK_TO_COCO[SWAP_SIDES]
    for array, order in (
        (sequence.raw_m, SWAP_SIDES),
        (sequence.landmarks_px, flipped),
        (sequence.landmarks_m, flipped),
    ):
        array[frames] = array[frames][:, order]
    return sequence


def test_a_swap_is_undone_and_counted(shaky, tiny_refiner_path, standing_ray):
    looked = refine_offline(swap(shaky, slice(20, 26)), DepthRefiner(tiny_refiner_path))
    assert looked.meta["swapped_frames"] == 6
    np.testing.assert_allclose(looked.joints_m[20:26, :, :2], np.repeat(standing_ray[None, :, :2], 6, 0), atol=0.06)
    np.testing.assert_array_equal(looked.raw_m, shaky.raw_m)


def test_bones_are_constant_and_nobody_stays_nobody(shaky, tiny_refiner_path):
    looked = refine_offline(shaky, DepthRefiner(tiny_refiner_path))
    known = looked.is_found
    assert np.isnan(looked.joints_m[~known]).all()
    assert np.nanmean(bone_cv(bone_lengths(looked.joints_m))) < 0.005
    assert looked.meta["swapped_frames"] == 0


def test_without_anybody_nothing_changes(shaky, tiny_refiner_path):
    shaky.raw_m[:], shaky.landmarks_m[:] = np.nan, np.nan
    assert np.isnan(refine_offline(shaky, DepthRefiner(tiny_refiner_path)).joints_m).all()


def test_a_long_recording_is_looked_at_in_parts_that_do_not_show(shaky, monkeypatch):
    refiner = DepthRefiner(DEFAULT_REFINER)  # looks back, over the borders of the parts too
    swap(shaky, slice(30, 34))
    whole = refine_offline(shaky, refiner)
    monkeypatch.setattr("core.refinement.offline_refinement._CHUNK", 16)
    parts = refine_offline(shaky, refiner)
    for name in ("joints_m", "uncertainty_m", "direction"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), atol=1e-5)
    assert whole.meta["swapped_frames"] == parts.meta["swapped_frames"] == 4
