"""AIST++ from its files on disk to pairs: the whole way on the miniature, and everything that can go wrong on it."""

import errno
import gc
import json
import pickle
import shutil
import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest

from core.errors import DataError, OutputError, SettingsError
from core.pose.geometry import azimuth_elevation, camera_relative_to_subject, camera_to_view_ray
from core.pose.skeleton import BODY
from core.sequence.pairs import load_pairs, pair_splits
from core.system.files.program import ROOT
from models.data import looks
from models.data.aist import manifest
from models.data.aist.run import convert
from models.data.aist.task import Options
from tests.core.conftest import KnownDetector

pytestmark = pytest.mark.render

BREAK, SHIFTED, UNKNOWN = "gBR_sBM_c01_d04_mBR0_ch01", "gPO_sFM_c01_d10_mPO1_ch02", "gWA_sFM_c01_d26_mWA2_ch21"
IGNORED = "gJB_sBM_c01_d07_mJB3_ch05"


@pytest.fixture(scope="module")
def converted(miniature, tmp_path_factory):
    """The miniature converted by real MediaPipe."""
    folder, _ = miniature
    out = tmp_path_factory.mktemp("pairs") / "aist"
    events = []
    summary = convert(folder / "videos", folder / "annotations", Options(out), n_workers=0, report=events.append)
    return out, summary, events


@pytest.fixture
def quick(monkeypatch, standing_ray):
    """A detector that takes no time, and any distance is good enough; returns how many frames it saw."""
    seen = []

    class Quick(KnownDetector):
        def __init__(self, model, mode):
            assert mode == "video"
            super().__init__(standing_ray)

        def detect(self, frame):
            seen.append(frame.index)
            return super().detect(frame)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(looks, "PoseDetector", Quick)
    return seen


@pytest.fixture
def copy(miniature, tmp_path):
    """A copy of the miniature that may be damaged."""
    folder = tmp_path / "copy"
    shutil.copytree(miniature[0], folder)
    return folder


def run(folder, out, **options):
    keywords = {key: options.pop(key) for key in ("split", "n_workers") if key in options}
    options = Options(out, **{"largest_distance": 10.0, **options})
    return convert(folder / "videos", folder / "annotations", options, **{"n_workers": 0, **keywords})


def outcomes(out):
    lines = (out / "manifest.jsonl").read_text().splitlines()[1:]
    return {entry["video"]: entry for entry in map(json.loads, lines)}


def content(out):
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_the_truth_of_every_pair_is_the_known_one(miniature, converted):
    """The studio knows the joints in each camera's frame; the converter had to find them through the annotations."""
    out, summary, _ = converted
    assert summary.counts == {"done": 3, "skipped": 1}
    for name in (BREAK, SHIFTED, UNKNOWN):
        pairs, view = load_pairs(out / f"{name}.npz"), miniature[1][name]
        assert len(pairs) > 50
        joints_cam = view.joints_cam_m[pairs.frame_index]
        truth, _ = camera_to_view_ray(joints_cam)
        np.testing.assert_allclose(np.where(np.isnan(pairs.ground_truth), truth, pairs.ground_truth), truth, atol=1e-3)
        up = np.broadcast_to(view.camera.rotation[:, 1], (len(pairs), 3))
        relative = camera_relative_to_subject(joints_cam, up)
        known = np.isfinite(pairs.azimuth)
        np.testing.assert_allclose(pairs.camera_relative[known], relative[known], atol=2e-3)
        azimuth, elevation = azimuth_elevation(relative)
        off = (pairs.azimuth - np.rad2deg(azimuth) + 180) % 360 - 180
        assert np.abs(off[known]).max() < 0.1
        np.testing.assert_allclose(pairs.elevation[known], np.rad2deg(elevation)[known], atol=0.1)
        np.testing.assert_allclose(pairs.timestamp_s, view.time_s[pairs.frame_index], atol=1e-4)
        error = np.linalg.norm(pairs.corrupted - truth, axis=-1)[:, BODY].mean()
        mirrored = np.linalg.norm(pairs.corrupted - truth * [1, 1, -1], axis=-1)[:, BODY].mean()
        assert error < min(0.25, mirrored)


def test_irregular_videos_are_understood(converted):
    out, _, _ = converted
    told = outcomes(out)
    assert told[SHIFTED]["shift_frames"] == 7
    assert told[SHIFTED]["n_pairs"] == 53  # the last seven frames have no annotation
    assert told[BREAK]["shift_frames"] == 0
    assert load_pairs(out / f"{BREAK}.npz").meta["fps"] == pytest.approx(59.94, abs=0.01)
    assert "ignore_list" in told[IGNORED]["reason"]
    assert not (out / f"{IGNORED}.npz").exists()
    truth = load_pairs(out / f"{UNKNOWN}.npz").ground_truth
    assert np.isnan(truth[10:25, 9]).all()
    assert np.isfinite(np.delete(truth[10:25], 9, axis=1)).all()
    assert np.isnan(truth[30:34]).all()
    assert told[UNKNOWN]["n_without_truth"] == 19
    assert all(0 < entry["distance_pct"] < 8 for entry in told.values() if entry["status"] == "done")


