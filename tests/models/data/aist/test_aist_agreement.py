"""Truth at the moment of a frame, cameras, and whether a video fits its annotation; all against closed forms."""

import json
import pickle

import numpy as np
import pytest

from core.errors import DataError
from core.pose.skeleton import LANDMARK_TO_COCO
from models.data.aist.agreement import compare
from models.data.aist.annotations import joints_at, load_camera, load_joints
from models.data.miniature.files import _camera
from models.data.miniature.make import ring_of_cameras
from models.data.multiview.video_detection import DetectedVideo

SIZE = (640, 360)
N = 240


@pytest.fixture
def dance(standing_ray):
    """(240, 17, 3) metres, y up: a person who walks about and swings the limbs, never the same twice."""
    joints = np.repeat((standing_ray * [1, -1, 1] + [0, 0.9, 0])[None], N, axis=0)
    rng = np.random.default_rng(3)
    t = np.arange(N)[:, None, None] / 60
    for columns, size in (([7, 9], 0.3), ([8, 10], 0.3), ([13, 15], 0.2), ([14, 16], 0.2), (range(17), 0.2)):
        hertz, phase = rng.uniform(0.4, 2.2, (1, 3, 4)), rng.uniform(0, 6, (1, 3, 4))
        joints[:, list(columns)] += (size / 4 * np.sin(2 * np.pi * hertz * t + phase)).sum(axis=-1)[:, None]
    return joints


@pytest.fixture
def camera(tmp_path):
    path = tmp_path / "setting1.json"
    cameras = ring_of_cameras(SIZE, 9)
    path.write_text(json.dumps([_camera(f"c{n + 1:02d}", c, SIZE) for n, c in enumerate(cameras)]))
    return load_camera(path, "c02")


