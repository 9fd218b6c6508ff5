"""The list of shortcuts, and what this program is."""

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QMessageBox, QVBoxLayout, QWidget

from app.actions import ACTIONS
from app.language import tr

MOUSE = (
    ("Drag", "Turn the 3D view"),
    ("Middle drag", "Move the 3D view"),
    ("Wheel", "Zoom the 3D view"),
    ("Double click", "Reset the 3D view"),
    ("Drop a file", "Open a video"),
)
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
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(6)
        keys = [(spec.shortcut, spec.tip or spec.text.rstrip("…")) for spec in ACTIONS if spec.shortcut]
        for row, (key, text) in enumerate([*keys, *MOUSE]):
            grid.addWidget(QLabel(f"<b>{tr(key)}</b>"), row, 0)
            grid.addWidget(QLabel(tr(text)), row, 1)
        buttons = QDialogButtonBox()
        buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 12)
        layout.setSpacing(14)
        layout.addLayout(grid)
        layout.addWidget(buttons)


def show_about(parent: QWidget) -> None:
    """Say what this program is."""
    QMessageBox.about(parent, tr("About"), tr(ABOUT))
