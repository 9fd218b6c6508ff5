"""Joint angles of a skinned body whose joint rotations are known; the keypoints are those of its skin."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.pose.angles.joint_angles import ANGLE_NAMES, joint_angles
from core.pose.skeleton import LANDMARK_TO_COCO, N_LANDMARKS

pytest.importorskip("anny")

from models.data.studio.body import keypoints, load_template, shape_body

TO_X_RIGHT_Y_UP = np.array([[-1.0, 0, 0], [0, 1, 0], [0, 0, -1]])  # anny's x is the body's left, z ahead


@pytest.fixture(scope="module")
def person():
    return shape_body(load_template(), {})


def measured(person, turns):
    """Return name → angle of the body with some bones turned in the world: (prefixes, side) → Rotation."""
    template = person.template
    matrices = np.tile(np.eye(3), (len(template.parents), 1, 1))
    for i, label in enumerate(template.bone_labels):
        for (prefixes, side), turn in turns.items():
            if label.endswith(f".{side}") and label.startswith(prefixes):
                matrices[i] = turn.as_matrix()
    heads = np.zeros((len(template.parents), 3))
    for i, parent in enumerate(template.parents):
        heads[i] = (
            person.heads[i]
            if parent < 0
            else heads[parent] + matrices[parent] @ (person.heads[i] - person.heads[parent])
        )
    shift = heads - np.einsum("jab,jb->ja", matrices, person.heads)
    transforms = np.concatenate([matrices, shift[..., None]], axis=-1)[None]
    points = np.full((1, N_LANDMARKS, 3), np.nan)
    points[:, LANDMARK_TO_COCO] = keypoints(person, transforms.astype(np.float32)) @ TO_X_RIGHT_Y_UP.T
    return dict(zip(ANGLE_NAMES, joint_angles(points)[0], strict=True))


THIGH, SHIN = ("upperleg",), ("lowerleg", "foot", "toe")
UPPER_ARM, FOREARM = ("upperarm",), ("lowerarm", "wrist", "finger", "metacarpal")


def about(axis, angle):
    return Rotation.from_rotvec(np.deg2rad(angle) * np.asarray(axis, dtype=float))


@pytest.mark.parametrize(("side", "letter"), [("left", "L"), ("right", "R")])
@pytest.mark.parametrize("angle", [30, 60, 90])
def test_a_bent_knee_is_measured_within_a_few_degrees(person, side, letter, angle):
    rest = measured(person, {})[f"{side}_knee_flexion"]
    bent = measured(person, {(SHIN, letter): about([1, 0, 0], angle)})[f"{side}_knee_flexion"]
    assert bent - rest == pytest.approx(angle, abs=6)


@pytest.mark.parametrize(("side", "letter"), [("left", "L"), ("right", "R")])
@pytest.mark.parametrize("angle", [-15, 30, 60, 90])
def test_a_raised_thigh_is_measured_within_a_few_degrees(person, side, letter, angle):
    rest = measured(person, {})[f"{side}_hip_flexion"]
    turn = about([-1, 0, 0], angle)
    raised = measured(person, {(THIGH + SHIN, letter): turn})[f"{side}_hip_flexion"]
    assert raised - rest == pytest.approx(angle, abs=6)


@pytest.mark.parametrize(("side", "letter", "outward"), [("left", "L", 1), ("right", "R", -1)])
def test_a_thigh_to_the_side_is_measured_within_a_few_degrees(person, side, letter, outward):
    name = f"{side}_hip_abduction"
    aside = measured(person, {(THIGH + SHIN, letter): about([0, 0, outward], 25)})
    assert aside[name] - measured(person, {})[name] == pytest.approx(25, abs=5)


@pytest.mark.parametrize(("side", "letter"), [("left", "L"), ("right", "R")])
@pytest.mark.parametrize("angle", [-25, 40, 70])
def test_a_bent_elbow_is_measured_within_a_few_degrees(person, side, letter, angle):
    upper, fore, hand = (person.head(f"{bone}.{letter}") for bone in ("upperarm01", "lowerarm01", "wrist"))
    hinge = np.cross(fore - upper, hand - fore)
    turn = about(hinge / np.linalg.norm(hinge), angle)
    rest = measured(person, {})[f"{side}_elbow_flexion"]
    assert measured(person, {(FOREARM, letter): turn})[f"{side}_elbow_flexion"] - rest == pytest.approx(angle, abs=6)


@pytest.mark.parametrize(("side", "letter", "outward"), [("left", "L", 1), ("right", "R", -1)])
def test_a_lifted_arm_is_measured_within_a_few_degrees(person, side, letter, outward):
    name = f"{side}_shoulder_elevation"
    lifted = measured(person, {(UPPER_ARM + FOREARM, letter): about([0, 0, outward], 40)})
    assert lifted[name] - measured(person, {})[name] == pytest.approx(40, abs=6)
