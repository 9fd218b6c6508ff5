from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from models.data.calibration.qca import read_qca

CAMERA = """<camera serial="{name}"><fov_video bottom="1919" left="0" right="1087" top="0"/>
<transform r11="0" r12="1" r13="0" r21="0" r22="0" r23="1" r31="1" r32="0" r33="0" x="3000" y="0" z="1000"/>
<intrinsic centerPointU="34816" centerPointV="61440" focalLengthU="102400" focalLengthV="102400"
 radialDistortion1="-0.05" radialDistortion2="0.1" radialDistortion3="0" tangentalDistortion1="0.001"
 tangentalDistortion2="0"/></camera>"""


def write(folder, content) -> Path:
    path = folder / "Calib.qca.txt"
    path.write_text(content, encoding="utf-8")
    return path


def calibration(*names):
    return f"<calibration><cameras>{''.join(CAMERA.format(name=n) for n in names)}</cameras></calibration>"


@pytest.fixture
def camera(tmp_path):
    return read_qca(write(tmp_path, calibration("cam01")))[0]


def test_units_and_axes(camera):
    # 3 m along x, 1 m high, looking back along x: the world's y is the image's right, its z is up
    assert camera.image_size == (1088, 1920)
    np.testing.assert_allclose(camera.intrinsics, [[1600, 0, 544], [0, 1600, 960], [0, 0, 1]])
    np.testing.assert_allclose(camera.to_camera(np.array([0.0, 0.0, 1.0])), [0, 0, 3], atol=1e-12)
    np.testing.assert_allclose(camera.to_camera(np.array([0.0, 0.5, 1.0])), [0.5, 0, 3], atol=1e-12)
    np.testing.assert_allclose(camera.up_cam, [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(camera.project(np.array([[0.0, 0.0, 1.0]])), [[544, 960]], atol=1e-9)


def test_cameras_are_sorted_by_name(tmp_path):
    names = [c.name for c in read_qca(write(tmp_path, calibration("cam02", "cam01")))]
    assert names == ["cam01", "cam02"]


def test_undistort_undoes_the_lens(camera):
    points = np.random.default_rng(0).uniform([-2.5, -0.8, 0.2], [0, 0.8, 1.8], (50, 3))
    ideal = np.column_stack([points, np.ones(50)]) @ camera.projection.T
    np.testing.assert_allclose(camera.undistort(camera.project(points)), ideal[:, :2] / ideal[:, 2:], atol=0.02)
    assert np.abs(camera.project(points) - ideal[:, :2] / ideal[:, 2:]).max() > 1  # the lens matters


def test_unknown_points_stay_unknown(camera):
    points = np.array([[0.0, 0, 1], [np.nan, 0, 1], [9.0, 0, 1]])  # known, unknown, behind the camera
    seen = camera.project(points)
    assert np.isnan(seen).any(axis=1).tolist() == [False, True, True]
    assert np.isnan(camera.undistort(seen)).any(axis=1).tolist() == [False, True, True]


def test_a_picture_between_black_bars(camera):
    fitted = camera.fitted_to((1080, 1920))
    scale = 1080 / 1088
    point = np.array([[0.3, 0.4, 1.5]])
    expected = camera.project(point) * scale + [0, (1920 - 1920 * scale) / 2]
    np.testing.assert_allclose(fitted.project(point), expected, atol=1e-6)
    assert camera.fitted_to(camera.image_size) is camera


def test_a_turned_video_is_refused(camera):
    with pytest.raises(DataError, match="turn the video"):
        camera.fitted_to((1920, 1080))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('focalLengthU="102400"', "", "cam01 lacks 'focalLengthU'"),
        ('r21="0"', "", "cam01 lacks 'r21'"),
        ('r21="0"', 'r21="1"', "not a rotation"),
        ('x="3000"', 'x="far"', "not a number"),
        ('x="3000"', 'x="nan"', "not finite"),
        ('focalLengthU="102400"', 'focalLengthU="-1"', "not positive"),
        ("<fov_video", "<fov_marker", "lacks 'left' of 'fov_video'"),
        ("<calibration>", "", "not XML"),
        ("<calibration>", '<!DOCTYPE a [<!ENTITY b "c">]><calibration>', "document type"),
    ],
)
def test_a_damaged_calibration_is_one_sentence(tmp_path, old, new, message):
    content = calibration("cam01")
    assert old in content
    with pytest.raises(DataError, match=message):
        read_qca(write(tmp_path, content.replace(old, new, 1)))


def test_no_calibration_at_all(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_qca(tmp_path / "absent.txt")
    with pytest.raises(DataError, match="no camera"):
        read_qca(write(tmp_path, "<calibration/>"))


def test_shifting_moves_the_picture_by_that_much(camera):
    point, offset = np.array([[0.0, 0.2, 1.1]]), np.array([15.0, -8.0])
    np.testing.assert_allclose(camera.shifted(offset).project(point), camera.project(point) + offset, atol=1e-9)
