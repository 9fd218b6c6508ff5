import importlib
import json
import os
import signal
import subprocess
import sys
import tomllib
import types

import numpy as np
import pytest
import typer
from packaging.requirements import Requirement

import main
from core.exporters import EXPORTERS
from core.system.files.program import ROOT, SAMPLE
from tests.core.conftest import *  # noqa: F403 - its fixtures


@pytest.fixture
def windows(monkeypatch):
    """Put a window in place that only notes how it was opened."""
    opened = []
    fake = types.ModuleType("app.main")
    fake.run_window = lambda path, refinement: opened.append((path, refinement)) or 0
    monkeypatch.setitem(sys.modules, "app.main", fake)
    return opened


def test_without_a_subcommand_the_window_opens(run, windows, tmp_path):
    video = tmp_path / "a b.mp4"
    video.write_bytes(b"x")
    for args in (
        (),
        (video,),
        ("--no-learned-depth-refinement", video),
        (video, "--no-learned-depth-refinement"),
        ("0",),
    ):
        assert run(*args)[0] == 0
    expected = [(None, True), (str(video), True), (str(video), False), (str(video), False), ("0", True)]
    assert windows == expected


def test_a_mistyped_command_is_explained(run, windows):
    code, _, err = run("proces")
    assert (code, err) == (2, "There is no file 'proces'; did you mean the command 'process'?\n")
    code, _, err = run("gone.mp4")
    assert (code, err) == (2, "There is no file 'gone.mp4'; see --help for the commands.\n")
    assert windows == []


def test_version_and_help(run):
    assert run("--version")[1].startswith("Neural Depth Refinement 0")
    code, out, _ = run("--help")
    assert code == 0
    for command in main.COMMANDS:
        assert command in out


@pytest.mark.parametrize("command", main.COMMANDS)
def test_each_command_has_help_one_can_work_from(run, command):
    module, example = main.COMMANDS[command]
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Example: python main.py" in out
    options = out.split("Options:")[1]
    assert all(len(line.split()) > 1 for line in options.splitlines() if line.startswith("  -"))
    part = typer.Typer()
    part.callback()(lambda: None)
    importlib.import_module(module).register(part)
    parser = typer.main.get_command(part).commands[command]
    parser.make_context(command, example.split()[1:])  # raises when the example names what the command lacks


def test_usage_errors_exit_with_2(run):
    code, _, err = run("process")
    assert code == 2
    assert "Missing argument" in err
    assert run("process", "a.mp4", "--start", "soon")[0] == 2


def test_one_bad_video_does_not_stop_the_others(run, make_video, tmp_path, tiny_refiner_path, known_detector):
    first, last = make_video("first.mp4", n=4), make_video("last.mp4", n=5)
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    out = tmp_path / "out"
    code, stdout, err = run("process", first, bad, tmp_path / "gone.mp4", last, "-o", out, "--model", tiny_refiner_path)
    assert code == 2
    lines = [line for line in err.splitlines() if "bad.mp4 is not" in line or "There is no file" in line]
    assert len(lines) == 2
    assert "first.mp4" in stdout
    assert "last.mp4" in stdout
    assert "Traceback" not in err
    assert sorted(p.name for p in out.glob("*.npz")) == ["first.npz", "last.npz"]
    code, stdout, _ = run("process", first, last, "-o", out, "--model", tiny_refiner_path)
    assert code == 0
    assert stdout.count("skipped") == 2


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--format", "npz,doc"], "There is no format 'doc'; choose from npz, csv, tidy, parquet, json,"),
        (["--variant", "huge"], "The setting 'variant' is 'huge'; choose one of lite, full, heavy."),
        (["--model", "gone.onnx"], "gone.toml is missing"),
        (["--start", "9"], "The range starts at 9 s, but clip.mp4 is only 0.40 s long."),
        (["--truth", "gone.npz"], "gone.npz is not a readable pair file"),
        (["-o", "clip.mp4"], "Cannot write"),
    ],
)
def test_bad_options_are_one_sentence(run, make_video, tiny_refiner_path, known_detector, monkeypatch, args, sentence):
    video = make_video(n=4)
    monkeypatch.chdir(video.parent)
    model = [] if "--model" in args else ["--model", tiny_refiner_path]
    code, _, err = run("process", "clip.mp4", *model, *args)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) <= 2  # the sentence, and the bar of the video it belongs to
    assert "Traceback" not in err


def outside(*args, blocked=(), **options):
    """Run the program in a process in which some packages cannot be imported."""
    code = f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); import main; main.main()"
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


@pytest.mark.program
@pytest.mark.skipif(not SAMPLE.exists(), reason="needs assets/sample.mp4")
def test_a_real_video_is_processed_without_torch_and_without_qt(tmp_path, tiny_refiner_path):
    args = ["process", SAMPLE, "-o", tmp_path, "--end", "0.5", "--model", tiny_refiner_path, "-f", "npz,mp4,png"]
    args += ["--quality", "fast"]
    truth = ["--truth", SAMPLE.with_name("sample_truth.npz")]
    ended = outside(*args, *truth, blocked=("torch", "lightning", "PySide6", "models", "app"))
    assert ended.returncode == 0, ended.stderr
    assert "done" in ended.stdout
    sequence = EXPORTERS["npz"].load(tmp_path / "sample.npz")
    assert sequence.is_found.mean() > 0.8
    assert np.nanmax(np.abs(sequence.joints_m)) < 2
    assert (tmp_path / "sample_annotated.mp4").stat().st_size > 1000


@pytest.mark.program
def test_training_without_torch_is_one_sentence(tmp_path):
    # also the control of the test above: blocking a package works
    ended = outside("train", "--pairs", "nowhere", "-o", tmp_path / "run", blocked=("torch", "lightning"))
    assert ended.returncode == 2
    assert "pip install -e .[train]" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_training_package_is_known_by_name():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {Requirement(line).name for line in extras["train"]} == main.TRAINING_PACKAGES


@pytest.mark.program
def test_the_program_itself_says_bad_input_in_one_sentence(tmp_path):
    ended = subprocess.run(
        [sys.executable, "main.py", "process", "gone.mp4", "-o", tmp_path, "--no-learned-depth-refinement"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "There is no file gone.mp4." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.program
@pytest.mark.kill
@pytest.mark.skipif(not SAMPLE.exists() or os.name == "nt", reason="needs assets/sample.mp4 and POSIX signals")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ctrl_c_keeps_what_is_done(tmp_path, tiny_refiner_path, number):
    command = [
        sys.executable,
        "main.py",
        "process",
        SAMPLE,
        "-o",
        tmp_path,
        "--model",
        tiny_refiner_path,
        "-f",
        "npz,mp4",
        "--json-progress",
        "--quality",
        "fast",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert json.loads(running.stdout.readline())["event"] == "progress"
        running.send_signal(getattr(signal, number))
        out, err = running.communicate(timeout=300)
    assert running.returncode == 130, err
    assert "partial" in out
    sequence = EXPORTERS["npz"].load(tmp_path / "sample.partial.npz")
    assert sequence.meta["partial"] is True
    assert 0 < len(sequence) < 1000
    names = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("tiny"))
    assert names == ["sample.partial.npz", "sample.partial.settings.toml"]
