"""Against many bodies whose joints err by known amounts along the view."""

import numpy as np
import pytest

from core.pose.angles.joint_angles import ANGLE_NAMES, joint_angles
from core.pose.angles.uncertainty import angles_sd_deg
from core.pose.skeleton import LANDMARK_JOINT, LEFT_KNEE, N_JOINTS
from tests.core.angle_bodies import body

DEPTH = np.array([[0.6, 0.0, 0.8]])


@pytest.fixture
def points():
    both = {"right": 40.0, "left": 55.0}
    hip = {"right": (35, 10, 0), "left": (20, 5, 0)}
    arm = {"right": (60, 20, 0), "left": (40, 45, 0)}
    return body(hip=hip, knee=both, shoulder=arm, elbow={"right": 70, "left": 50})


def test_it_is_the_spread_of_angles_whose_joints_err_along_the_view(points):
    rng = np.random.default_rng(1)
    sd_m = rng.uniform(0.001, 0.004, (1, N_JOINTS))
    errors = (rng.normal(size=(20_000, N_JOINTS)) * sd_m)[:, LANDMARK_JOINT, None] * DEPTH[:, None]
    spread = joint_angles(points + errors).std(axis=0)
    said = angles_sd_deg(points, DEPTH, sd_m)[0]
    known = np.isfinite(said)
    assert known.sum() > 20
    np.testing.assert_allclose(said[known], spread[known], rtol=0.05, atol=0.01)


def test_twice_the_doubt_is_twice_the_spread_and_none_is_none(points):
    once, twice, none = (angles_sd_deg(points, DEPTH, np.full((1, N_JOINTS), sd)) for sd in (0.002, 0.004, 0.0))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-2, equal_nan=True)
    assert np.nanmax(none) == 0.0


def test_only_angles_of_a_joint_without_figure_are_without_one(points):
    sd_m = np.full((1, N_JOINTS), 0.01)
    before = angles_sd_deg(points, DEPTH, sd_m)[0]
    sd_m[0, LEFT_KNEE] = np.nan
    after = angles_sd_deg(points, DEPTH, sd_m)[0]
    lost = {ANGLE_NAMES[i] for i in np.flatnonzero(np.isfinite(before) & np.isnan(after))}
    of_the_leg = {
        f"left_{name}"
        for name in ("hip_flexion", "hip_abduction", "hip_rotation", "knee_flexion", "ankle_dorsiflexion")
    }
    assert lost == of_the_leg & {ANGLE_NAMES[i] for i in np.flatnonzero(np.isfinite(before))}
