"""Names of files in the window."""

import os
from pathlib import Path

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QLabel

from app.language import fill, tr
from app.library.recents import source_label


def test_a_name_that_is_no_text_is_shown_whole(qtbot):
    """Qt ends a text at the first byte that is no UTF-8."""
    name = os.fsdecode(b"caf\xe9 (2).mp4")
    label = QLabel(tr("Exported {name} to {folder}.", name=name, folder=Path("/a") / name))
    qtbot.addWidget(label)
    assert label.text() == "Exported caf\\xe9 (2).mp4 to /a/caf\\xe9 (2).mp4."
    assert source_label(f"/b/{name}") == "caf\\xe9 (2).mp4   (/b)"


def test_a_folder_keeps_its_points_and_commas_in_every_language(qtbot):
    before = QLocale()
    QLocale.setDefault(QLocale("de"))
    try:
        assert fill("{folder}: {n:,.1f}", folder=Path("/a.b/c,d"), n=1234.5) == "/a.b/c,d: 1.234,5"
    finally:
        QLocale.setDefault(before)
