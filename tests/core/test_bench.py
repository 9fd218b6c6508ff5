import json

import pytest

from core import bench
from core.bench import BARS, Bar, run_bench
from core.errors import SettingsError
from core.pose_model import PoseModel
from core.settings import Settings
from tests.core.conftest import KnownDetector


@pytest.fixture
def settings(monkeypatch, tiny_refiner_path, standing_ray):
    class Detector(KnownDetector):
        def __init__(self, model):
            super().__init__(standing_ray)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(bench, "PoseDetector", Detector)
    monkeypatch.setattr(bench, "load_pose_model", lambda variant: PoseModel(None, variant, "0" * 64))
    monkeypatch.setattr(bench, "_REFINE_CALLS", 20)
    return Settings(refiner=str(tiny_refiner_path))


def test_figures_and_misses_are_written(settings, make_video, tmp_path, capsys):
    document = run_bench(None, tmp_path / "b.json", make_video(n=40), settings)
    assert json.loads((tmp_path / "b.json").read_text()) == document
    assert set(document) == {"pipeline", "after_mediapipe", "refiner", "misses"}
    speed = document["pipeline"]
    assert speed["fps_ratio_worst"] <= speed["fps_ratio"]
    assert 0 < document["after_mediapipe"]["p50_ms"] <= document["after_mediapipe"]["p99_ms"]
    assert isinstance(document["misses"], list)
    # a detector that takes no time makes everything after it a large share: that bar must be seen to fail
    assert any("share_of_mediapipe" in sentence for sentence in document["misses"])
    assert "Missed: after_mediapipe.share_of_mediapipe" in capsys.readouterr().out


def test_one_bench_can_be_run_alone(settings, make_video):
    assert set(run_bench("refiner", None, make_video(n=2), settings)) == {"refiner", "misses"}
    with pytest.raises(SettingsError, match="no bench 'gui'"):
        run_bench("gui", None, make_video(n=2), settings)


def test_a_clip_that_is_too_short_is_refused(settings, make_video):
    with pytest.raises(SettingsError, match="too few to measure"):
        run_bench("pipeline", None, make_video(n=5), settings)


def test_a_bar_knows_its_side():
    least, most = Bar("a", "x", 0.95, is_least=True), Bar("a", "x", 0.5, is_least=False)
    assert least.miss({"a": {"x": 0.94}}) == "a.x is 0.94, the bar is ≥ 0.95"
    assert least.miss({"a": {"x": 0.95}}) == most.miss({"a": {"x": 0.5}}) == most.miss({}) == ""
    assert most.miss({"a": {"x": 0.6}}) == "a.x is 0.6, the bar is ≤ 0.5"
    assert {bar.bench for bar in BARS} <= set(bench.BENCHES)