def filmed(dance, camera, *, shift=0, rate=60.0, noise_px=0.0, n=180, lost=0.0, seed=1):
    """MediaPipe's view, as late as it is, of frames that show the annotation `shift` frames later."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(n) / rate
    pixels = camera.project(joints_at(dance, np.clip(time_s * 60 + shift - 0.6, 0, N - 1)))
    pixels += rng.normal(0, noise_px, pixels.shape) + rng.normal(0, 2 * noise_px, (1, 17, 2))
    landmarks = np.zeros((n, 33, 2))
    landmarks[:, LANDMARK_TO_COCO] = pixels
    visibility = np.where(rng.random((n, 33)) < lost, 0.1, 1.0)
    landmarks[visibility < 0.5] = 0
    return DetectedVideo(landmarks, np.zeros((n, 33, 3)), visibility, np.arange(n), time_s, SIZE)


@pytest.mark.parametrize("shift", [-25, -7, -2, 0, 3, 11, 28])
@pytest.mark.parametrize("rate", [60000 / 1001, 20.0])
def test_a_shift_is_found_to_the_frame(dance, camera, shift, rate):
    n = 180 if rate > 30 else 60
    found = compare(dance, camera, filmed(dance, camera, shift=shift, rate=rate, noise_px=3.0, n=n, lost=0.2))
    assert found.shift_frames == shift
    assert 1 < found.distance_px < 10


def test_a_shift_beyond_what_is_tried_is_known_to_be_one(dance, camera):
    assert compare(dance, camera, filmed(dance, camera, shift=34, noise_px=3.0)).is_beyond
    assert not compare(dance, camera, filmed(dance, camera, shift=28, noise_px=3.0)).is_beyond


def test_one_frame_is_no_shift_and_neither_is_chance(dance, camera):
    assert compare(dance, camera, filmed(dance, camera, shift=1)).shift_frames == 0
    still = np.repeat(dance[:1], N, axis=0)
    for seed in range(5):
        assert compare(still, camera, filmed(still, camera, noise_px=4.0, seed=seed)).shift_frames == 0


def test_the_distance_is_what_it_says(dance, camera):
    video = filmed(dance, camera)
    video.landmarks_px[..., 0] += 6
    video.landmarks_px[..., 1] += 8
    found = compare(dance, camera, video)
    assert found.distance_px == pytest.approx(10, abs=0.6)
    height_px = np.ptp(camera.project(dance[:, 5:17])[..., 1], axis=1).mean()
    assert 10 / (1.5 * height_px) < found.distance_share < 10.6 / height_px


def test_another_camera_shows_as_a_distance(dance, camera, tmp_path):
    other = load_camera(tmp_path / "setting1.json", "c05")
    assert compare(dance, camera, filmed(dance, other, noise_px=2.0)).distance_share > 0.08


def test_nothing_to_compare_is_nan_and_not_a_crash(dance, camera):
    assert np.isnan(compare(dance, camera, filmed(dance, camera, lost=1.1)).distance_px)
    nothing = np.full_like(dance, np.nan)
    assert np.isnan(compare(nothing, camera, filmed(dance, camera)).distance_share)


def test_joints_between_frames():
    joints = np.arange(3.0)[:, None, None] * np.ones((1, 17, 3))
    joints[2, 4] = np.nan
    at = joints_at(joints, np.array([-0.5, -0.01, 0.0, 0.25, 1.0, 1.5, 2.01, 2.5, 400.0]))
    np.testing.assert_allclose(at[:, 0, 0], [np.nan, 0, 0, 0.25, 1, 1.5, 2, np.nan, np.nan])
    # a frame that is hit exactly does not ask its neighbour, one in between does
    np.testing.assert_allclose(at[3:7, 4, 0], [0.25, 1, np.nan, np.nan])


def write_joints(path, joints_cm, key="keypoints3d_optim"):
    path.write_bytes(pickle.dumps({key: joints_cm}))
    return path


def test_joints_become_metres_and_half_known_joints_unknown(dance, tmp_path):
    centimetres = dance * 100
    centimetres[5, 9, 1] = np.nan
    centimetres[6, 9, 0] = np.inf
    path = write_joints(tmp_path / "a.pkl", centimetres.astype(np.float32))
    read = load_joints(path)
    np.testing.assert_allclose(read[:5], dance[:5], atol=1e-6)
    assert np.isnan(read[5:7, 9]).all()
    assert np.isfinite(read[7:]).all()
    with pytest.raises(DataError, match="no 'keypoints3d' of shape"):
        load_joints(path, "plain")


@pytest.mark.parametrize(("factor", "length"), [(1.0, "0.5"), (1000.0, "500")])
def test_joints_in_another_unit_are_refused(dance, tmp_path, factor, length):
    with pytest.raises(DataError, match=f"the torso is {length} units long"):
        load_joints(write_joints(tmp_path / "a.pkl", dance * factor))


@pytest.mark.parametrize(
    "array", [np.zeros((4, 16, 3)), np.zeros((4, 17)), np.array(["x"]), None, np.zeros((2, 17, 3), bool)]
)
def test_joints_of_another_form_are_refused(tmp_path, array):
    with pytest.raises(DataError, match="of shape|other than numbers"):
        load_joints(write_joints(tmp_path / "a.pkl", array))


def test_up_is_the_axis_that_the_cameras_agree_on(dance, camera, tmp_path):
    np.testing.assert_array_equal(camera.up_world, [0, 1, 0])
    path = tmp_path / "z_up.json"
    turn = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # y up → z up
    cameras = []
    for number, pose in enumerate(ring_of_cameras(SIZE, 9)):
        entry = _camera(f"c{number + 1:02d}", pose, SIZE)
        entry["rotation"] = (pose.rotation @ turn.T).tolist()
        cameras.append(entry)
    path.write_text(json.dumps(cameras))
    turned = load_camera(path, "c02")
    np.testing.assert_array_equal(turned.up_world, [0, 0, 1])
    np.testing.assert_allclose(turned.project(dance[:3] @ turn.T), camera.project(dance[:3]), atol=1e-6)


def test_a_damaged_setting_names_camera_and_field(camera, tmp_path):
    path = tmp_path / "setting1.json"
    cameras = json.loads(path.read_text())
    del cameras[1]["matrix"]
    path.write_text(json.dumps(cameras))
    with pytest.raises(DataError, match=r"setting1\.json: camera c02 lacks 'matrix'"):
        load_camera(path, "c02")
    with pytest.raises(DataError, match="cannot be read"):
        load_camera(tmp_path / "setting9.json", "c02")
    path.write_text(json.dumps([c for c in cameras if c["name"] != "c02"]))
    with pytest.raises(DataError, match="has no camera c02"):
        load_camera(path, "c02")
