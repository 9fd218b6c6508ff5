"""The list of shortcuts, and what this program is."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS, key_text
from app.language import tr
from app.widgets.made import made
from core.system.version import program_version

PANELS: Final = "Panels"
KEYS_OF_PANELS: Final = (("Ctrl+P", "Processing"), ("Alt+1", "Show or hide a panel, up to Alt+9"))
IN_3D: Final = "In the 3D view"
GESTURES: Final = (
    ("Drag", "Turn it"),
    ("Middle drag", "Move it"),
    ("Wheel", "Zoom"),
    ("Double click", "Look from the start position again"),
    ("Arrow keys", "Turn it, once Tab has reached it; Shift moves it"),
    ("+ and −", "Zoom"),
)
ELSEWHERE: Final = "Elsewhere"
GESTURES_ELSEWHERE: Final = (
    ("Drop a file", "Open a video"),
    ("Click in a plot", "Go to that time"),
    ("Click on a bone", "Its length over time; with Tab and the arrow keys too"),
)
_COLUMNS: Final = (("File", "Model", "Help", PANELS, ELSEWHERE), ("Playback",), ("View", IN_3D))
ABOUT = """<h3>Neural Depth Refinement</h3>
<p>Live, calibration-free correction of MediaPipe's 3D pose from one camera.</p>
<p>Blue is the subject's left, orange the right; grey is what MediaPipe said. The viewpoint is where the camera is,
seen from the subject: azimuth 0° in front, 90° to the subject's right; elevation is positive above the pelvis.</p>
<p>Apache-2.0. MediaPipe and its pose model: Google, Apache-2.0.</p>"""


class ShortcutsDialog(QDialog):
    """Every key and mouse gesture, made from the same table as the menus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Shortcuts"))
        columns = QHBoxLayout()
        columns.setSpacing(24)
        for titles in _COLUMNS:
            columns.addLayout(_column(titles))
        buttons = QDialogButtonBox()
        buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 12)
        layout.setSpacing(12)
        layout.addLayout(columns)
        layout.addWidget(buttons)


def show_about(parent: QWidget) -> None:
    """Say what this program is, and which version of it."""
    version = tr("Version {version}, Qt {qt}", version=program_version(), qt=qVersion())
    QMessageBox.about(parent, tr("About"), f"{tr(ABOUT)}<p>{version}</p>")


def _column(titles: Iterable[str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(2)
    row = 0
    for title in titles:
        heading = made(QLabel, tr(title), objectName="section")
        heading.setContentsMargins(0, 8 if row else 0, 0, 0)
        grid.addWidget(heading, row, 0, 1, 2)
        for key, text in _entries(title):
            row += 1
            grid.addWidget(QLabel(f"<b>{key}</b>"), row, 0)
            grid.addWidget(QLabel(text, textFormat=Qt.TextFormat.PlainText), row, 1)
        row += 1
    grid.setRowStretch(row, 1)
    return grid


def _entries(title: str) -> list[tuple[str, str]]:
    if title in (IN_3D, ELSEWHERE):
        return [(tr(key), tr(text)) for key, text in (GESTURES if title == IN_3D else GESTURES_ELSEWHERE)]
    keys = [(s.shortcut, s.tip or s.text.rstrip("…")) for s in ACTIONS if s.menu == title and s.shortcut]
    return [(key_text(key), tr(text)) for key, text in (KEYS_OF_PANELS if title == PANELS else keys)]
