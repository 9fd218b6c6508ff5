import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.errors import DataError
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.skeleton import LANDMARK_TO_COCO, RIGID_ANCHORS


@pytest.fixture
def landmarks(standing_ray):
    points = np.random.default_rng(0).normal(0, 0.02, (33, 3))
    points[LANDMARK_TO_COCO] = standing_ray
    for landmark, (anchor, _) in RIGID_ANCHORS.items():
        points[landmark] += points[anchor] + [0.01, 0.06, -0.08]
    return points


def test_without_refinement_all_landmarks_stay(landmarks, standing_ray):
    np.testing.assert_allclose(attach_rigid_landmarks(landmarks, standing_ray), landmarks, atol=1e-12)


def test_hands_and_feet_turn_with_their_limb(landmarks, standing_ray):
    turn = Rotation.from_euler("x", 35, degrees=True)
    refined = standing_ray.copy()
    knee, ankle = 13, 15
    refined[ankle] = refined[knee] + turn.apply(standing_ray[ankle] - standing_ray[knee])
    result = attach_rigid_landmarks(landmarks, refined)
    shin = standing_ray[ankle] - standing_ray[knee]
    axis = np.cross(shin, turn.apply(shin))
    angle = np.arctan2(np.linalg.norm(axis), shin @ turn.apply(shin))
    shortest = Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle)
    for landmark in (29, 31):
        expected = refined[ankle] + shortest.apply(landmarks[landmark] - landmarks[27])
        np.testing.assert_allclose(result[landmark], expected, atol=1e-9)
        assert np.linalg.norm(result[landmark] - result[27]) == pytest.approx(
            np.linalg.norm(landmarks[landmark] - landmarks[27])
        )
    np.testing.assert_allclose(result[30], landmarks[30], atol=1e-12)


def test_a_limb_turned_right_round_stays_rigid(landmarks, standing_ray):
    refined = standing_ray.copy()
    refined[15] = refined[13] - (standing_ray[15] - standing_ray[13])
    result = attach_rigid_landmarks(landmarks, refined)
    np.testing.assert_allclose(
        np.linalg.norm(result[[29, 31]] - result[27], axis=1),
        np.linalg.norm(landmarks[[29, 31]] - landmarks[27], axis=1),
    )
    old, new = landmarks[27] - landmarks[25], result[27] - result[25]
    assert (landmarks[29] - landmarks[27]) @ old == pytest.approx((result[29] - result[27]) @ new)


def test_sequences_and_nan_pass_through(landmarks, standing_ray):
    many = attach_rigid_landmarks(np.stack([landmarks, np.full((33, 3), np.nan)]), np.stack([standing_ray * 0.9] * 2))
    np.testing.assert_allclose(many[0], attach_rigid_landmarks(landmarks, standing_ray * 0.9))
    assert np.isnan(many[1, 29]).all()
    with pytest.raises(DataError, match="are not"):
        attach_rigid_landmarks(landmarks, standing_ray[:16])
