"""Asks where to export to and in which formats."""

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.exporters import EXPORTERS


class ExportDialog(QDialog):
    """`folder` and `formats` hold the answer once it is accepted."""

    def __init__(self, what: str, folder: Path, parent: QWidget | None = None) -> None:
        """Ask about `what` ("the whole of clip.mp4", "912 recorded frames"), proposing a folder."""
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._folder = QLineEdit(str(folder))
        self._folder.setMinimumWidth(320)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self._folder, 1)
        row.addWidget(browse)

        self.boxes = {e.name: QCheckBox(f"{e.name.upper()} - {e.description}") for e in EXPORTERS.values()}
        formats = QVBoxLayout()
        for name, box in self.boxes.items():
            box.setChecked(name in ("npz", "csv"))
            box.toggled.connect(self._update)
            formats.addWidget(box)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._ok = buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._ok.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)

        form = QFormLayout(self)
        form.setContentsMargins(16, 16, 16, 12)
        form.setVerticalSpacing(12)
        form.addRow(QLabel(f"Export {what}."))
        form.addRow("Folder", row)
        form.addRow("Formats", formats)
        form.addRow(buttons)
        self._folder.textChanged.connect(self._update)

    @property
    def folder(self) -> Path:
        """Where to export to."""
        return Path(self._folder.text()).expanduser()

    @property
    def formats(self) -> list[str]:
        """Names of the chosen exporters."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export to", str(self.folder))
        if folder:
            self._folder.setText(folder)

    def _update(self) -> None:
        self._ok.setEnabled(bool(self.formats) and bool(self._folder.text().strip()))
