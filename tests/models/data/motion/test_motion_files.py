import lzma

import numpy as np
import pytest

from core.errors import DataError
from core.exporters import EXPORTERS
from core.filters import FilterChoice
from core.pose.geometry import normalise
from core.pose.skeleton import LANDMARK_NAMES
from core.sequence.export_choices import ExportChoices
from models.data.motion import NOMINAL_LEG_M, collect_motions
from models.data.motion.amc import parse_amc, parse_asf
from models.data.motion.bvh import parse_bvh
from models.data.motion.collect import load_motions
from models.data.motion.reduce import candidates, reduce_motion, resample
from models.data.motion.types import INDEX, MOTION_JOINTS, RawMotion
from tests.core.scenes import squat_scene

ARM_BVH = """HIERARCHY
ROOT hip
{{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT arm
  {{
    OFFSET 1 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {{
      OFFSET 2 0 0
    }}
  }}
}}
MOTION
Frames: {n}
Frame Time: 0.02
{rows}
"""


def arm_bvh(*rows):
    return ARM_BVH.format(n=len(rows), rows="\n".join(" ".join(str(v) for v in row) for row in rows))


def test_bvh_places_joints_where_the_angles_say():
    motion = parse_bvh(arm_bvh((0, 5, 0, 0, 0, 0, 90, 0, 0), (0, 5, 0, 90, 0, 0, 0, 0, 90)), "arm.bvh")

    assert motion.joint_names == ("hip", "arm", "arm_end")
    assert motion.fps == pytest.approx(50)
    np.testing.assert_allclose(motion.positions[0], [(0, 5, 0), (1, 5, 0), (1, 7, 0)], atol=1e-12)
    # root turned a quarter about z: x becomes y; then the arm a quarter about its own y: x becomes -z
    np.testing.assert_allclose(motion.positions[1], [(0, 5, 0), (0, 6, 0), (0, 6, -2)], atol=1e-12)


def test_bvh_applies_channels_from_left_to_right():
    motion = parse_bvh(arm_bvh((0, 0, 0, 0, 0, 0, 90, 90, 0), (0,) * 9), "arm.bvh")

    # Rz(90) Rx(90) x = Rz(90) x = y; the other order would give z
    np.testing.assert_allclose(motion.positions[0, 2] - motion.positions[0, 1], (0, 2, 0), atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "not motion at all",
        arm_bvh((0,) * 9, (0,) * 8),
        arm_bvh((0,) * 9).replace("Frames: 1", "Frames: 3"),
        arm_bvh(("nan?",) * 9),
        arm_bvh((0,) * 9).replace("}\nMOTION", "MOTION"),
        arm_bvh((0,) * 9).replace("0.02", "0"),
    ],
)
def test_damaged_bvh_is_one_sentence(text):
    with pytest.raises(DataError, match="x.bvh"):
        parse_bvh(text, "x.bvh")


ASF = """:version 1.10
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
     id 1
     name upper
     direction 1 0 0
     length 2
     axis 0 0 90 XYZ
     dof rx ry
    limits (-160.0 20.0)
           (-70.0 70.0)
  end
  begin
     id 2
     name lower
     direction 1 0 0
     length 1
     axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root upper
    upper lower
  end
"""
AMC = """#!OML:ASF F:\\x
:FULLY-SPECIFIED
:DEGREES
1
root 0 1 0 0 0 0
upper 0 0
2
root 0 1 0 0 90 0
upper 90 0
"""


def test_amc_turns_bones_about_their_own_axes():
    motion = parse_amc(AMC, parse_asf(ASF, "a.asf"), "a.amc")

    assert motion.joint_names == ("root", "upper", "lower")
    np.testing.assert_allclose(motion.positions[0], [(0, 1, 0), (2, 1, 0), (3, 1, 0)], atol=1e-12)
    # the bone's own x axis is the world's y at rest: 90 degrees about it take x to -z; the root's 90 degrees
    # about y then take -z to -x
    np.testing.assert_allclose(motion.positions[1], [(0, 1, 0), (-2, 1, 0), (-3, 1, 0)], atol=1e-12)
    np.testing.assert_allclose(motion.rest_positions[2], (3, 0, 0))


@pytest.mark.parametrize(
    ("asf", "amc"),
    [
        ("nothing", AMC),
        (ASF.replace("name lower", "name other"), AMC),
        (ASF.replace("length 2", "length two"), AMC),
        (ASF, AMC.replace("upper 90 0\n", "")),
        (ASF, AMC.replace("upper", "thumb")),
        (ASF, AMC.replace("upper 90 0", "upper 90 x")),
        (ASF, AMC.replace("upper 0 0", "upper 0").replace("upper 90 0", "upper 90")),
        (ASF, ""),
    ],
)
def test_damaged_amc_is_one_sentence(asf, amc):
    with pytest.raises(DataError, match=r"a\.(asf|amc)"):
        parse_amc(amc, parse_asf(asf, "a.asf"), "a.amc")


def raw_of(pose, naming, n=3, scale=1.0):
    """The joints of a pose under the names of one source, in its unit."""
    names = tuple(candidates(joint)[naming] for joint in MOTION_JOINTS)
    return RawMotion(np.repeat(pose[None] * scale, n, axis=0), names, 30.0)


