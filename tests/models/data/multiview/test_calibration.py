import json

import cv2
import numpy as np
import pytest
import tomli_w

from core.errors import DataError, SettingsError
from models.data.calibration.files import read_calibration

POINTS = np.random.default_rng(0).uniform([-0.8, -0.8, 0.2], [0.8, 0.8, 1.8], (40, 3))


def rodrigues(camera):
    return cv2.Rodrigues(camera.rotation)[0].ravel().tolist()


def write_pose2sim(folder, cameras, scale=1.0, **more):
    tables = {
        c.name: {
            "name": c.name, "size": [float(v) for v in c.image_size], "matrix": c.intrinsics.tolist(),
            "distortions": c.distortion[:4].tolist(), "rotation": rodrigues(c),
            "translation": (c.translation_m * scale).tolist(), "fisheye": False, **more,
        }
        for c in cameras
    }  # fmt: skip
    path = folder / "Calib.toml"
    path.write_text(tomli_w.dumps({**tables, "metadata": {"adjusted": False, "error": 0.0}}), encoding="utf-8")
    return path


def write_caliscope(folder, cameras):
    tables = {
        str(i): {
            "cam_id": i, "size": list(c.image_size), "matrix": c.intrinsics.tolist(), "ignore": i == 3,
            "distortions": c.distortion.tolist(), "rotation": c.rotation.tolist(),
            "translation": c.translation_m.tolist(),
        }
        for i, c in enumerate(cameras)
    }  # fmt: skip
    path = folder / "camera_array.toml"
    path.write_text(tomli_w.dumps({"cameras": tables}), encoding="utf-8")
    return path


def write_aist(folder, cameras):
    listed = [
        {
            "name": f"c{i:02d}", "size": list(c.image_size), "matrix": c.intrinsics.tolist(),
            "rotation": rodrigues(c), "translation": (100 * c.translation_m).tolist(),
            "distortions": c.distortion.tolist(),
        }
        for i, c in enumerate(cameras, 1)
    ]  # fmt: skip
    path = folder / "setting1.json"
    path.write_text(json.dumps(listed), encoding="utf-8")
    return path


def write_easymocap(folder, cameras):
    inner = cv2.FileStorage(str(folder / "intri.yml"), cv2.FILE_STORAGE_WRITE)
    inner.startWriteStruct("names", cv2.FileNode_SEQ)
    for camera in cameras:
        inner.write("", camera.name)
    inner.endWriteStruct()
    outer = cv2.FileStorage(str(folder / "extri.yml"), cv2.FILE_STORAGE_WRITE)
    for i, camera in enumerate(cameras):
        inner.write(f"K_{camera.name}", camera.intrinsics)
        inner.write(f"dist_{camera.name}", camera.distortion[None])
        outer.write(f"T_{camera.name}", camera.translation_m[:, None])
        if i % 2:
            outer.write(f"Rot_{camera.name}", camera.rotation)
        else:
            outer.write(f"R_{camera.name}", cv2.Rodrigues(camera.rotation)[0])
    inner.release()
    outer.release()
    return folder


@pytest.mark.parametrize("write", [write_pose2sim, write_caliscope, write_aist, write_easymocap])
def test_every_kind_gives_the_same_cameras(tmp_path, cameras, write):
    found = read_calibration(write(tmp_path, cameras))
    assert len(found) == (3 if write is write_caliscope else 4)  # the ignored one is left out
    for camera, expected in zip(found, cameras, strict=False):
        np.testing.assert_allclose(camera.project(POINTS), expected.project(POINTS), atol=1e-4)
        np.testing.assert_allclose(camera.place_m, expected.place_m, atol=1e-9)
        assert camera.image_size in (None, expected.image_size)
    if write is write_aist:
        np.testing.assert_array_equal(found[0].up_world, [0, 1, 0])
    else:
        assert np.isnan(found[0].up_world).all()


def test_names_are_those_of_the_videos(tmp_path, cameras):
    assert [c.name for c in read_calibration(write_caliscope(tmp_path, cameras))] == ["cam_0", "cam_1", "cam_2"]


def test_another_unit_and_another_up(tmp_path, cameras):
    found = read_calibration(write_pose2sim(tmp_path, cameras, 1000.0), unit="mm", up="-y")
    np.testing.assert_allclose(found[1].place_m, cameras[1].place_m, atol=1e-9)
    np.testing.assert_array_equal(found[1].up_world, [0, -1, 0])
    with pytest.raises(SettingsError, match="no unit 'inch'"):
        read_calibration(tmp_path / "Calib.toml", unit="inch")
    with pytest.raises(SettingsError, match="no axis 'up'"):
        read_calibration(tmp_path / "Calib.toml", up="up")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("translation", None, "cam0 lacks 'translation'"),
        ("matrix", [[1.0, 2.0], [3.0, 4.0]], "has 4 numbers, not 9"),
        ("matrix", [[-1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]], "not positive"),
        ("rotation", [[1.0, 0, 0], [0, 2.0, 0], [0, 0, 1.0]], "is not a rotation"),
        ("rotation", [float("nan"), 0.0, 0.0], "not finite"),
        ("rotation", "left", "does not hold numbers"),
        ("distortions", [0.1, 0.2, 0.3], "has 3 distortions"),
        ("fisheye", True, "fisheye"),
    ],
)
def test_a_damaged_camera_is_one_sentence(tmp_path, cameras, key, value, message):
    path = write_pose2sim(tmp_path, cameras[:1], **({} if value is None else {key: value}))
    if value is None:
        path.write_text(path.read_text(encoding="utf-8").replace(key, f"{key}_of_cam"), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_calibration(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", "cameras = [", "not TOML"),
        ("a.toml", "[metadata]\nerror = 0.0", "holds no camera"),
        ("a.json", "{", "not JSON"),
        ("a.json", '{"name": "c01"}', "list of cameras"),
        ("intri.yml", "names: [a", "OpenCV YAML"),
        ("a.pkl", "x", "no calibration known here"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "extri.yml").write_text("%YAML:1.0\n---\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_calibration(tmp_path / name)


def test_extrinsics_that_are_missing(tmp_path, cameras):
    write_easymocap(tmp_path, cameras)
    (tmp_path / "extri.yml").unlink()
    with pytest.raises(DataError, match=r"extri.yml cannot be read"):
        read_calibration(tmp_path)
