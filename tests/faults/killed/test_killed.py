"""kill -9 in the middle of everything that takes long: no half file under its name, and the next run goes on."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from core.detection import bundle as pose_model
from core.exporters import EXPORTERS
from core.sequence.pairs import load_pairs, pair_files, save_pairs
from core.system.files.atomic import write_text
from core.system.files.program import ROOT
from models.training.checkpoint import load_checkpoint
from models.training.config import TrainConfig
from models.training.trainer import LAST, train
from tests.faults.killed.filming import film_with
from tests.models.training.test_trainer import SMALL

pytestmark = [pytest.mark.kill, pytest.mark.skipif(os.name == "nt", reason="kill -9 is a word of POSIX")]


def start(*args):
    return subprocess.Popen([sys.executable, *map(str, args)], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def kill_when(process, condition, timeout_s=300.0):
    """Kill the process once the condition holds; it must still be running then."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_an_export_that_is_killed_leaves_nothing_and_the_next_one_is_whole(tmp_path, tiny_refiner_path):
    out = tmp_path / "out"
    args = ["main.py", "process", "assets/sample.mp4", "-o", out, "-f", "npz,mp4", "--end", "2", "--quality", "fast"]
    args += ["--model", tiny_refiner_path]
    process = start(*args)
    kill_when(process, lambda: any(path.stat().st_size for path in out.glob(".*.part.mp4")))
    assert names(out) == ["sample.npz", "sample.settings.toml"]  # finished before the first picture is drawn
    (left,) = out.glob(".*.part.mp4")
    os.utime(left, (0, 0))  # as if it had been a while ago
    again = start(*args)
    _, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    assert names(out) == ["sample.npz", "sample.settings.toml", "sample_annotated.mp4"]
    assert not list(out.glob(".*"))
    assert EXPORTERS["npz"].load(out / "sample.npz").meta["partial"] is False


def test_a_training_that_is_killed_goes_on_from_its_last_epoch(pair_folder, tmp_path):
    folder = tmp_path / "run"
    config = TrainConfig(pairs=(str(pair_folder),), epochs=100_000, batch_size=32, network=SMALL)
    code = f"""
        import sys; from pathlib import Path
        from models.training.config import TrainConfig; from models.training.trainer import train
        train(TrainConfig.load(Path({str(tmp_path)!r})), Path({str(folder)!r}))
    """
    config.save(tmp_path)
    kill_when(start("-c", textwrap.dedent(code)), (folder / LAST).is_file)
    n_before = len(load_checkpoint(folder / LAST)["refiner"]["history"])
    assert n_before >= 1
    shorter = TrainConfig(pairs=config.pairs, epochs=n_before + 2, batch_size=32, network=SMALL)
    result = train(shorter, folder, resume=True)
    assert len(result.history) == n_before + 2
    assert [row["epoch"] for row in result.history] == sorted(row["epoch"] for row in result.history)


DOWNLOAD = """
    import os, signal, sys; from pathlib import Path
    from core.detection import bundle as pose_model
    from core.system.files import atomic
    cache, stage = Path(sys.argv[1]), sys.argv[2]
    pose_model.cache_folder = lambda: cache
    pose_model._fetch_wheel = lambda: b"wheel"
    pose_model._zip_member = lambda archive, member: b"model " * 1000
    pose_model._require_digest = lambda *_: None
    pose_model.with_normalisation = lambda model, mean, std: model
    pose_model.without_mask = lambda model: model
    die = lambda: os.kill(os.getpid(), signal.SIGKILL)
    if stage == "while the bundle is written":
        write = Path.write_bytes
        Path.write_bytes = lambda path, content: (write(path, content[:100]), die())
    elif stage == "before the bundle has its name":
        replace = Path.replace
        Path.replace = lambda path, to: die() if to.suffix == ".task" else replace(path, to)
    elif stage == "while the package is fetched":
        pose_model._fetch_wheel = die
    print(pose_model.load_pose_model("full").sha256)
"""
STAGES = ["while the package is fetched", "while the bundle is written", "before the bundle has its name"]


def download(cache, stage):
    return start_quietly("-c", textwrap.dedent(DOWNLOAD), cache, stage)


def start_quietly(*args):
    return subprocess.Popen(
        [sys.executable, *map(str, args)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("stage", STAGES)
def test_a_download_that_is_killed_is_done_again(tmp_path, stage):
    killed = download(tmp_path, stage)
    killed.communicate(timeout=300)
    assert killed.returncode == -signal.SIGKILL
    again = download(tmp_path, "")
    out, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    assert (
        out.strip()
        == hashlib.sha256((tmp_path / "pose" / "pose_landmarker_full_no_mask.task").read_bytes()).hexdigest()
    )


def test_an_old_sum_beside_no_model_does_no_harm(monkeypatch, tmp_path):
    for name in ("full", "full_no_mask"):
        write_text(tmp_path / "pose" / f"pose_landmarker_{name}.sha256", "0" * 64)
    monkeypatch.setattr(pose_model, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(pose_model, "_fetch_wheel", lambda: b"")
    monkeypatch.setattr(pose_model, "_zip_member", lambda *_: b"model")
    monkeypatch.setattr(pose_model, "_require_digest", lambda *_: None)
    monkeypatch.setattr(pose_model, "with_normalisation", lambda model, mean, std: model)
    monkeypatch.setattr(pose_model, "without_mask", lambda model: model)
    assert len(pose_model.load_pose_model("full").sha256) == 64


def test_filming_that_is_killed_goes_on_with_the_clips_that_are_left(tmp_path, pairs_of, monkeypatch):
    save_pairs(tmp_path / "pairs.npz", pairs_of(12))
    code = f"""
        import os, signal; from pathlib import Path
        from tests.faults.killed.filming import film_with
        film_with(Path({str(tmp_path)!r}), die_at=3)
    """
    process = start_quietly("-c", textwrap.dedent(code))
    _, errors = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, errors
    (tmp_path / "out" / "index.json").rename(tmp_path / "index.json")
    done = {path.name: path.stat().st_mtime_ns for path in pair_files(tmp_path / "out")}
    (tmp_path / "index.json").rename(tmp_path / "out" / "index.json")
    assert len(done) == 3
    for name in done:
        load_pairs(tmp_path / "out" / name)
    film_with(tmp_path)
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert set(index["files"]) == {name for name in names(tmp_path / "out") if name.endswith(".npz")} > set(done)
    assert all((tmp_path / "out" / name).stat().st_mtime_ns == stamp for name, stamp in done.items())
