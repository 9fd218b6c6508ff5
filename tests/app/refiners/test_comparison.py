import json
import math
from pathlib import Path

import pytest

from app.refiners.comparison import Comparison, Measurement
from app.refiners.evaluation_card import EvaluationCard
from app.theme import theme_of

OLD = Path("/models/old.onnx")


def measured(n, raw, refined, **viewpoint):
    known = {"depth_mm": raw, "azimuth_median_deg": math.nan}
    empty = dict.fromkeys(("mpjpe_mm", "bone_cv", "bone_bias_pct", "elevation_median_deg", "worse_2cm_pct"), math.nan)
    return Measurement(n, {**empty, **known}, {**empty, **known, "depth_mm": refined, **viewpoint})


def test_what_evaluate_writes_is_read(tmp_path):
    path = tmp_path / "result.json"
    groups = {"raw": {"depth_mm": 90.0}, "refined": {"depth_mm": 70.0, "bone_cv": None}}
    view = {"viewpoint_raw": {"azimuth_median_deg": 9.0}, "viewpoint": {"azimuth_median_deg": 6.0}}
    path.write_text(json.dumps({"n_frames": 40, **groups, **view}))
    result = Measurement.load(path)
    assert (result.n_frames, result.refined["depth_mm"], result.raw["azimuth_median_deg"]) == (40, 70.0, 9.0)
    assert math.isnan(result.refined["bone_cv"])
    path.write_text('{"n_frames": 40}')
    assert Measurement.load(path) is None
    assert Measurement.load(tmp_path / "nothing.json") is None


def test_data_sets_count_by_their_frames():
    new, current = [measured(300, 90, 60), measured(100, 80, 76)], [measured(300, 90, 70), measured(100, 80, 70)]
    comparison = Comparison.of(new, current, OLD, "a, b")
    assert comparison.n_frames == 400
    assert comparison.new["depth_mm"] == pytest.approx(64.0)
    assert comparison.current["depth_mm"] == pytest.approx(70.0)
    assert comparison.raw["depth_mm"] == pytest.approx(87.5)
    assert comparison.current_name == "old"
    assert comparison.is_better


@pytest.mark.parametrize(
    ("new", "current", "words"),
    [
        (60.0, 75.0, "20% smaller than that of the model in use; MediaPipe's is 90.0 mm"),
        (75.0, 60.0, "25% larger"),
        (60.1, 60.0, "the same as that of the model in use"),
    ],
)
def test_the_verdict_is_a_sentence(new, current, words):
    comparison = Comparison.of([measured(10, 90, new)], [measured(10, 90, current)], OLD, "a")
    assert words in comparison.verdict


def test_without_the_present_model_it_is_held_against_mediapipe():
    comparison = Comparison.of([measured(10, 90, 60)], [], OLD, "a")
    assert comparison.verdict == "Its depth error is 60.0 mm; MediaPipe's is 90.0 mm."
    assert comparison.is_better


def cell(card, row, column):
    return card._grid.itemAtPosition(row, column).widget()


def test_the_card_shows_better_and_worse_and_proposes_the_better_one(qtbot):
    card = EvaluationCard()
    qtbot.addWidget(card)
    theme = theme_of(card.palette())
    for new, colour, button in ((60.0, theme.refined, card.use_button), (80.0, theme.right, card.keep_button)):
        card.show_comparison(Comparison.of([measured(10, 90, new)], [measured(10, 90, 70)], OLD, "a"), "mine")
        assert [cell(card, 0, column).text() for column in (1, 2, 3)] == ["MediaPipe", "old", "new: mine"]
        assert [cell(card, 1, column).text() for column in (1, 2, 3)] == ["90.0 mm", "70.0 mm", f"{new} mm"]
        assert colour in cell(card, 1, 3).styleSheet()
        assert button.isDefault()
        assert cell(card, 2, 3).text() == "–"
    card.show_comparison(None, "mine")
    assert "not measured" in card.verdict.text()
