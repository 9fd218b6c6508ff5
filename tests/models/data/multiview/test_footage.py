"""The whole way with MediaPipe played by someone who knows where the joints are."""

import json
import shutil
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from core.detection.bundle import PoseModel
from core.errors import DataError, SettingsError
from core.pose.skeleton import COCO_NAMES, LANDMARK_TO_COCO, N_LANDMARKS, SWAP_SIDES
from core.sequence.pairs import load_pairs, pair_splits
from models.cli import convert_multiview
from models.data import looks
from models.data.multiview import timeline as detecting
from models.data.multiview.footage import Footage, convert
from models.data.multiview.video_detection import DetectedVideo
from tests.models.data.multiview.conftest import FPS, N_FRAMES
from tests.models.data.multiview.test_calibration import write_pose2sim
from tests.models.data.multiview.test_markers import longer, write_c3d

SIZE = (108, 192)


def write_video(path, n=N_FRAMES):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=int(FPS))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for _ in range(n):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))))
        container.mux(stream.encode())


class FakeMediaPipe:
    """Sees each joint exactly, but too shallow; counts how often it is asked."""

    def __init__(self, cameras, walker):
        self.cameras = {f"{c.name}.mp4": c for c in cameras}
        self.walker = walker
        self.n_calls = 0
        self.asked = []
        self.swapped = {}

    def detect_video(self, path, looks, mode="video", boxes=None, times_s=None):
        self.n_calls += 1
        self.asked.append([look.name for look in looks])
        camera = self.cameras[path.name]
        joints = self.walker.copy()
        rows = self.swapped.get(path.name, [])
        joints[rows] = joints[rows][:, SWAP_SIDES]
        pixels, metres = np.zeros((N_FRAMES, N_LANDMARKS, 2)), np.zeros((N_FRAMES, N_LANDMARKS, 3))
        pixels[:, LANDMARK_TO_COCO] = camera.project(joints)
        own = camera.to_camera(joints)
        own -= own[:, 11:13].mean(axis=1, keepdims=True)
        own[..., 2] *= 0.5
        metres[:, LANDMARK_TO_COCO] = own
        times = np.arange(N_FRAMES) / FPS
        sure = [0.8 if loaded.look.is_mirrored else 1.0 for loaded in looks]
        return [
            DetectedVideo(pixels, metres, np.full((N_FRAMES, N_LANDMARKS), v), np.arange(N_FRAMES), times, SIZE)
            for v in sure
        ]

    def detect_keypoints(self, path, model, live):
        self.n_calls += 1
        keypoints = self.cameras[path.name].project(self.walker)
        return keypoints, np.full(keypoints.shape[:2], 0.9)


@pytest.fixture
def scene(tmp_path, cameras, walker, monkeypatch):
    """Return (folder with videos and calibration, the fake, the cameras at the size of the videos)."""
    folder = tmp_path / "take7"
    folder.mkdir()
    small = [
        replace(c, image_size=SIZE, intrinsics=np.diag([0.1, 0.1, 1.0]) @ c.intrinsics, distortion=np.zeros(5))
        for c in cameras
    ]
    write_video(folder / "cam0.mp4")
    for name in ("cam1", "cam2", "cam3"):
        shutil.copy(folder / "cam0.mp4", folder / f"{name}.mp4")
    write_pose2sim(folder, small)
    fake = FakeMediaPipe(small, walker)
    for module in (detecting, looks):
        monkeypatch.setattr(
            module, "load_pose_model", lambda variant, report=print: PoseModel(tmp_path / "none.task", variant, variant)
        )
    monkeypatch.setattr(detecting, "detect_video", fake.detect_video)
    monkeypatch.setattr(detecting, "detect_keypoints", fake.detect_keypoints)
    return folder, fake, small


def job(folder, **more):
    return Footage(videos=(folder,), calibration=folder / "Calib.toml", **more)


