import ast
import re
import xml.etree.ElementTree as ET

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QDoubleSpinBox

from app.actions import key_text
from app.analysis.bones import variation_text
from app.analysis.time_plot import NumberAxis
from app.catalogue import sources
from app.catalogue import untranslated as untranslated_in
from app.language import CATALOGUES, fill, install_language, tr
from app.take.seek_bar import clock_text
from app.training.studio_dialog import StudioDialog

SHOWN_BY = {
    "QLabel", "QPushButton", "QCheckBox", "QRadioButton", "Panel", "Header", "QDockWidget", "setText", "setToolTip",
    "setWindowTitle", "addRow", "addItem", "addMenu", "addAction", "addButton", "setPlaceholderText", "show_notice",
    "show_error", "setSpecialValueText", "getOpenFileName", "getExistingDirectory", "foot", "PathRow", "question",
}  # fmt: skip
"""Calls whose literal arguments a user reads."""

NO_WORDS = {"", "MediaPipe", "x", "✕", "3D"}
NOT_OF_THE_WINDOW = {"bench_gui.py", "bench_live.py", "gallery.py", "soak.py", "screenshot.py"}


def trees():
    return [(p, ast.parse(p.read_text(encoding="utf-8"))) for p in sources() if p.name not in NOT_OF_THE_WINDOW]


def name_of(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def untranslated(tree):
    """Return (line, text) of literals with words that are shown without `tr`."""
    found = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or name_of(call) not in SHOWN_BY:
            continue
        words = [k.value for k in call.keywords if k.arg in ("toolTip", "placeholderText", "hint")]
        for argument in (*call.args, *words):
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            for part in parts:
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value not in NO_WORDS:
                    text = re.sub(r"<[^>]*>|&\w+;", "", part.value)
                    if re.search(r"[A-Za-z]{3,}", text) and (" " in text or text[:1].isupper()):
                        found.append((call.lineno, part.value))
    return found


def messages(path):
    root = ET.parse(path).getroot()
    return {m.findtext("source"): m.find("translation") for m in root.iter("message")}


def test_no_text_of_the_window_is_shown_untranslated():
    assert untranslated(ast.parse("QLabel('Open it', objectName='caption')")) == [(1, "Open it")]  # it can fail
    assert untranslated(ast.parse("QLabel(tr('Open it'))")) == []
    assert {path.name: found for path, tree in trees() if (found := untranslated(tree))} == {}


def test_a_release_is_told_which_texts_have_no_translation(tmp_path):
    # an unfinished translation is no failing test: English shows. `make release-check` names what is missing
    german = next(CATALOGUES.glob("*_de.ts"))
    short = tmp_path / german.name
    short.write_text(
        german.read_text(encoding="utf-8").replace("<source>Cancel</source>", "<source>Cancels</source>"),
        encoding="utf-8",
    )
    assert "Cancel" in untranslated_in(short)
    assert "Cancels" not in untranslated_in(short)  # a text that is gone


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.ts")), ids=lambda path: path.stem)
def test_a_translation_fills_in_the_same_names_and_is_what_was_compiled(path):
    translator = QTranslator()
    assert translator.load(str(path.with_suffix(".qm")))
    for text, translation in messages(path).items():
        if translation.get("type") == "unfinished":
            continue
        assert set(re.findall(r"\{(\w+)", text)) == set(re.findall(r"\{(\w+)", translation.text)), text
        assert translator.translate("", text) == translation.text, "run: make translations"


@pytest.fixture
def german(qapp):
    before, locale = set(qapp.findChildren(QTranslator)), QLocale()
    assert install_language(qapp, QLocale("de_AT"))
    yield
    QLocale.setDefault(locale)
    for translator in set(qapp.findChildren(QTranslator)) - before:
        QCoreApplication.removeTranslator(translator)
        translator.deleteLater()


def test_the_language_of_the_system_is_chosen(qtbot, german):
    assert tr("{n} problems", n=3) == "3 Fehler"
    dialog = StudioDialog()
    qtbot.addWidget(dialog)
    assert dialog.windowTitle() == "Im Studio Daten herstellen"


def test_without_a_catalogue_words_and_numbers_are_english(qtbot, qapp):
    locale = QLocale()
    try:
        assert not install_language(qapp, QLocale("fi_FI"))
        assert tr("Cancel") == "Cancel"
        assert key_text("Shift+I") == "Shift+I"  # Qt has Finnish names of keys
        assert QDoubleSpinBox(value=1.5).text() == "1.50"
        assert fill("{:.1f} of {:,}", 1.5, 20_000) == "1.5 of 20,000"
    finally:
        QLocale.setDefault(locale)


def test_spin_boxes_and_painted_numbers_have_the_same_comma(qtbot, german):
    apart = QLocale().groupSeparator()
    assert QDoubleSpinBox(value=1.5).text() == "1,50"
    assert fill("{:.1f} of {:,}", 1.5, 1_234_567) == f"1,5 of 1{apart}234{apart}567"
    assert tr("{refined}  ·  raw {cv_raw:.1f} %", refined="a.b", cv_raw=2.5).endswith("2,5 %")
    assert "a.b" in tr("{refined}  ·  raw {cv_raw:.1f} %", refined="a.b", cv_raw=2.5)  # names keep their points
    assert variation_text(0.081, 0.02) == "8,1 → 2,0 %"
    assert clock_text(7.25) == "0:07,25"
    assert NumberAxis("left").tickStrings([0.5, 1.0], 1.0, 0.5) == ["0,5", "1,0"]


def test_no_painted_number_is_written_past_the_language():
    # f"{x:.1f}" has a point in every language: fill("{:.1f}", x) has not
    written = re.compile(r"""(?<!\w)f["'][^"']*\{[^{}]*:[^{}"']*[.,](?!0[f%])[^{}"']*\}""")
    assert written.search('f"{x:.1f} mm"')
    shown = [path for path in sources() if path.name not in NOT_OF_THE_WINDOW | {"choices.py", "export.py"}]
    found = {path.name: hits for path in shown if (hits := written.findall(path.read_text(encoding="utf-8")))}
    assert found == {}
