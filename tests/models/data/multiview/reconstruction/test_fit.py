import numpy as np
import pytest

from core.pose.metrics import bone_cv, bone_lengths
from models.data.multiview.reconstruction import fit
from models.data.multiview.reconstruction.fit import FitSettings, fit_sequence
from models.data.multiview.reconstruction.triangulate import triangulate
from tests.models.data.multiview.conftest import FPS


@pytest.fixture
def seen(cameras, walker):
    """Return projections, undistorted noisy pixels and weights."""
    rng = np.random.default_rng(0)
    pixels = np.stack([c.undistort(c.project(walker)) for c in cameras]) + rng.normal(0, 6, (4, *walker.shape[:2], 2))
    return np.stack([c.projection for c in cameras]), pixels, np.ones(pixels.shape[:3])


def triangulated(projections, pixels, weights):
    flat = triangulate(projections, pixels.reshape(len(pixels), -1, 2), weights.reshape(len(pixels), -1), 40.0)
    return flat.points_m.reshape(*pixels.shape[1:3], 3)


def mean_error(joints, walker):
    return np.linalg.norm(joints - walker, axis=-1).mean()


def test_it_is_better_than_triangulation_in_place_and_in_bones(seen, walker):
    projections, pixels, weights = seen
    start = triangulated(*seen)
    found = fit_sequence(projections, pixels, weights, start, FPS)
    assert mean_error(found, walker) < 0.6 * mean_error(start, walker)
    variation = [bone_cv(bone_lengths(joints)).mean() for joints in (start, found)]
    assert variation[1] < 0.4 * variation[0]


def test_a_gap_is_carried_by_one_view_bones_and_motion(seen, walker):
    projections, pixels, weights = seen
    start = triangulated(*seen)
    start[10:16, 9] = np.nan
    weights[1:, 10:16, 9] = 0.0
    found = fit_sequence(projections, pixels, weights, start, FPS)
    assert np.linalg.norm(found[10:16, 9] - walker[10:16, 9], axis=-1).max() < 0.05


def test_a_view_that_is_far_off_hardly_counts(seen, walker):
    projections, pixels, weights = seen
    pixels[2, :, 10] += 150.0
    found = fit_sequence(projections, pixels, weights, triangulated(*seen), FPS)
    assert np.linalg.norm(found[:, 10] - walker[:, 10], axis=-1).mean() < 0.03


def test_a_joint_that_nobody_ever_saw_stays_unknown(seen):
    projections, pixels, weights = seen
    start = triangulated(*seen)
    start[:, 0] = np.nan
    weights[:, :, 0] = 0.0
    found = fit_sequence(projections, pixels, weights, start, FPS)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1:]).all()


def test_pieces_of_a_long_recording_join_without_a_seam(seen, monkeypatch):
    projections, pixels, weights = seen
    start = triangulated(*seen)
    whole = fit_sequence(projections, pixels, weights, start, FPS)
    monkeypatch.setattr(fit, "_CHUNK", 12)
    monkeypatch.setattr(fit, "_OVERLAP", 8)
    np.testing.assert_allclose(fit_sequence(projections, pixels, weights, start, FPS), whole, atol=2e-3)


def test_stiffer_motion_shakes_less(seen):
    projections, pixels, weights = seen
    start = triangulated(*seen)

    def shake(limit):
        joints = fit_sequence(projections, pixels, weights, start, FPS, FitSettings(acceleration_m_s2=limit))
        return np.abs(np.diff(joints, n=2, axis=0)).mean()

    assert shake(2.0) < shake(20.0) < shake(200.0)
