"""A path to type or to choose."""

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from app.language import tr


class PathRow(QWidget):
    """A line for a folder or a file, with a button to look for it.

    Attributes:
        edit: The line; connect to its `textChanged`.
    """

    def __init__(
        self,
        title: str,
        *,
        setting: str,
        is_file: bool = False,
        hint: str = "",
        only: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Make a row.

        Args:
            title: Of the dialog that the button opens.
            setting: Under which the path is remembered by `remember`.
            is_file: Whether it is a file, not a folder.
            hint: Shown while the line is empty.
            only: Filter of the file dialog, "" for all files.
            parent: The dialog.
        """
        super().__init__(parent)
        self._title, self._setting, self._is_file, self._only = title, setting, is_file, only
        self.edit = QLineEdit(str(QSettings().value(setting, "")), placeholderText=hint)
        browse = QPushButton(tr("Browse…"), autoDefault=False)
        browse.clicked.connect(self._browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.edit, 1)
        layout.addWidget(browse)
        self.setFocusProxy(self.edit)

    @property
    def path(self) -> Path | None:
        """What is typed, None when nothing is."""
        text = self.edit.text().strip()
        return Path(text).expanduser() if text else None

    @property
    def trouble(self) -> str:
        """Why it cannot be used, "" when it can or nothing is typed."""
        path = self.path
        if path is None or path.exists():
            return ""
        return (
            tr("There is no file {path}.", path=path) if self._is_file else tr("There is no folder {path}.", path=path)
        )

    def remember(self) -> None:
        """Propose the same next time."""
        QSettings().setValue(self._setting, self.edit.text().strip())

    def _browse(self) -> None:
        start = self.edit.text() or str(Path.home())
        if self._is_file:
            path, _ = QFileDialog.getOpenFileName(self, self._title, start, self._only)
        else:
            path = QFileDialog.getExistingDirectory(self, self._title, start)
        if path:
            self.edit.setText(path)