@pytest.mark.parametrize("naming", [0, 1])
def test_joints_are_found_by_name_and_legs_become_nominal(pose, naming):
    motion = reduce_motion(raw_of(pose, naming, scale=39.37), name="m", subject="s", licence="")

    leg = [motion.positions_m[0, INDEX[f"right_{n}"]] for n in ("hip", "knee", "ankle")]
    length = np.linalg.norm(leg[1] - leg[0]) + np.linalg.norm(leg[2] - leg[1])
    assert length == pytest.approx(NOMINAL_LEG_M)
    ratio = motion.positions_m[0] / np.where(pose == 0, 1, pose)
    np.testing.assert_allclose(ratio[pose != 0], ratio[pose != 0][0])
    assert not motion.is_rooted


def test_people_who_stand_along_z_are_turned_upright(pose):
    z_up = np.stack([pose[:, 0], -pose[:, 2], pose[:, 1]], axis=1)

    turned = reduce_motion(raw_of(z_up, 0), name="m", subject="s", licence="").positions_m
    straight = reduce_motion(raw_of(pose, 0), name="m", subject="s", licence="").positions_m

    np.testing.assert_allclose(turned, straight, atol=1e-12)


def test_unknown_joints_are_named(pose):
    raw = raw_of(pose, 0)
    renamed = RawMotion(raw.positions, tuple(n.replace("lHand", "paw") for n in raw.joint_names), 30.0)

    with pytest.raises(DataError, match="left_wrist"):
        reduce_motion(renamed, name="m", subject="s", licence="")


def test_all_joints_that_are_missing_are_named_at_once(pose):
    names = [candidates(joint)[0] for joint in MOTION_JOINTS]
    for joint in ("left_knee", "right_hand"):
        names[MOTION_JOINTS.index(joint)] = f"my {joint}"
    raw = RawMotion(np.tile(pose, (3, 1, 1)), tuple(names), 30.0)
    with pytest.raises(DataError, match="no joint for left_knee, right_hand \\(known for left_knee: lShin"):
        reduce_motion(raw, name="m", subject="s", licence="l")


def test_our_own_bvh_is_motion_to_us(tmp_path):
    scene = squat_scene(n=60, fps=30.0)
    EXPORTERS["bvh"].save(scene.sequence, tmp_path / "squat.bvh", ExportChoices(filter=FilterChoice("none")))
    (motion,) = collect_motions([tmp_path]).motions
    assert motion.fps == pytest.approx(30.0)
    assert motion.head_forward is not None

    def knee(hip, knee_at, ankle):
        thigh, shin = normalise(knee_at - hip), normalise(ankle - knee_at)
        return np.rad2deg(np.arccos(np.clip(np.sum(thigh * shin, axis=1), -1, 1)))

    ours = knee(*(motion.positions_m[:, INDEX[f"left_{part}"]] for part in ("hip", "knee", "ankle")))
    truth = knee(*(scene.points_m[:, LANDMARK_NAMES.index(f"left_{part}")] for part in ("hip", "knee", "ankle")))
    np.testing.assert_allclose(ours, truth, atol=2.0)
    assert ours.max() > 80


def write_npz(path, pose, **clips):
    names = [candidates(joint)[2 if len(candidates(joint)) > 2 else 0] for joint in MOTION_JOINTS]
    clips = clips or {"train__walking__walking_1": np.repeat(pose[None], 4, axis=0)}
    np.savez(path, joint_names=np.array(names), fps=np.array(30.0), **clips)


def test_npz_and_compressed_bvh_are_collected_and_the_bad_reported(tmp_path, pose):
    write_npz(tmp_path / "positions.npz", pose)
    (tmp_path / "broken.bvh.xz").write_bytes(lzma.compress(b"not motion"))
    (tmp_path / "torn.bvh.xz").write_bytes(b"\xfd7zXZ torn")
    (tmp_path / "strange.npz").write_bytes(b"no archive")
    (tmp_path / "notes.txt").write_text("ignored")

    report = collect_motions([tmp_path])

    assert [m.name for m in report.motions] == ["train-walking-walking_1"]
    assert report.motions[0].subject == "action_walking"
    assert len(report.rejected) == 3
    assert all("\n" not in reason for reason in report.rejected)


def test_a_folder_without_motion_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="No usable motion"):
        collect_motions([tmp_path])
    with pytest.raises(DataError, match="no motion file or folder"):
        collect_motions([tmp_path / "missing"])


def test_amc_without_skeleton_is_one_sentence(tmp_path):
    (tmp_path / "02_01.amc").write_text(AMC)

    with pytest.raises(DataError, match="ASF skeleton"):
        list(load_motions(tmp_path / "02_01.amc"))


def test_npz_with_another_shape_is_one_sentence(tmp_path, pose):
    write_npz(tmp_path / "p.npz", pose, a=np.zeros((4, 3, 3)))

    with pytest.raises(DataError, match="clip a has shape"):
        list(load_motions(tmp_path / "p.npz"))


def test_resampling_is_exact_between_frames_of_even_motion(make_motion):
    motion = make_motion(n=10)
    even = motion.positions_m[:1] + np.arange(10).reshape(-1, 1, 1) * [0.3, 0.0, 0.1]
    motion = type(motion)(even, None, 30.0, "m", "s", "")

    joints, forward = resample(motion, np.array([1.0, 2.5, 4.25]) / 30)

    assert forward is None
    np.testing.assert_allclose(joints[:, 0] - even[0, 0], np.outer([1.0, 2.5, 4.25], [0.3, 0, 0.1]), atol=1e-12)
