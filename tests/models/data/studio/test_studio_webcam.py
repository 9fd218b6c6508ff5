"""People before a webcam: near, from the chest up, and facing it."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.pose.geometry import project
from core.pose.skeleton import LEFT_ANKLE, LEFT_KNEE, LEFT_SHOULDER, RIGHT_SHOULDER
from models.data.studio.camera import film_at_desk, turns_about

SIZE = (640, 360)


@pytest.fixture
def sitting():
    """(T, 17, 3) somebody who sits and faces +z, and raises a hand ahead."""
    half = {0: (0, 1.2, 0.12), 1: (0.03, 1.24, 0.1), 3: (0.07, 1.22, 0.0), 5: (0.18, 1.0, 0), 7: (0.24, 0.75, 0.05),
            9: (0.2, 0.8, 0.35), 11: (0.1, 0.5, 0), 13: (0.12, 0.5, 0.42), 15: (0.12, 0.05, 0.42)}  # fmt: skip
    joints = np.zeros((20, 17, 3))
    for joint, place in half.items():
        joints[:, joint] = place
        if joint:
            joints[:, joint + 1] = np.array(place) * [-1, 1, 1]
    joints[:, 9, 1] += 0.3 * np.sin(np.arange(20) / 4)
    return joints


@pytest.mark.parametrize("yaw_deg", [0, 140])
def test_a_webcam_sees_face_and_shoulders_from_before_and_no_feet(sitting, yaw_deg):
    turn = Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix()
    ahead, n_faces, n_knees, heights = turn @ [0, 0, 1], 0, 0, []
    for seed in range(40):
        track = film_at_desk(np.random.default_rng(seed), sitting @ turn.T, SIZE, 30.0)
        in_camera = track.to_camera(sitting @ turn.T)
        pixels = project(in_camera, track.intrinsics)
        within = ((pixels > 0) & (pixels < SIZE)).all(axis=-1) & (in_camera[..., 2] > 0)
        n_faces += within[:, 0].mean() > 0.9
        n_knees += within[:, [LEFT_KNEE, LEFT_ANKLE]].any()
        assert in_camera[:, :11, 2].min() > 0.2, "a hand in the lens"
        from_person = track.positions[0] - (sitting @ turn.T)[0, 5:7].mean(axis=0)
        assert from_person @ ahead / np.linalg.norm(from_person) > 0.2
        assert np.linalg.norm(from_person) < 2.5
        heights.append(from_person[1])
        # not mirrored: who faces the camera has the left shoulder on the image's right
        assert (pixels[:, LEFT_SHOULDER, 0] > pixels[:, RIGHT_SHOULDER, 0]).all()
    assert n_faces > 30
    assert n_knees < 20
    assert min(heights) < -0.1
    assert max(heights) > 0.2


def test_who_turns_about_is_not_before_a_webcam(sitting):
    turns = Rotation.from_euler("y", np.linspace(0, 300, 20)[:, None], degrees=True).as_matrix()
    assert not turns_about(sitting)
    assert turns_about(np.einsum("tij,tpj->tpi", turns, sitting))
