import pickle

import numpy as np
import pytest

from core.errors import DataError
from models.data.motion import collect_motions
from models.data.motion.aist import load_aist
from models.data.motion.types import INDEX, NOMINAL_LEG_M

NAME = "gBR_sBM_cAll_d04_mBR0_ch01.pkl"


@pytest.fixture
def dance(pose):
    """(90, 17, 3) the standing person as AIST++ has it, walking along x: centimetres, y up, face towards z."""
    joints = np.zeros((17, 3))
    for row, part in enumerate(("shoulder", "elbow", "wrist", "hip", "knee", "ankle")):
        joints[5 + 2 * row], joints[6 + 2 * row] = pose[INDEX[f"left_{part}"]], pose[INDEX[f"right_{part}"]]
    head = pose[INDEX["head"]]
    joints[[1, 2]] = joints[0] = head + [0, 0.06, 0.12]
    joints[3], joints[4] = head + [0.07, 0.06, 0], head + [-0.07, 0.06, 0]
    return 100 * (joints + np.linspace(0, 2, 90)[:, None, None] * [1.0, 0, 0])


@pytest.fixture
def write(tmp_path):
    def write(joints, name=NAME):
        path = tmp_path / "annotations" / "keypoints3d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps({"keypoints3d": joints, "keypoints3d_optim": joints}))
        return path

    return write


def test_a_sequence_becomes_motion_with_a_face_hands_and_feet_ahead(write, dance, pose):
    motion = load_aist(write(dance))

    assert (motion.fps, motion.subject, motion.is_rooted) == (60.0, "aist_d04", True)
    first = motion.positions_m[0]
    leg = sum(np.linalg.norm(first[INDEX[b]] - first[INDEX[a]]) for a, b in
              (("left_hip", "left_knee"), ("left_knee", "left_ankle")))  # fmt: skip
    assert leg == pytest.approx(NOMINAL_LEG_M)
    scale = NOMINAL_LEG_M / (np.linalg.norm(pose[INDEX["left_knee"]] - pose[INDEX["left_hip"]])
                             + np.linalg.norm(pose[INDEX["left_ankle"]] - pose[INDEX["left_knee"]]))  # fmt: skip
    # what COCO does not have lies within some centimetres of where the person has it
    np.testing.assert_allclose(first, pose * scale, atol=0.06)
    np.testing.assert_allclose(motion.head_forward, [[0, 0, 1]] * 90, atol=1e-9)
    assert first[INDEX["left_toe"], 2] - first[INDEX["left_ankle"], 2] > 0.1


def test_short_gaps_are_bridged_and_long_ones_cut(write, dance):
    dance[70:76, 9] = np.nan  # a wrist for a tenth of a second
    motion = load_aist(write(dance))
    step = np.diff(motion.positions_m[:, INDEX["left_wrist"], 0])
    np.testing.assert_allclose(step, step[0], rtol=1e-6)

    dance[3:23, 9] = np.nan
    assert len(load_aist(write(dance)).positions_m) == 90 - 23


def test_annotations_are_found_beside_other_pickles(write, dance):
    path = write(dance)
    write(dance, "gBR_sBM_cAll_d05_mBR0_ch01.pkl")
    (path.parent.parent / "motions").mkdir()
    (path.parent.parent / "motions" / NAME).write_bytes(b"SMPL, which is not read")
    (path.parent.parent / "ignore_list.txt").write_text("gBR_sBM_cAll_d05_mBR0_ch01\n")

    report = collect_motions([path.parent.parent])

    assert [m.subject for m in report.motions] == ["aist_d04"]
    assert len(report.rejected) == 1
    assert "withdrew" in report.rejected[0]


def test_what_cannot_be_motion_is_one_sentence(write, dance):
    for joints, reason in (
        (dance[:40], "no second"),
        (dance * [1, -1, -1], "upside down"),
        (dance[:, :12], "shape"),
        (np.full_like(dance, np.nan), "no second"),
    ):
        with pytest.raises(DataError, match=reason):
            load_aist(write(joints))
    with pytest.raises(DataError, match="not named"):
        load_aist(write(dance, "dance.pkl"))


def test_a_pickle_that_is_a_program_is_not_run(write, dance, tmp_path):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    path = write(dance)
    path.write_bytes(pickle.dumps({"keypoints3d": Harm()}))
    with pytest.raises(DataError):
        load_aist(path)
    assert not (tmp_path / "harm").exists()
