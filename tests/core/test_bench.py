import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import main
from core.bench import BARS, BENCHES, Bar, clip, run_bench
from core.bench import run as run_module
from core.bench.live import FakeCamera, read_stamp, stamp
from core.bench.plot import draw_growth
from core.bench.refiner import refiner_alone
from core.bench.registry import load_bench
from core.detection.bundle import VARIANTS, PoseModel
from core.errors import SettingsError
from core.system.files.program import ROOT
from core.system.memory import resident_mib
from tests.core.conftest import KnownDetector

SCALE = 0.01
main.register_benches()


@pytest.fixture
def refiner(monkeypatch, tiny_refiner_path, standing_ray):
    class Detector(KnownDetector):
        def __init__(self, model):
            super().__init__(standing_ray)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(clip, "PoseDetector", Detector)
    for module, name in ((run_module, "load_pose_model"), (clip, "load_pose_model"), (clip, "load_stock_pose_model")):
        monkeypatch.setattr(module, name, lambda variant: PoseModel(None, variant, "0" * 64))
    return tiny_refiner_path


def only(monkeypatch, *names):
    """Leave these benches only: the others start processes or need the training packages."""
    monkeypatch.setattr(run_module, "BENCHES", {name: BENCHES[name] for name in names})


def test_figures_and_misses_are_written(refiner, make_video, tmp_path, capsys, monkeypatch):
    only(monkeypatch, "pipeline", "after_mediapipe", "refiner")
    page = tmp_path / "b.md"
    document = run_bench(None, tmp_path / "b.json", make_video(n=40), refiner=refiner, scale=SCALE, page=page)
    assert f"Worst miss: {document['worst_miss']}." in page.read_text()
    assert "| display | resident_mib | ≤ 1024 |  | not measured |" in page.read_text()
    written = json.loads((tmp_path / "b.json").read_text())
    assert written["pipeline"] == document["pipeline"]
    assert {"pipeline", "after_mediapipe", "refiner", "misses", "skipped", "worst_miss", "machine"} <= set(written)
    speed = document["pipeline"]
    for variant in VARIANTS:
        assert 0 < speed[f"{variant}_ratio_worst"] <= speed[f"{variant}_ratio"]
    assert 0 < document["after_mediapipe"]["p50_ms"] <= document["after_mediapipe"]["p99_ms"]
    # a detector that takes no time makes everything after it a large share: that bar must be seen to fail
    assert any("share_of_mediapipe" in sentence for sentence in document["misses"])
    assert document["worst_miss"] in document["misses"]
    assert "Missed: after_mediapipe.share_of_mediapipe" in capsys.readouterr().out


def test_one_bench_can_be_run_alone(refiner, make_video):
    assert "pipeline" not in run_bench("refiner", None, make_video(n=2), refiner=refiner, scale=SCALE)
    with pytest.raises(SettingsError, match="no bench 'speed'"):
        run_bench("speed", None, make_video(n=2), refiner=refiner)
    with pytest.raises(SettingsError, match="scaled to 3"):
        run_bench("refiner", None, make_video(n=2), refiner=refiner, scale=3)


def test_a_clip_that_is_too_short_is_refused_or_skipped(refiner, make_video, monkeypatch):
    with pytest.raises(SettingsError, match="too few to measure"):
        run_bench("pipeline", None, make_video(n=5), refiner=refiner, scale=SCALE)
    only(monkeypatch, "pipeline", "refiner")
    document = run_bench(None, None, make_video(n=5), refiner=refiner, scale=SCALE)
    assert "too few" in document["skipped"]["pipeline"]
    assert "refiner" in document


