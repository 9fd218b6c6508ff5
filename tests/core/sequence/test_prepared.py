import numpy as np
import pytest

from core.errors import DataError, SettingsError
from core.filters import FilterChoice
from core.pose.geometry import mid_hip
from core.pose.skeleton import LANDMARK_TO_COCO
from core.sequence.export_choices import AS_RECORDED, READY_Y_UP, READY_Z_UP, ExportChoices
from core.sequence.prepared import prepare
from tests.core.scenes import squat_scene

ALL = slice(0, 10_000)
PLAIN = ExportChoices(filter=FilterChoice("none"))


def hip_centred(points):
    return points - mid_hip(points[:, LANDMARK_TO_COCO])[:, None]


@pytest.mark.parametrize(("down_deg", "roll_deg"), [(0, 0), (25, 0), (-10, 0), (15, 12), (10, -18)])
def test_upright_is_upright_however_the_camera_is_tilted(down_deg, roll_deg):
    scene = squat_scene(down_deg=down_deg, roll_deg=roll_deg)
    points = prepare(scene.sequence, PLAIN.over(READY_Y_UP)).points(ALL)
    np.testing.assert_allclose(points, hip_centred(scene.points_m), atol=0.004)


def test_a_known_roll_is_used_instead_of_the_estimate():
    scene = squat_scene(roll_deg=9)
    choices = ExportChoices(filter=FilterChoice("none"), roll_deg=9.0)
    points = prepare(scene.sequence, choices.over(READY_Y_UP)).points(ALL)
    np.testing.assert_allclose(points, hip_centred(scene.points_m), atol=1e-4)


def test_z_up_is_y_up_turned():
    scene = squat_scene()
    y_up = prepare(scene.sequence, PLAIN.over(READY_Y_UP)).points(ALL)
    z_up = prepare(scene.sequence, PLAIN.over(READY_Z_UP)).points(ALL)
    np.testing.assert_allclose(z_up, np.stack([y_up[..., 0], -y_up[..., 2], y_up[..., 1]], axis=-1), atol=1e-9)


def test_hip_travel_finds_the_way_through_the_room_and_the_floor():
    scene = squat_scene(walk_m=1.4, roll_deg=5)
    choices = ExportChoices(filter=FilterChoice("none"), travel=True, fov_deg=60.0, roll_deg=5.0)
    motion = prepare(scene.sequence, choices.over(READY_Y_UP))
    points = motion.points(ALL)
    moved = mid_hip(points[:, LANDMARK_TO_COCO])
    true = mid_hip(scene.points_m[:, LANDMARK_TO_COCO])
    np.testing.assert_allclose(moved - moved[0], true - true[0], atol=0.002)
    np.testing.assert_allclose(moved[0, [0, 2]], 0, atol=1e-6)
    lowest = points[..., 1].min(axis=1)
    assert np.percentile(lowest, 2) == pytest.approx(0, abs=1e-3)
    assert any("estimate" in note for note in motion.notes)


def test_camera_coordinates_with_travel_are_where_the_person_is():
    scene = squat_scene(down_deg=0)
    choices = ExportChoices(coordinates="camera", filter=FilterChoice("none"), travel=True, fov_deg=60.0)
    points = prepare(scene.sequence, choices.over(READY_Y_UP)).points(ALL)
    np.testing.assert_allclose(points, scene.points_m * [1, -1, -1], atol=0.003)


def test_a_wrong_field_of_view_only_changes_the_distance():
    scene = squat_scene(down_deg=0, walk_m=0.0)
    choices = ExportChoices(coordinates="camera", filter=FilterChoice("none"), travel=True, fov_deg=45.0)
    points = prepare(scene.sequence, choices.over(READY_Y_UP)).points(ALL)
    far = mid_hip(points[:, LANDMARK_TO_COCO])[:, 2].mean()
    assert far / 4.5 == pytest.approx(np.tan(np.deg2rad(30)) / np.tan(np.deg2rad(22.5)), rel=0.03)