def test_one_camera_is_refused_before_anybody_looks(scene, tmp_path):
    folder, fake, _ = scene
    alone = Footage(videos=(folder / "cam0.mp4",), calibration=folder / "Calib.toml")
    with pytest.raises(SettingsError, match="cannot be triangulated; give those of two calibrated cameras or more"):
        convert(alone, tmp_path / "out")
    assert fake.n_calls == 0


def test_videos_become_pairs_with_the_true_depth(scene, tmp_path, walker):
    folder, _, small = scene
    said = []
    outcome = convert(job(folder, about={"dataset": "lab"}), tmp_path / "out", said.append)
    assert [file.name for file in outcome.files] == [f"take7_cam{i}.npz" for i in range(4)]
    pairs = load_pairs(outcome.files[1])
    assert len(pairs) == N_FRAMES
    assert pairs.meta["dataset"] == "lab"
    assert (pairs.meta["sequence"], pairs.meta["camera"], pairs.meta["subject"]) == ("take7", "cam1", "take7")
    lengths = np.linalg.norm(pairs.ground_truth[:, 13] - pairs.ground_truth[:, 15], axis=-1)
    true = np.linalg.norm(walker[:, 13] - walker[:, 15], axis=-1)
    np.testing.assert_allclose(lengths, true, atol=0.01)
    place = small[1].place_m - walker[:, 11:13].mean(axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(pairs.camera_relative, axis=-1), np.linalg.norm(place, axis=-1), atol=0.03
    )
    np.testing.assert_allclose(
        pairs.elevation, np.rad2deg(np.arctan2(place[:, 2], np.hypot(*place[:, :2].T))), atol=0.5
    )
    assert any("up is taken to be z" in line for line in said)
    assert any(line.startswith("cam2: reprojection error median") for line in said)
    image = cv2.imread(str(outcome.picture))
    assert image.shape[0] > 4 * 400
    report = json.loads((tmp_path / "out" / "take7_report.json").read_text(encoding="utf-8"))
    assert report["truth"]["bone_cv"] < 0.01
    assert report["raw"]["cam0"]["depth_mm"] > 20


def test_detections_are_kept_and_recordings_join_one_index(scene, tmp_path):
    folder, fake, _ = scene
    convert(job(folder), tmp_path / "out", lambda _: None)
    first = (tmp_path / "out" / "take7_cam0.npz").read_bytes()
    n_calls = fake.n_calls
    convert(job(folder), tmp_path / "out", lambda _: None)
    assert fake.n_calls == n_calls == 8
    assert (tmp_path / "out" / "take7_cam0.npz").read_bytes() == first
    convert(job(folder, sequence="again", subject="b", split="test"), tmp_path / "out", lambda _: None)
    splits = {path.name: split for path, split in pair_splits(tmp_path / "out").items()}
    assert splits["take7_cam3.npz"] == "train"
    assert splits["again_cam3.npz"] == "test"
    assert len(splits) == 8
    (folder / "cam0.mp4").touch()  # another video of the same name is looked at anew
    convert(job(folder), tmp_path / "out", lambda _: None)
    assert fake.n_calls == n_calls + 2


def test_every_look_has_a_data_set_and_a_video_is_decoded_once_for_all(scene, tmp_path):
    folder, fake, _ = scene
    out = tmp_path / "out"
    convert(job(folder), tmp_path / "alone", lambda _: None)
    convert(job(folder, looks=("full", "heavy-mirrored")), out, lambda _: None)
    assert fake.asked[4:] == [["full", "heavy-mirrored"]] * 4
    outcome = convert(job(folder, looks=("full", "heavy", "heavy-mirrored")), out, lambda _: None)
    assert fake.asked[8:] == [["heavy"]] * 4  # what is kept is not looked at again
    assert len(outcome.files) == 12
    for look, visibility in (("full", 1.0), ("heavy-mirrored", 0.8)):
        splits = pair_splits(out / look)
        assert [path.name for path in splits] == [f"take7_cam{i}.npz" for i in range(4)]
        pairs = load_pairs(next(iter(splits)))
        assert (pairs.visibility == np.float32(visibility)).all()
        assert pairs.meta["mirrored"] == look.endswith("mirrored")
        assert pairs.meta["pose_variant"] == look.removesuffix("-mirrored")
        alone = load_pairs(tmp_path / "alone" / "take7_cam0.npz")
        np.testing.assert_array_equal(pairs.ground_truth, alone.ground_truth)
    assert len(pair_splits(out)) == 12


