import cv2
import numpy as np
import pytest
import tomli_w

from core.errors import DataError
from core.sources.intrinsics import load_intrinsics

K = np.array([[900.0, 0.0, 640.0], [0.0, 910.0, 360.0], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize("suffix", ["yml", "xml", "json"])
def test_what_opencv_writes_is_read_and_scaled(tmp_path, suffix):
    path = tmp_path / f"camera.{suffix}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("camera_matrix", K)
    storage.write("image_width", 1280)
    storage.release()
    assert load_intrinsics(path, (1280, 720)) == pytest.approx(K)
    half = load_intrinsics(path, (640, 360))
    assert half == pytest.approx(np.diag([0.5, 0.5, 1.0]) @ K)


def test_the_one_camera_of_a_toml_that_fits_is_taken(tmp_path):
    upright = np.array([[900.0, 0.0, 360.0], [0.0, 910.0, 640.0], [0.0, 0.0, 1.0]])
    path = tmp_path / "Calib.toml"
    cameras = {
        "cam_1": {"name": "cam_1", "size": [1280.0, 720.0], "matrix": K.tolist()},
        "cam_2": {"name": "cam_2", "size": [720.0, 1280.0], "matrix": upright.tolist()},
        "metadata": {"adjusted": False},
    }
    path.write_text(tomli_w.dumps(cameras))
    assert load_intrinsics(path, (1280, 720)) == pytest.approx(K)
    assert load_intrinsics(path, (360, 640)) == pytest.approx(np.diag([0.5, 0.5, 1.0]) @ upright)
    cameras["cam_3"] = cameras["cam_1"]
    path.write_text(tomli_w.dumps(cameras))
    with pytest.raises(DataError, match="2 cameras"):
        load_intrinsics(path, (1280, 720))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yml", "%YAML:1.0\n---\nsomething: 3\n"), ("b.yml", "not a calibration"), ("c.toml", "x = ["),
        ("d.toml", "[cam]\nmatrix = [[1, 2], [3, 4]]\n"), ("e.toml", "[cam]\nname = 'x'\n"), ("f.json", "{}"),
        ("g.toml", "[cam]\nmatrix = [['a', 0, 0], [0, 1, 0], [0, 0, 1]]\n"), ("h.yml", ""),
        ("i.toml", "[cam]\nsize = 'big'\nmatrix = [[9, 0, 5], [0, 9, 5], [0, 0, 1]]\n"),
    ],
)  # fmt: skip
def test_anything_else_is_a_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError, match=name):
        load_intrinsics(path, (1280, 720))


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        load_intrinsics(tmp_path / "none.yml", (1280, 720))