def test_the_folder_is_a_data_set_that_says_where_it_is_from(converted):
    out, summary, events = converted
    splits = {path.stem: split for path, split in pair_splits(out).items()}
    assert splits == {BREAK: "train", SHIFTED: "val", UNKNOWN: "test"}
    meta = load_pairs(out / f"{UNKNOWN}.npz").meta
    assert (meta["subject"], meta["camera"], meta["sequence"]) == ("aist_d26", "c01", "gWA_sFM_cAll_d26_mWA2_ch21")
    assert meta["running_mode"] == "video"
    assert summary.n_pairs == sum(len(load_pairs(path)) for path in pair_splits(out))
    assert [event.n_settled for event in events] == [1, 2, 3, 4]
    assert events[-1].n_videos == 4


def test_one_split_alone(miniature, tmp_path, quick):
    assert run(miniature[0], tmp_path / "val", split="pose_val").counts == {"done": 1}
    run(miniature[0], tmp_path / "val", split="pose_test")  # the same folder may be filled split by split
    assert sorted(pair_splits(tmp_path / "val").values()) == ["test", "val"]
    with pytest.raises(SettingsError, match="no split 'train'"):
        run(miniature[0], tmp_path / "x", split="train")


def test_a_stride_looks_at_every_nth_frame_as_a_slower_camera(miniature, tmp_path, quick):
    run(miniature[0], tmp_path, split="pose_test", stride=3)
    pairs, view = load_pairs(tmp_path / f"{UNKNOWN}.npz"), miniature[1][UNKNOWN]
    assert quick == list(range(0, 60, 3))
    np.testing.assert_array_equal(pairs.frame_index, np.arange(20))  # consecutive: no gap for a refiner with memory
    np.testing.assert_allclose(pairs.timestamp_s, np.arange(20) / 20, atol=1e-4)
    assert pairs.meta["fps"] == pytest.approx(20, abs=0.01)
    truth, _ = camera_to_view_ray(view.joints_cam_m[::3])
    known = np.isfinite(pairs.ground_truth)
    np.testing.assert_allclose(pairs.ground_truth[known], truth[known], atol=1e-3)


def test_no_detector_outlives_its_video(miniature, tmp_path, quick, monkeypatch):
    """MediaPipe's leaves itself in a cycle, with all its memory, which would add up over a data set."""
    left = []

    class Cyclic(looks.PoseDetector):
        def __init__(self, model, mode):
            super().__init__(model, mode)
            self.me = self
            left.append(weakref.ref(self))

    monkeypatch.setattr(looks, "PoseDetector", Cyclic)
    gc.disable()  # what only chance would collect
    try:
        run(miniature[0], tmp_path)
    finally:
        gc.enable()
    assert [alive() for alive in left] == [None, None, None]


