"""Legs behind a desk for a second, a hand beyond the picture's edge throughout: not a number in any format."""

import csv
import json
from dataclasses import replace

import ezc3d
import numpy as np
import pygltflib
import pytest

from core.errors import DataError
from core.exporters import EXPORTERS
from core.pose.angles.joint_angles import ANGLE_NAMES
from core.pose.held_bones import bones_seen
from core.pose.humanoid import BONE, BONE_NAMES, JOINT_NAMES
from core.pose.seen import MIN_VISIBILITY
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES, LEFT_ANKLE, LEFT_KNEE, RIGHT_ANKLE, RIGHT_KNEE
from core.sequence.export_choices import ExportChoices
from core.sequence.humanoid_motion import humanoid_motion
from tests.core.scenes import squat_scene

N, FPS = 90, 30.0
HIDDEN = slice(30, 60)
SPAN = [[1.0, 2.0]]
LEGS = ["left_knee", "right_knee", "left_ankle", "right_ankle"]
HAND = ["right_wrist", "right_pinky", "right_index", "right_thumb"]
NO_FILTER = ExportChoices.from_table({"filter": "none", "max_gap_ms": 0.0})


@pytest.fixture(scope="module")
def whole():
    return squat_scene(n=N, fps=FPS).sequence


@pytest.fixture(scope="module")
def sequence(whole):
    visibility, pixels = whole.visibility.copy(), whole.landmarks_px.copy()
    visibility[HIDDEN, [[LEFT_KNEE], [RIGHT_KNEE], [LEFT_ANKLE], [RIGHT_ANKLE]]] = 0.05
    pixels[:, [LANDMARK_NAMES.index(name) for name in HAND]] = [1300.0, 300.0]
    return replace(whole, visibility=visibility, landmarks_px=pixels)


def saved(name, sequence, folder, choices=NO_FILTER):
    path = folder / f"a{EXPORTERS[name].ending}"
    EXPORTERS[name].save(sequence, path, choices)
    return path


def hidden_frames(is_unknown):
    return list(np.flatnonzero(is_unknown)) == list(range(HIDDEN.start, HIDDEN.stop))


def test_the_archive_keeps_what_the_network_said_and_a_mask_says_what_was_seen(sequence, tmp_path):
    path = saved("npz", sequence, tmp_path)
    data = np.load(path)
    assert np.isfinite(data["joints_m"]).all()
    assert np.isfinite(data["landmarks_m"]).all()
    knee, wrist = LANDMARK_NAMES.index("left_knee"), LANDMARK_NAMES.index("right_wrist")
    assert hidden_frames(~data["seen"][:, knee])
    assert not data["seen"][:, wrist].any()
    assert hidden_frames(np.isnan(data["points_m"][:, knee, 0]))
    assert np.isnan(data["points_m"][:, wrist]).all()
    for name in ("angles_deg", "raw_angles_deg", "angles_sd_deg"):
        assert hidden_frames(np.isnan(data[name][:, ANGLE_NAMES.index("left_knee_flexion")])), name
        assert np.isnan(data[name][:, ANGLE_NAMES.index("right_elbow_flexion")]).all(), name
    facts = json.loads(str(data["meta"]))["export"]
    assert facts["unseen_s"]["left_knee"] == SPAN
    assert facts["min_visibility"] == MIN_VISIBILITY
    assert EXPORTERS["npz"].load(path).equals(EXPORTERS["npz"].load(saved("npz", sequence, tmp_path / "b")))


def test_tables_have_empty_cells(sequence, tmp_path):
    with saved("csv", sequence, tmp_path).open() as handle:
        rows = list(csv.DictReader(handle))
    assert hidden_frames([not row["left_knee_x_m"] for row in rows])
    assert hidden_frames([not row["left_knee_raw_x_m"] for row in rows])
    assert hidden_frames([not row["left_heel_z_m"] for row in rows])
    assert hidden_frames([not row["left_knee_sd_m"] for row in rows])
    assert not any(row["right_wrist_y_m"] for row in rows)
    assert all(row["left_knee_visibility"] and row["left_knee_u_px"] for row in rows)
    with saved("tidy", sequence, tmp_path).open() as handle:
        knees = [r for r in csv.DictReader(handle) if r["landmark"] == "left_knee" and r["version"] == "refined"]
    assert hidden_frames([not row["x_m"] for row in knees])
    frames = json.loads(saved("json", sequence, tmp_path).read_text())["frames"]
    assert hidden_frames([frame["joints_m"][LEFT_KNEE] == [None] * 3 for frame in frames])


def test_angles_that_need_them_are_unknown_and_others_stay(sequence, tmp_path):
    with saved("angles", sequence, tmp_path).open() as handle:
        rows = list(csv.DictReader(handle))
    for column in (
        "left_knee_flexion_deg",
        "left_knee_flexion_sd_deg",
        "right_hip_flexion_deg",
        "raw_left_ankle_dorsiflexion_deg",
    ):
        assert hidden_frames([not row[column] for row in rows]), column
    assert not any(row["right_elbow_flexion_deg"] for row in rows)
    assert all(row["left_elbow_flexion_deg"] and row["trunk_flexion_deg"] for row in rows)


