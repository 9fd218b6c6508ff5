from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.controllers.processing import card_words, looks_warning
from app.session.choices import Choices, load_choices, save_choices
from app.session.state import SessionState
from app.take.processing_panel import ProcessingPanel
from core.errors import SettingsError
from core.pose.geometry import FOV_RANGE_DEG, HEIGHT_RANGE_M
from core.refinement.card import ModelCard
from core.sequence.export_choices import ExportChoices
from core.settings import Settings
from tests.app.conftest import FakeSource


@pytest.fixture
def panel(qtbot):
    panel = ProcessingPanel()
    qtbot.addWidget(panel)
    panel.show_state(Settings(), Choices(), can_refine=True, card="tiny", warning="")
    return panel


def test_showing_what_is_in_force_asks_for_nothing(panel, qtbot):
    heard = []
    panel.choices_changed.connect(heard.append)
    panel.refinement_chosen.connect(heard.append)
    panel.show_state(
        Settings(learned_depth_refinement=False), Choices(strength=0.8, height_m=1.8, lock_bones=False),
        can_refine=True, card="", warning="Careful.",
    )  # fmt: skip
    assert not heard
    assert not panel.refine.isChecked()
    assert not panel.bones.isChecked()
    assert panel.height_box.value() == pytest.approx(1.8)
    assert panel.warning.text() == "Careful."


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda p: p.bones.setChecked(False), {"lock_bones": False}),
        (lambda p: p.smooth.setChecked(False), {"smooth": False}),
        (lambda p: p.strength.setValue(90), {"strength": 0.9}),
        (lambda p: p.height_box.setValue(1.75), {"height_m": 1.75}),
        (lambda p: p.fov.setValue(78), {"fov_deg": 78.0}),
    ],
)
def test_each_control_changes_its_own_choice(qtbot, panel, change, wanted):
    with qtbot.waitSignal(panel.choices_changed) as changed:
        change(panel)
    assert changed.args == [replace(Choices(), **wanted)]


@pytest.mark.parametrize(
    ("name", "possible", "typed"),
    [("height_m", HEIGHT_RANGE_M, (0.02, 0.2, 0.29, 0.3, 3.0, 9.0)), ("fov_deg", FOV_RANGE_DEG, (0.4, 1, 179, 500))],
)
def test_a_box_gives_no_number_that_is_refused_later(panel, name, possible, typed):
    box = {"height_m": panel.height_box, "fov_deg": panel.fov}[name]
    for number in typed:
        box.setValue(number)
        assert box.chosen == 0.0 or possible[0] <= box.chosen <= possible[1]
        Choices(**{name: box.chosen})
        ExportChoices(**{name: box.chosen or None})
    box.setValue(0.0)
    assert box.chosen == 0.0
    assert box.text() == box.specialValueText()
    box.stepUp()
    assert box.chosen == pytest.approx(possible[0])


def test_how_is_remembered_and_who_is_not_and_damage_is_survived(qtbot):
    save_choices(Choices(lock_bones=False, strength=0.3, height_m=1.62, fov_deg=75.0, calibration="/x/cam.yml"))
    assert load_choices() == Choices(lock_bones=False, strength=0.3)
    from PySide6.QtCore import QSettings

    QSettings().setValue("choices/strength", "much")
    assert load_choices() == Choices(lock_bones=False)
    with pytest.raises(SettingsError, match="height_m"):
        Choices(height_m=9.0)


def test_more_strength_is_a_lower_cutoff():
    assert Choices(strength=0.5).cutoff_hz == pytest.approx(1.5)
    assert Choices(strength=1.0).cutoff_hz < 1.0 < Choices(strength=0.0).cutoff_hz


def test_the_panel_in_the_window_drives_the_session(qtbot, window, lab):
    lab.sources["0"] = FakeSource()
    window.open(0)
    qtbot.waitUntil(lambda: window.session.state == SessionState.PLAYING)
    panel = window.processing.panel
    panel.bones.setChecked(False)
    assert not lab.pipelines[0].choices.lock_bones
    panel.refine.setChecked(False)
    assert not window.session.settings.learned_depth_refinement
    assert not window.actions_by_name["refine"].isChecked()
    panel.height_box.setValue(1.9)
    qtbot.waitUntil(lambda: window.board.person.scale > 1.0)
    person = window.board.person
    assert person.scale * person.seen_height_m == pytest.approx(1.9)
    panel.person_button.click()
    window.board.stage.video.person_chosen.emit(12.0, 34.0)
    assert lab.pipelines[0].person_px == (12.0, 34.0)


def test_a_card_says_what_it_learned_and_whether_it_fits():
    figures = {"raw": {"depth_mm": 83.8}, "refined": {"depth_mm": 62.4}}
    table = {"training": {"n_pairs": 58074}, "metrics": {"studio_test": figures, "odd": 3}}
    card = ModelCard("studio refiner", "0" * 64, ("full",), "video", table)
    assert card_words(card) == "studio refiner\nlearned from 58,074 pairs\nstudio test: depth error 84 → 62 mm"
    for known in (Settings(), Settings(variant="full"), Settings(quality="best"), Settings(looks="full-mirrored")):
        assert looks_warning(card, known) == ""
    assert "'lite'" in looks_warning(card, Settings(looks="lite", refiner="/nowhere/own.onnx"))
    assert looks_warning(card, Settings(looks="lite")) == ""  # lite has its own, as heavy
    assert looks_warning(card, Settings(looks="heavy,lite")) == ""  # heavy has its own refiner
    assert "MediaPipe" in card_words(None)


def test_a_height_is_typed_while_an_analysis_tells_how_far_it_is(panel, qtbot):
    heard = []
    panel.choices_changed.connect(heard.append)
    panel.choices_changed.connect(
        lambda choices: panel.show_state(Settings(), choices, can_refine=True, card="tiny", warning="")
    )
    panel.height_box.selectAll()
    for key in "1.74":
        qtbot.keyClicks(panel.height_box, key)
        panel.show_state(Settings(), panel._choices, can_refine=True, card="tiny", warning="")
    assert heard == []  # 1 m is nobody's height, it is on the way to 1.74
    qtbot.keyClick(panel.height_box, Qt.Key.Key_Return)
    assert [choices.height_m for choices in heard] == [1.74]
    assert panel.height_box.text() == "1.74 m"