def test_bad_files_are_told_apart_and_stop_nothing(copy, tmp_path, quick):
    videos, annotations = copy / "videos", copy / "annotations"
    whole = (videos / f"{BREAK}.mp4").read_bytes()
    (videos / f"{BREAK}.mp4").write_bytes(whole[: len(whole) // 2])
    (annotations / "keypoints3d" / f"{SHIFTED.replace('c01', 'cAll')}.pkl").write_bytes(
        pickle.dumps({"keypoints3d_optim": print})
    )
    setting = annotations / "cameras" / "setting2.json"
    shutil.copy(setting, annotations / "cameras" / "setting3.json")
    (annotations / "cameras" / "mapping.txt").write_text(
        "".join(f"{name.replace('c01', 'cAll')} {where}\n" for name, where in (
            (BREAK, "setting1"), (SHIFTED, "setting2"), (UNKNOWN, "setting3")))
    )  # fmt: skip
    cameras = json.loads(setting.read_text())
    del cameras[0]["rotation"]
    (annotations / "cameras" / "setting3.json").write_text(json.dumps(cameras))
    shutil.copy(videos / f"{UNKNOWN}.mp4", videos / "gLO_sBM_c01_d13_mLO0_ch01.mp4")
    (videos / "gBR_sBM_c02_d04_mBR0_ch01.mp4").symlink_to("gone.mp4")
    shutil.copy(videos / f"{UNKNOWN}.mp4", videos / "my holiday.mp4")

    summary = run(copy, tmp_path / "out")

    told = outcomes(tmp_path / "out")
    assert told[BREAK]["status"] == "failed"
    assert f"{BREAK}.mp4" in told[BREAK]["reason"]
    assert "asks for 'builtins.print'" in told[SHIFTED]["reason"]
    assert "camera c01 lacks 'rotation'" in told[UNKNOWN]["reason"]
    assert told["gLO_sBM_c01_d13_mLO0_ch01"]["status"] == "skipped"
    assert "no annotation" in told["gLO_sBM_c01_d13_mLO0_ch01"]["reason"]
    assert "There is no file" in told["gBR_sBM_c02_d04_mBR0_ch01"]["reason"]
    assert summary.counts == {"failed": 4, "skipped": 2}
    assert [path.name for path in summary.unused] == ["my holiday.mp4"]

    (videos / f"{BREAK}.mp4").write_bytes(whole)  # fetched again
    assert run(copy, tmp_path / "out").counts == {"done": 1, "failed": 3, "skipped": 2}


def test_a_video_that_disagrees_with_its_annotation_is_set_aside(copy, tmp_path):
    """The film of one dance under the name of another."""
    shutil.copy(copy / "videos" / f"{BREAK}.mp4", copy / "videos" / f"{UNKNOWN}.mp4")
    cameras = json.loads((copy / "annotations" / "cameras" / "setting2.json").read_text())
    cameras[0]["translation"][0] += 100
    (copy / "annotations" / "cameras" / "setting2.json").write_text(json.dumps(cameras))
    summary = run(copy, tmp_path / "out", split="pose_test", largest_distance=0.08)
    assert summary.counts == {"skipped": 1}
    assert "set aside: the projected annotation is" in summary.reasons[0].reason
    assert list((tmp_path / "out").glob("*.npz")) == []


def test_a_second_run_does_nothing_and_a_damaged_folder_is_completed(miniature, tmp_path, quick):
    out = tmp_path / "out"
    run(miniature[0], out)
    first = content(out)
    n = len(quick)
    run(miniature[0], out)
    assert len(quick) == n
    assert content(out) == first

    (out / f"{SHIFTED}.npz").unlink()
    lines = (out / "manifest.jsonl").read_text().splitlines(keepends=True)
    (out / "manifest.jsonl").write_text("".join(lines[:-1]) + lines[-1][:30])  # killed while writing the last line
    (out / f".{BREAK}.0123abcd.part.npz").write_bytes(b"half")
    (out / "index.json").unlink()
    run(miniature[0], out)
    assert len(quick) == n + 60 + 60
    assert content(out) == first


def test_a_folder_is_not_filled_in_two_ways(miniature, tmp_path, quick):
    run(miniature[0], tmp_path / "out", split="pose_val")
    with pytest.raises(DataError, match="made with another stride"):
        run(miniature[0], tmp_path / "out", stride=2)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.npz").touch()
    with pytest.raises(DataError, match="holds pair files but no manifest"):
        run(miniature[0], tmp_path / "other")


def test_a_full_disk_ends_the_run_in_one_sentence_and_nothing_is_lost(miniature, tmp_path, quick, monkeypatch):
    out = tmp_path / "out"
    real, written = np.savez_compressed, []

    def full(handle, **arrays):
        if written:
            handle.write(b"x" * 100)
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(handle.name)
        real(handle, **arrays)

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OutputError, match=r"Cannot write .*\.npz: No space left on device"):
        run(miniature[0], out)
    assert [path.stem for path in pair_splits(out)] == [BREAK]
    assert sorted(path.name for path in out.iterdir()) == [f"{BREAK}.npz", "index.json", "manifest.jsonl"]
    monkeypatch.undo()


def test_killed_at_any_moment_it_goes_on_and_the_result_is_the_same_to_the_byte(miniature, converted, tmp_path):
    folder, out = miniature[0], tmp_path / "out"
    command = [
        sys.executable, "main.py", "convert", "aist", "--videos", folder / "videos",
        "--annotations", folder / "annotations", "-o", out, "--workers", "1",
    ]  # fmt: skip
    started = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 300
        while not list(out.glob("*.npz")) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        started.send_signal(signal.SIGKILL)
        started.communicate()
    finished = sorted(path.name for path in out.glob("*.npz"))
    assert 1 <= len(finished) < 3
    time.sleep(0.5)  # its process follows it, or it would still be writing
    convert(folder / "videos", folder / "annotations", Options(out), n_workers=0)
    assert content(out) == content(converted[0])


def test_every_look_has_a_data_set_of_its_own(miniature, quick, tmp_path):
    out = tmp_path / "pairs"
    summary = run(miniature[0], out, looks=("full", "full-mirrored"))

    assert summary.counts == {"done": 3, "skipped": 1}
    assert len(quick) == 2 * summary.n_frames
    of_look = [pair_splits(out / look) for look in ("full", "full-mirrored")]
    assert [{path.stem: split for path, split in splits.items()} for splits in of_look] == [
        {BREAK: "train", SHIFTED: "val", UNKNOWN: "test"}
    ] * 2
    assert summary.n_pairs == sum(len(load_pairs(path)) for path in pair_splits(out))
    assert [load_pairs(next(iter(splits))).meta["mirrored"] for splits in of_look] == [False, True]
    next(iter(of_look[1])).unlink()
    quick.clear()
    run(miniature[0], out, looks=("full", "full-mirrored"))
    assert 0 < len(quick) < summary.n_frames
    with pytest.raises(DataError, match="looks"):
        run(miniature[0], out, looks=("full", "heavy"))


def test_the_manifest_of_another_program_is_refused(tmp_path):
    (tmp_path / "manifest.jsonl").write_text('{"settings": {}}\n{"video": 3}\n')
    with pytest.raises(DataError, match="is damaged"):
        manifest.Manifest(Options(tmp_path))
