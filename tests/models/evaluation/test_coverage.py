from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.pose.geometry import azimuth_elevation, camera_relative_to_subject, camera_to_view_ray
from core.sequence.pairs import save_pairs
from models.data.motion.types import INDEX, MOTION_JOINTS, Motion
from models.evaluation.coverage import CELLS, LIMBS, coverage_of_motions, coverage_of_pairs

STANDING = {
    "pelvis": (0, 0.9, 0), "spine": (0, 1.1, 0), "neck": (0, 1.4, 0), "head": (0, 1.5, 0),
    "left_hip": (0.1, 0.9, 0), "left_knee": (0.1, 0.5, 0), "left_ankle": (0.1, 0.1, 0), "left_toe": (0.1, 0, 0.1),
    "left_shoulder": (0.2, 1.4, 0), "left_elbow": (0.5, 1.4, 0), "left_wrist": (0.53, 1.43, 0.24),
    "left_hand": (0.5, 1.4, 0.3),
}  # fmt: skip


def arms_out_and_forearms_ahead():
    """A person who looks along z; upper arms point outward, forearms ahead."""
    joints = np.zeros((len(MOTION_JOINTS), 3))
    for name, place in STANDING.items():
        joints[INDEX[name]] = place
        if name.startswith("left"):
            joints[INDEX[name.replace("left", "right")]] = np.array(place) * [-1, 1, 1]
    return joints


@pytest.fixture
def turned():
    """The person, turned to each side: directions in the subject frame do not change."""
    joints = []
    for angle in np.deg2rad(np.arange(0, 360, 30)):
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        joints.append(arms_out_and_forearms_ahead() @ turn.T)
    return Motion(np.stack(joints), None, 30.0, "m", "s", "")


def test_directions_are_the_bodys_own_with_both_sides_alike(turned):
    held = coverage_of_motions([turned], "motion")
    for limb, expected in {
        "trunk": (0, 1, 0),
        "upper arm": (1, 0, 0),
        "forearm": np.array([3, 3, 24]) / np.sqrt(594),
        "thigh": (0, -1, 0),
    }.items():
        np.testing.assert_allclose(
            held.directions[limb], np.broadcast_to(expected, held.directions[limb].shape), atol=1e-9
        )
    np.testing.assert_allclose(held.pelvis_height, 1.0)
    assert held.density("forearm").max() == pytest.approx(np.prod(CELLS))


def test_pairs_and_motion_of_one_pose_agree_though_the_camera_is_raised_and_rolled(tmp_path, pairs_of, turned):
    body = arms_out_and_forearms_ahead()
    coco = np.zeros((17, 3))
    for row, part in enumerate(("shoulder", "elbow", "wrist", "hip", "knee", "ankle")):
        for side, name in enumerate(("left", "right")):
            coco[5 + 2 * row + side] = body[INDEX[f"{name}_{part}"]]
    tilt, roll = 0.4, 0.2
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    # y up, seen from the subject's left: y down, z away
    to_camera = about_z @ about_x @ np.array([[0.0, 0, -1], [0, -1, 0], [-1, 0, 0]])
    joints_cam = np.repeat((coco - coco[[11, 12]].mean(axis=0)) @ to_camera.T + [[0.2, 0, 4]], 1, axis=0)
    truth, _ = camera_to_view_ray(joints_cam[None])
    camera = camera_relative_to_subject(joints_cam[None], to_camera[None, :, 1])
    azimuth, elevation = np.rad2deg(azimuth_elevation(camera))
    assert azimuth[0] == pytest.approx(270, abs=15)
    pairs = pairs_of(3)
    same = [np.repeat(a, 3, axis=0) for a in (truth, azimuth, elevation)]
    save_pairs(tmp_path / "p.npz", replace(pairs, ground_truth=same[0], azimuth=same[1], elevation=same[2]))

    of_pairs, of_motion = coverage_of_pairs([tmp_path / "p.npz"], "pairs"), coverage_of_motions([turned], "motion")

    for limb in LIMBS:
        np.testing.assert_allclose(of_pairs.directions[limb][0], of_motion.directions[limb][0], atol=0.02)
    np.testing.assert_allclose(of_pairs.pelvis_height, 1.0, atol=0.02)


def test_what_one_set_lacks_is_its_share_of_the_other(turned):
    still = arms_out_and_forearms_ahead()
    raised = still.copy()
    for side in ("left", "right"):
        raised[INDEX[f"{side}_wrist"]] = raised[INDEX[f"{side}_elbow"]] + [0, 0.25, 0]
    both = coverage_of_motions([Motion(np.stack([still, still, still, raised]), None, 30.0, "b", "s", "")], "both")
    held = coverage_of_motions([turned], "held")
    assert both.uncovered_share(held, "forearm") == pytest.approx(0.25)
    assert held.uncovered_share(both, "forearm") == 0
    assert both.uncovered_share(held, "thigh") == 0


def test_pairs_without_a_viewpoint_are_one_sentence(tmp_path, pairs_of):
    save_pairs(tmp_path / "p.npz", replace(pairs_of(3), azimuth=np.full(3, np.nan)))
    with pytest.raises(DataError, match="viewpoint"):
        coverage_of_pairs([tmp_path / "p.npz"], "p")