def test_exchanged_sides_stay_in_the_pairs_but_not_in_the_truth(scene, tmp_path):
    folder, fake, _ = scene
    fake.swapped = {"cam2.mp4": list(range(5, 20))}
    convert(job(folder, truth_variant="same"), tmp_path / "out", lambda _: None)
    pairs = load_pairs(tmp_path / "out" / "take7_cam2.npz")
    assert len(pairs) == N_FRAMES
    hips = [np.sign(a[:, 11, 0] - a[:, 12, 0]) for a in (pairs.corrupted, pairs.ground_truth)]
    assert np.flatnonzero(hips[0] != hips[1]).tolist() == list(range(5, 20))


def test_measured_truth_is_used_as_it_is(scene, tmp_path, walker):
    folder, _, small = scene
    write_c3d(tmp_path / "truth.c3d", COCO_NAMES, longer(walker))
    outcome = convert(job(folder, truth=tmp_path / "truth.c3d"), tmp_path / "out", lambda _: None)
    assert outcome.figures["truth"]["marker_set"] == "coco"
    pairs = load_pairs(outcome.files[0])
    own = small[0].to_camera(walker)
    span = np.linalg.norm(own[:, 9] - own[:, 16], axis=-1)
    np.testing.assert_allclose(
        np.linalg.norm(pairs.ground_truth[:, 9] - pairs.ground_truth[:, 16], axis=-1), span, atol=2e-3
    )


def test_frames_of_somebody_else_are_set_aside(scene, tmp_path, walker):
    folder, fake, small = scene
    fake.cameras["cam3.mp4"] = replace(small[3], intrinsics=small[3].intrinsics + [[0, 0, 30], [0, 0, 0], [0, 0, 0]])
    keep = fake.detect_keypoints
    right = dict(fake.cameras, **{"cam3.mp4": small[3]})

    def keypoints(path, model, live):
        fake.cameras, wrong = right, fake.cameras
        found = keep(path, model, live)
        fake.cameras = wrong
        return found

    detecting.detect_keypoints = keypoints
    outcome = convert(job(folder), tmp_path / "out", lambda _: None)
    assert outcome.figures["raw"]["cam3"] == {**outcome.figures["raw"]["cam3"], "n_pairs": 0, "n_other": N_FRAMES}
    assert outcome.figures["raw"]["cam0"]["n_other"] == 0


@pytest.mark.parametrize(("unit", "message"), [("mm", "torso would be .* give --unit"), ("cm", "torso would be")])
def test_a_wrong_unit_is_found(scene, tmp_path, unit, message):
    folder, _, _ = scene
    with pytest.raises(DataError, match=message):
        convert(job(folder, unit=unit), tmp_path / "out", lambda _: None)
    assert not list((tmp_path / "out").glob("*.npz"))


@pytest.fixture
def cli():
    app = typer.Typer()
    app.callback()(lambda: None)
    convert_multiview.register(app)
    return lambda *args: CliRunner().invoke(app, ["multiview", *map(str, args)])


def test_command(scene, cli, tmp_path):
    folder, _, _ = scene
    out = tmp_path / "out"
    done = cli(
        "--videos", folder, "--calibration", folder / "Calib.toml", "-o", out, "--subject", "anna", "--split", "val",
        "--json-progress",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "4 pair files" in done.output
    steps = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    assert [step["n_settled"] for step in steps] == list(range(len(steps)))
    assert steps[-1]["n_settled"] == steps[-1]["n_videos"] == 8  # four cameras, looked at live and for the truth
    assert load_pairs(out / "take7_cam0.npz").meta["subject"] == "anna"
    bad = cli("--videos", folder, "--calibration", folder / "Calib.toml", "-o", out, "--split", "half")
    assert "no split 'half'" in str(bad.exception)