def test_what_is_not_installed_is_skipped(refiner, make_video, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    only(monkeypatch, "peers")
    monkeypatch.setattr(run_module, "load_bench", missing)
    assert run_bench(None, None, make_video(n=2), refiner=refiner)["skipped"] == {
        "peers": "torch is not installed here"
    }


def test_what_measures_memory_runs_in_a_process_of_its_own(refiner, make_video, monkeypatch, capsys):
    def run(command, **_options):
        said = dict(zip(command[3::2], command[4::2], strict=True))
        name = said["--only"]
        if name == "gui":
            return subprocess.CompletedProcess(command, 2, "", "1/1 gui …\nThe window shows nothing.")
        skipped = {} if name == "growth" else {name: "torch is not installed here"}
        figures = {} if skipped else {name: {"scale": float(said["--scale"]), "model": said["--model"]}}
        Path(said["--json"]).write_text(json.dumps({**figures, "skipped": skipped}))
        return subprocess.CompletedProcess(command, 0, "", "")

    only(monkeypatch, "refiner", "gui", "growth", "pairs")
    monkeypatch.setattr(run_module.subprocess, "run", run)
    document = run_bench(None, None, make_video(n=2), refiner=refiner, scale=SCALE)
    assert document["growth"] == {"scale": SCALE, "model": str(refiner)}
    assert document["skipped"] == {"gui": "The window shows nothing.", "pairs": "torch is not installed here"}
    assert set(document["seconds"]) == {"refiner", "gui", "growth", "pairs"}
    said = capsys.readouterr().err
    assert "1/4 refiner … 0 s" in said
    assert "2/4 gui … skipped" in said


def test_a_bar_knows_its_side():
    least, most = Bar("a", "x", 0.95, is_least=True), Bar("a", "x", 0.5, is_least=False, why="too slow")
    assert least.miss({"a": {"x": 0.94}}) == "a.x is 0.94, the bar is ≥ 0.95"
    assert least.miss({"a": {"x": 0.95}}) == most.miss({"a": {"x": 0.5}}) == most.miss({}) == ""
    assert most.miss({"a": {"x": 0.6}}) == "a.x is 0.6, the bar is ≤ 0.5 (too slow)"
    assert most.excess({"a": {"x": 1.0}}) == pytest.approx(2.0)
    assert least.excess({"a": {"x": 0.475}}) == pytest.approx(2.0)
    assert np.isnan(least.excess({}))
    assert {bar.bench for bar in BARS} <= set(BENCHES)


@pytest.mark.parametrize("place", BENCHES.values())
def test_every_bench_is_where_the_table_says(place):
    # read, not imported: torch and Qt take seconds
    module, _, function = place.partition(":")
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    assert function in {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_a_bench_is_imported_by_its_name():
    assert load_bench("refiner") is refiner_alone


@pytest.mark.program
def test_core_knows_only_its_own_benches():
    fresh = "from core.bench import BENCHES; print(*{place.split('.')[0] for place in BENCHES.values()})"
    assert subprocess.run([sys.executable, "-c", fresh], capture_output=True, text=True, cwd=ROOT).stdout == "core\n"


def test_the_command_names_every_bench():
    from core.cli.bench import register

    cli = typer.Typer()
    register(cli)
    listed = cli.registered_commands[0].help
    assert all(name in listed for name in BENCHES)


def test_a_frame_number_survives_in_pixels():
    image = np.full((96, 160, 3), 128, np.uint8)
    for number in (0, 1, 12345, 65535):
        assert read_stamp(stamp(image, number)) == number
    assert (image == 128).all()


def test_the_fake_camera_notes_when_each_image_was_taken():
    camera = FakeCamera([np.zeros((96, 160, 3), np.uint8)], fps=1000.0)
    seen = []
    for frame in camera.frames():
        seen.append(read_stamp(frame.image))
        if len(seen) == 5:
            camera.close()
    assert seen == [0, 1, 2, 3, 4]
    assert sorted(camera.taken_at.values()) == list(camera.taken_at.values())


def test_growth_is_measured_and_drawn(refiner, make_video, tmp_path, monkeypatch):
    monkeypatch.setattr("core.bench.growth.MINUTES", (1, 2))
    document = run_bench("growth", None, make_video(n=2), refiner=refiner, scale=0.02, plot=tmp_path / "g.png")
    assert set(document["growth"]["us_per_frame_of_minutes"]) == {"1", "2"}
    with Image.open(tmp_path / "g.png") as picture:
        assert picture.size[0] > 1000
    draw_growth({}, tmp_path / "empty.png")
    assert (tmp_path / "empty.png").exists()


def test_memory_is_told():
    before = resident_mib()
    held = np.ones(20_000_000)  # 153 MiB
    assert 100 < resident_mib() - before < 220
    del held