def test_height_scales_the_body():
    scene = squat_scene()
    plain = prepare(scene.sequence, AS_RECORDED).points(ALL)
    tall = prepare(scene.sequence, ExportChoices(height_m=2.0).over(AS_RECORDED))
    # shin, thigh and trunk of this body are 0.42 + 0.43 + 0.5 m
    assert tall.scale == pytest.approx(2.0 / ((0.42 + 0.43 + 0.5) / 0.779), rel=1e-3)
    np.testing.assert_allclose(tall.points(ALL), plain * tall.scale, atol=1e-6)
    nobody = squat_scene(n=3, empty=[0, 1, 2]).sequence
    with pytest.raises(DataError, match="height cannot be used"):
        prepare(nobody, ExportChoices(height_m=1.8).over(AS_RECORDED))


def test_short_gaps_are_closed_and_long_ones_stay_empty():
    scene = squat_scene(n=60, fps=30, empty=[5, 6, *range(20, 40)])
    motion = prepare(scene.sequence, READY_Y_UP)
    known = motion.is_known
    assert known[5:7].all()
    assert not known[20:40].any()
    np.testing.assert_allclose(motion.points(ALL)[5], hip_centred(scene.points_m)[5], atol=0.01)
    recorded = prepare(scene.sequence, AS_RECORDED)
    assert not recorded.is_known[5:7].any()


def test_a_limb_that_jumps_away_for_a_moment_is_a_gap():
    scene = squat_scene(n=60)
    joints = scene.sequence.joints_m
    joints[30, 9] += [0.6, 0, 0]
    gated = ExportChoices(outlier_gate_m=0.3, filter=FilterChoice("none")).over(READY_Y_UP)
    wrist = prepare(scene.sequence, gated).points(ALL)[30, 15]
    np.testing.assert_allclose(wrist, hip_centred(scene.points_m)[30, 15], atol=0.01)


def test_blocks_do_not_change_anything():
    motion = prepare(squat_scene(n=50).sequence, READY_Y_UP)
    pieces = [motion.points(part) for part in motion.blocks(7)]
    np.testing.assert_array_equal(np.concatenate(pieces), motion.points(ALL))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_frames_work(n):
    scene = squat_scene(n=n)
    for choices in (AS_RECORDED, READY_Y_UP, ExportChoices(travel=True).over(READY_Z_UP)):
        assert np.isfinite(prepare(scene.sequence, choices, is_uniform=True).points(ALL)).all()


def test_frames_with_nobody_at_all_are_empty_and_no_error():
    sequence = squat_scene(n=4, empty=range(4)).sequence
    motion = prepare(sequence, ExportChoices(travel=True).over(READY_Y_UP), is_uniform=True)
    assert np.isnan(motion.points(ALL)).all()
    assert not motion.is_known.any()


def test_choices_survive_their_table_and_bad_ones_are_refused():
    choices = ExportChoices(
        coordinates="camera", filter=FilterChoice.parse("butterworth:cutoff_hz=5"), travel=True, height_m=1.8
    )
    assert ExportChoices.from_table(choices.table()).filter.values == {"cutoff_hz": 5.0, "order": 4}
    assert ExportChoices.from_table({"height_m": 2}).height_m == 2.0
    for table, sentence in (
        ({"height": 2}, "no export setting 'height'"),
        ({"height_m": "tall"}, "'height_m' cannot be 'tall'"),
        ({"height_m": 175}, "give 0.3 to 3"),
        ({"coordinates": "room"}, "choose one of view-ray, camera, upright"),
        ({"coordinates": "view-ray", "travel": True}, "origin at the hips"),
        ({"filter": "median"}, "no filter 'median'"),
        ({"fov_deg": float("nan")}, "give 1 to 179"),
    ):
        with pytest.raises(SettingsError, match=sentence):
            ExportChoices.from_table(table)


def test_travel_alone_asks_for_upright_axes():
    assert ExportChoices(travel=True).over(AS_RECORDED).coordinates == "upright"
