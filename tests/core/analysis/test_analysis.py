import csv

import numpy as np
import pytest

from core.analysis.analysis import CYCLE_COLUMNS, analyse_motion, cycle_rows, cycles_of_meta
from core.analysis.cycles import Cycle, Cycles
from core.analysis.measures import MEASURES, measures_of_points, title, unit
from core.errors import DataError
from core.exporters import EXPORTERS
from core.pose.angles.joint_angles import ANGLE_NAMES, joint_angles
from core.pose.skeleton import LANDMARK_NAMES
from core.sequence.pose_sequence import SequenceBuilder
from tests.core.analysis.movements import squats

BY_HAND = Cycles("left_knee_flexion", (Cycle(0.0, 0.1), Cycle(0.1, 0.2)), by_hand=True)


@pytest.fixture
def sequence(packets):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    return builder.build({"source": "clip.mp4"})


def test_positions_are_metres_from_hips_and_ankles(standing_y_up):
    points = standing_y_up[None].repeat(2, 0)
    points[1, LANDMARK_NAMES.index("left_ankle")] = np.nan
    values = dict(zip(MEASURES, measures_of_points(points).T, strict=True))
    assert values["hip_height"][0] == pytest.approx(0.85)
    assert values["step_length"][0] == pytest.approx(0.3)
    assert values["left_wrist_height"][0] == pytest.approx(0.1)
    assert np.isnan([values["hip_height"][1], values["step_length"][1]]).all()
    np.testing.assert_array_equal(measures_of_points(points)[:, :24], joint_angles(points))
    assert [unit(name) for name in (ANGLE_NAMES[0], "hip_height")] == ["°", "m"]
    assert title("left_knee_flexion") == "Left knee flexion"


@pytest.fixture
def standing_y_up():
    """Facing +z; the right foot in front by 0.3 m, the wrists a little above the hips."""
    points = np.zeros((33, 3))
    for side, x in (("left", 0.15), ("right", -0.15)):
        heights = {"hip": 0.0, "shoulder": 0.5, "knee": -0.4, "ankle": -0.85, "heel": -0.88, "foot_index": -0.9}
        for name, y in {**heights, "elbow": 0.3, "wrist": 0.1, "ear": 0.7}.items():
            points[LANDMARK_NAMES.index(f"{side}_{name}")] = [x, y, 0.0]
        points[LANDMARK_NAMES.index(f"{side}_foot_index"), 2] = 0.2
    for name in ("ankle", "heel", "foot_index"):
        points[LANDMARK_NAMES.index(f"right_{name}"), 2] += 0.3
    return points


def test_rows_say_how_far_each_measure_goes_in_each_cycle():
    series = squats(noise_deg=0.0)
    rows = list(cycle_rows(series, Cycles("left_knee_flexion", (Cycle(1.0, 3.0), Cycle(4.0, 4.5, False)))))
    first, second = (dict(zip(CYCLE_COLUMNS, row, strict=True)) for row in rows)
    assert (first["cycle"], first["duration_s"], first["is_whole"]) == ("1", "2.000", "1")
    assert (second["start_s"], second["end_s"], second["is_whole"]) == ("4.000", "4.500", "0")
    assert float(first["left_knee_flexion_range_deg"]) == pytest.approx(95.0, abs=0.5)
    assert float(first["hip_height_min_m"]) == pytest.approx(0.45, abs=0.01)
    assert list(cycle_rows(series, None)) == []


def test_cycles_of_a_person_go_before_those_that_are_found(sequence, tmp_path):
    sequence.meta["take"] = {"cycles": BY_HAND.table()}
    exporter = EXPORTERS["cycles"]
    assert analyse_motion(exporter.prepare(sequence, exporter.usual)).cycles == BY_HAND
    exporter.save(sequence, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["end_s"] for row in rows] == ["0.100", "0.200"]
    sequence.meta["take"] = {}
    exporter.save(sequence, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text(encoding="utf-8").strip() == ",".join(CYCLE_COLUMNS)


@pytest.mark.parametrize(
    "table",
    [7, {}, {"measure": "x", "by_hand": True, "cycles": []}, BY_HAND.table() | {"cycles": [[2.0, 1.0, True]]}],
)
def test_damaged_cycles_of_a_recording_are_said(table):
    with pytest.raises(DataError, match="cycles"):
        cycles_of_meta({"take": {"cycles": table}})
