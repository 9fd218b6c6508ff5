"""Asks for the address of a network camera or stream."""

from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QWidget

from app.language import tr
from app.library.recents import recent_sources
from app.widgets.buttons import foot
from app.widgets.made import made
from core.sources import is_url


class UrlDialog(QDialog):
    """`url` holds the answer once it is accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Open a stream"))
        self.edit = QComboBox(editable=True)
        self.edit.setMinimumWidth(420)
        self.edit.addItems([entry for entry in recent_sources() if is_url(entry)])
        self.edit.setCurrentText("")
        line = self.edit.lineEdit()
        assert line is not None  # noqa: S101 the box is editable
        line.setPlaceholderText(tr("http://192.168.1.20:8080/video"))
        note = made(
            QLabel,
            tr(
                "Phones and IP cameras tell their address: http:// for MJPEG, rtsp:// for most IP cameras. A name and "
                "password go in front of the host: rtsp://name:password@host/stream."
            ),
            objectName="caption",
        )
        note.setWordWrap(True)
        buttons, self._ok = foot(self, tr("Open"), self.accept)
        form = QFormLayout(self)
        form.setContentsMargins(16, 16, 16, 12)
        form.setVerticalSpacing(10)
        form.addRow(tr("Address"), self.edit)
        form.addRow(note)
        form.addRow(buttons)
        self.edit.currentTextChanged.connect(self._update)
        self._update()

    @property
    def url(self) -> str:
        """The address."""
        return self.edit.currentText().strip()

    def _update(self) -> None:
        self._ok.setEnabled(is_url(self.url))
