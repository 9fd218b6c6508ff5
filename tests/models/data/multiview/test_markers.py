import sys

import ezc3d
import numpy as np
import pytest

from core.errors import DataError, SettingsError
from core.pose.skeleton import BODY, COCO_NAMES
from models.data.multiview.marker_files import Markers, read_markers
from models.data.multiview.marker_sets import MARKER_SETS, guess_marker_set, joints_of, load_marker_set
from models.data.multiview.marker_truth import marker_truth
from models.data.multiview.matching import Timeline
from models.data.multiview.timeline import Detections
from models.data.multiview.video_detection import DetectedVideo
from tests.models.data.multiview.conftest import FPS, N_FRAMES

RATE = 120.0
Z_UP_TO_Y_UP = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])  # as Pose2Sim writes TRC


def write_c3d(path, names, points_m, missing=()):
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["LABELS"]["value"] = tuple(names)
    file["parameters"]["POINT"]["RATE"]["value"] = [RATE]
    data = np.ones((4, len(names), len(points_m)))
    data[:3] = 1000 * np.moveaxis(points_m, -1, 0).swapaxes(1, 2)
    for frame, marker in missing:
        data[:3, marker, frame] = np.nan
    file["data"]["points"] = data
    file.write(str(path))


def write_trc(path, names, points_m, unit="m"):
    scale = {"m": 1.0, "mm": 1000.0}[unit]
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{RATE}\t{RATE}\t{len(points_m)}\t{len(names)}\t{unit}\t{RATE}\t1\t{len(points_m)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(names) + 1)),
    ]
    for t, frame in enumerate(points_m):
        cells = ["" if np.isnan(v) else f"{v * scale:.6f}" for v in frame.ravel()]
        lines.append("\t".join([str(t + 1), f"{t / RATE:.6f}", *cells]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def longer(walker, before_s=0.0):
    """Return the walker at 120 Hz, beginning some time before the videos."""
    own = np.arange(-round(before_s * RATE), 2 * N_FRAMES) / RATE
    frames = own * FPS
    low = np.clip(np.floor(frames).astype(int), 0, N_FRAMES - 2)
    return walker[low] + (frames - low)[:, None, None] * (walker[low + 1] - walker[low])


@pytest.fixture
def seen(cameras, walker, views):
    """Return what the cameras saw: MediaPipe off by a few pixels."""
    keypoints = views + np.random.default_rng(0).normal(0, 5, views.shape)
    times = np.arange(N_FRAMES) / FPS
    timeline = Timeline(np.tile(np.arange(N_FRAMES), (4, 1)), times)
    nothing = np.zeros((N_FRAMES, 33))
    video = DetectedVideo(nothing[..., None].repeat(2, -1), nothing[..., None].repeat(3, -1), nothing,
                          np.arange(N_FRAMES), times, (1080, 1920))  # fmt: skip
    return Detections(cameras, timeline, [video] * 4, keypoints, np.ones(keypoints.shape[:3]))


def test_c3d_in_millimetres_with_missing_points(tmp_path, walker):
    write_c3d(tmp_path / "a.c3d", COCO_NAMES, walker, missing=[(3, 9)])
    found = read_markers(tmp_path / "a.c3d")
    assert found.names == list(COCO_NAMES)
    assert found.rate_hz == RATE
    assert np.argwhere(np.isnan(found.points_m[..., 0])).tolist() == [[3, 9]]
    np.testing.assert_allclose(np.delete(found.points_m, 3, 0), np.delete(walker, 3, 0), atol=1e-5)


def test_c3d_without_its_package_is_one_sentence(tmp_path, walker, monkeypatch):
    write_c3d(tmp_path / "a.c3d", COCO_NAMES, walker)
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(DataError, match=r"a\.c3d is a C3D file.*pip install -e \.\[train\], or export it as TRC\.$"):
        read_markers(tmp_path / "a.c3d")


@pytest.mark.parametrize("unit", ["m", "mm"])
def test_trc_with_gaps(tmp_path, walker, unit):
    points = walker.copy()
    points[2, 16] = np.nan  # the last column: its cells are empty
    points[4, 0] = np.nan
    write_trc(tmp_path / "a.trc", COCO_NAMES, points, unit)
    found = read_markers(tmp_path / "a.trc")
    assert found.rate_hz == RATE
    np.testing.assert_allclose(found.points_m, points, atol=2e-6)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.c3d", "not this", "no readable C3D"),
        ("a.trc", "PathFileType\t4", "no readable TRC"),
        ("a.trc", "a\nDataRate\tUnits\n100\tfoot\n\t\tA\n\n1\t0\t1\t2\t3\n", "'foot', which is no unit"),
        ("a.trc", f"a\nDataRate\tUnits\n{'9' * 50}x{'9' * 5000}\tm\n", "no readable TRC"),
        ("a.csv", "", "neither C3D nor TRC"),
    ],
)
def test_damaged_files_are_one_sentence(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        read_markers(tmp_path / name)
    assert len(str(caught.value)) < 500
    with pytest.raises(DataError, match="no marker file"):
        read_markers(tmp_path / "gone.c3d")


def test_hips_come_from_the_pelvis():
    # ASIS 24 cm apart, PSIS 15 cm behind: Harrington's numbers by hand, x forward, y left, z up
    places = {"LASI": (0, 0.12, 1.0), "RASI": (0, -0.12, 1.0), "LPSI": (-0.15, 0.05, 1.0), "RPSI": (-0.15, -0.05, 1.0)}
    markers = Markers([f"Anna:{n}" for n in places], np.array([list(places.values())], dtype=float), RATE)
    joints = joints_of(markers, MARKER_SETS["plug-in-gait"])
    x, y, z = -0.24 * 0.15 - 0.0099, 0.33 * 0.24 + 0.0073, 1 - 0.30 * 0.24 - 0.0109
    np.testing.assert_allclose(joints[0, 11:13], [[x, y, z], [x, -y, z]], atol=1e-9)


def test_two_markers_of_a_hinge_give_its_middle_and_one_is_taken_as_it_is():
    markers = Markers(["LKNE", "LKNM", "RKNE"], np.array([[[0, 0.2, 0.5], [0, 0.1, 0.5], [0, -0.2, 0.5]]]), RATE)
    joints = joints_of(markers, MARKER_SETS["plug-in-gait"])
    np.testing.assert_allclose(joints[0, 13], [0, 0.15, 0.5])
    np.testing.assert_allclose(joints[0, 14], [0, -0.2, 0.5])
    assert np.isnan(joints[0, 15]).all()


def test_the_set_is_guessed_or_read_from_a_file(tmp_path, walker):
    names = [name.replace("left_", "L").replace("right_", "R").title().replace("L", "L", 1) for name in COCO_NAMES]
    body25 = Markers([n[0] + n[1:].capitalize() if n[0] in "LR" else n for n in names], walker, RATE)
    assert guess_marker_set(body25) == "body25"
    assert guess_marker_set(Markers(list(COCO_NAMES), walker, RATE)) == "coco"
    with pytest.raises(DataError, match=r"No known marker set .*--markers"):
        guess_marker_set(Markers(["a", "b"], walker[:, :2], RATE))
    path = tmp_path / "set.toml"
    path.write_text('left_knee = ["K1", "K2"]\nleft_asis = ["A"]\n', encoding="utf-8")
    assert load_marker_set(str(path))["left_knee"] == ("K1", "K2")
    path.write_text('tail = ["K1"]\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="'tail' must be"):
        load_marker_set(str(path))
    with pytest.raises(SettingsError, match="no marker set 'mine'"):
        load_marker_set("mine")


def test_truth_is_brought_in_step_and_out_of_y_up(tmp_path, seen, walker):
    write_trc(tmp_path / "truth.trc", COCO_NAMES, longer(walker, before_s=0.25) @ Z_UP_TO_Y_UP.T)
    found = marker_truth(tmp_path / "truth.trc", "", seen)
    assert found.figures["shift_s"] == pytest.approx(0.25, abs=0.01)
    assert found.figures["axes"] == "y, z, x"
    assert np.nanmax(np.linalg.norm(found.joints_world_m - walker, axis=-1)) < 0.03
    assert np.isfinite(found.joints_world_m).all()
    assert max(found.figures["cameras"].values()) < 10


def test_truth_in_step_is_left_alone_and_gaps_stay_gaps(tmp_path, seen, walker):
    points = longer(walker)
    points[20:40, 9] = np.nan
    write_c3d(tmp_path / "truth.c3d", COCO_NAMES, np.nan_to_num(points), [(t, 9) for t in range(20, 40)])
    found = marker_truth(tmp_path / "truth.c3d", "coco", seen)
    assert found.figures["shift_s"] == 0.0
    assert np.isnan(found.joints_world_m[10:20, 9]).all()
    assert np.isfinite(found.joints_world_m[:, BODY[:4]]).all()


def test_truth_of_another_recording_is_refused(tmp_path, seen, walker):
    write_c3d(tmp_path / "other.c3d", COCO_NAMES, longer(walker) + [0.0, 1.5, 0.0])
    with pytest.raises(DataError, match="does not fit the videos"):
        marker_truth(tmp_path / "other.c3d", "", seen)
    write_c3d(tmp_path / "arms.c3d", COCO_NAMES[5:11], longer(walker)[:, 5:11])
    with pytest.raises(DataError, match="has no left_hip, right_hip"):
        marker_truth(tmp_path / "arms.c3d", "coco", seen)