def test_markers_are_missing_and_those_never_seen_are_left_out(sequence, tmp_path):
    lines = saved("trc", sequence, tmp_path).read_text().splitlines()
    markers = lines[3].split("\t\t\t")
    assert not any(name in lines[3] for name in HAND)
    assert "left_knee" in lines[3]
    assert lines[2].split("\t")[3] == str(33 - len(HAND) + 1)
    column = 2 + 3 * [m.split("\t")[-1] for m in markers].index("left_knee")
    assert hidden_frames([not line.split("\t")[column] for line in lines[6:]])
    content = ezc3d.c3d(str(saved("c3d", sequence, tmp_path)))
    labels = content["parameters"]["POINT"]["LABELS"]["value"]
    assert not set(HAND) & set(labels)
    residuals = content["data"]["meta_points"]["residuals"][0]
    assert hidden_frames(residuals[labels.index("left_knee")] < 0)
    assert (residuals[labels.index("nose")] >= 0).all()


def test_only_upper_leaves_the_legs_out(whole, tmp_path):
    upper = replace(NO_FILTER, only="upper")
    lines = saved("trc", whole, tmp_path, upper).read_text().splitlines()
    assert not any(part in lines[3] for part in ("knee", "ankle", "heel", "foot"))
    assert "hip_middle" in lines[3]
    with saved("angles", whole, tmp_path, upper).open() as handle:
        rows = list(csv.DictReader(handle))
    assert not any(row["left_knee_flexion_deg"] or row["right_hip_flexion_deg"] for row in rows)
    assert all(row["left_elbow_flexion_deg"] for row in rows)


def test_zero_takes_every_guess_for_seen(sequence, whole, tmp_path):
    choices = replace(NO_FILTER, min_visibility=0.0)
    motions = [EXPORTERS["trc"].prepare(s, choices) for s in (sequence, whole)]
    np.testing.assert_array_equal(*(motion.points(slice(0, N)) for motion in motions))
    assert "unseen_s" not in motions[0].facts()


def test_bones_that_nobody_sees_are_held_and_marked(sequence, whole):
    prepared = EXPORTERS["bvh"].prepare(sequence, NO_FILTER)
    known, motion = humanoid_motion(prepared)
    assert known.all()
    for name in ("LeftUpperLeg", "RightLowerLeg", "LeftFoot"):
        turns = motion.local[:, BONE[name]]
        assert np.ptp(turns[HIDDEN.start - 1 : HIDDEN.stop], axis=0).max() < 1e-5, name
    np.testing.assert_allclose(motion.local[:, BONE["RightHand"]], [[0, 0, 0, 1]] * N, atol=1e-6)
    _, true = humanoid_motion(EXPORTERS["bvh"].prepare(whole, NO_FILTER))
    np.testing.assert_allclose(motion.humanoid.lengths_m, true.humanoid.lengths_m, rtol=1e-5)
    # against the floor they stand as before: what is seen keeps its direction
    joints = [m.joints_m() - m.root_m[:, None] for m in (motion, true)]
    np.testing.assert_allclose(*(j[:, JOINT_NAMES.index("LeftLowerArm")] for j in joints), atol=1e-4)
    facts = prepared.facts()
    assert facts["unseen_s"]["left_knee"] == SPAN
    assert any(note.startswith("Never seen: right wrist") and "rest pose" in note for note in facts["notes"])
    assert bones_seen(prepared.is_known)[:, BONE["LeftFoot"]].sum() == N - 30


def test_files_that_hold_say_so(sequence, tmp_path):
    text = saved("bvh", sequence, tmp_path).read_text()
    n_before = 3 * [line.split()[-1] for line in text.splitlines() if "JOINT" in line].index("LeftLowerLeg") + 6
    shin = np.loadtxt(text.partition("Frame Time:")[2].splitlines()[1:])[:, n_before : n_before + 3]
    assert np.ptp(shin[HIDDEN.start - 1 : HIDDEN.stop], axis=0).max() < 1e-3
    assert np.ptp(shin, axis=0).max() > 10
    extras = pygltflib.GLTF2().load(str(saved("glb", sequence, tmp_path))).asset.extras
    assert extras["unseen_s"]["left_knee"] == SPAN
    text = saved("mot", sequence, tmp_path).read_text()
    head, _, body = text.partition("endheader\n")
    assert "Never seen: right wrist" in head
    assert "left knee 1.00 to 2.00 s" in head
    names, *rows = (line.split("\t") for line in body.splitlines())
    knee = np.array([float(row[names.index("knee_angle_l")]) for row in rows])
    assert np.ptp(knee[HIDDEN.start - 1 : HIDDEN.stop]) < 1e-6
    assert np.ptp(knee) > 30


def test_short_times_are_closed_like_gaps_and_longer_ones_are_not(whole):
    visibility = whole.visibility.copy()
    visibility[10:14, LEFT_KNEE] = visibility[40:60, LEFT_KNEE] = 0.0
    motion = EXPORTERS["trc"].prepare(replace(whole, visibility=visibility), ExportChoices())
    unknown = np.flatnonzero(~motion.is_known[:, LANDMARK_NAMES.index("left_knee")])
    assert list(unknown) == list(range(40, 60))


def test_a_height_needs_legs_that_somebody_sees(whole):
    visibility = whole.visibility.copy()
    visibility[:, [LEFT_ANKLE, RIGHT_ANKLE]] = 0.0
    choices = ExportChoices(height_m=1.8)
    with pytest.raises(DataError, match="from the shoulders to the ankles"):
        EXPORTERS["trc"].prepare(replace(whole, visibility=visibility), choices)
    visibility[:, LEFT_ANKLE] = 1.0
    one_leg, both = (EXPORTERS["trc"].prepare(s, choices).scale for s in (replace(whole, visibility=visibility), whole))
    assert one_leg == pytest.approx(both, rel=0.01)


def test_names_are_those_of_the_skeleton(sequence):
    assert set(EXPORTERS["trc"].prepare(sequence, NO_FILTER).unseen_s) == {*LEGS, "right_wrist"} <= set(COCO_NAMES)
    assert len(BONE_NAMES) == 19
