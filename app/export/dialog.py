"""Asks what to export, in which formats and where to."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.export.choices_form import ExportChoicesForm
from app.export.formats_list import ExportFormats
from app.export.saving import JOINTS, ExportRequest
from app.language import tr
from app.widgets.buttons import foot
from app.widgets.made import made

_LONGEST_S: Final = 360_000.0
_FORMATS_SETTING: Final = "export_formats"
_OPENS_SETTING: Final = "export_opens_folder"


class ExportDialog(QDialog):
    """`request` is the answer once it is accepted."""

    def __init__(
        self,
        what: str,
        folder: Path,
        *,
        is_file: bool,
        range_s: tuple[float, float | None] = (0.0, None),
        duration_s: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Ask about an export.

        Args:
            what: "clip.mp4", "912 recorded frames".
            folder: Where to, as proposed.
            is_file: Whether videos are processed, so that a range and pictures can be had.
            range_s: In and out point as proposed, seconds.
            duration_s: Of the video, None when it is not known.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self._is_file = is_file
        chosen = str(QSettings().value(_FORMATS_SETTING, "npz,csv")).split(",")
        self.formats = ExportFormats(tuple(chosen), is_file=is_file)
        self.formats.changed.connect(self._update)
        self.choices = ExportChoicesForm()
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow(tr("Skeleton"), self._create_joints())
        if is_file:
            form.addRow(tr("Range"), self._create_range(range_s, duration_s))
        form.addRow(tr("Folder"), self._create_folder(folder))
        columns = QHBoxLayout()
        columns.setSpacing(18)
        columns.addWidget(self.formats, 1)
        columns.addWidget(self.choices, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 12)
        layout.setSpacing(12)
        layout.addWidget(QLabel(tr("Export {what}.", what=what), textFormat=Qt.TextFormat.PlainText))
        layout.addLayout(columns, 1)
        layout.addLayout(form)
        buttons, self.ok = foot(self, tr("Export"), self._accept)
        layout.addWidget(buttons)
        self._update()

    @property
    def request(self) -> ExportRequest:
        """What the dialog says."""
        has_range = self._is_file and not self.whole.isChecked()
        return ExportRequest(
            folder=Path(self.folder.text().strip()).expanduser(),
            formats=self.formats.chosen,
            joints=tuple(JOINTS)[self.joints.checkedId()],
            choices=self.choices.choices,
            start_s=self.start.value() if has_range else 0.0,
            end_s=(self.end.value() or None) if has_range else None,
            opens_folder=self.opens_folder.isChecked(),
        )

    def _create_joints(self) -> QHBoxLayout:
        self.joints = QButtonGroup(self)
        row = QHBoxLayout()
        for number, (text, tip) in enumerate((tr(text), tr(tip)) for text, tip in JOINTS.values()):
            button = made(QRadioButton, text, checked=number == 0, toolTip=tip)
            self.joints.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _create_range(self, range_s: tuple[float, float | None], duration_s: float | None) -> QHBoxLayout:
        start_s, end_s = range_s
        self.whole = made(QCheckBox, tr("All of it"), checked=not start_s and end_s is None)
        self.whole.toggled.connect(self._update)
        self.start = QDoubleSpinBox(maximum=_LONGEST_S, suffix=" s", decimals=2, value=start_s)
        self.end = QDoubleSpinBox(maximum=_LONGEST_S, suffix=" s", decimals=2, value=end_s or duration_s or 0.0)
        self.end.setSpecialValueText(tr("the end"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.whole, QLabel(tr("from")), self.start, QLabel(tr("to")), self.end):
            row.addWidget(widget)
        row.addStretch(1)
        self.start.valueChanged.connect(self._update)
        self.end.valueChanged.connect(self._update)
        return row

    def _create_folder(self, folder: Path) -> QVBoxLayout:
        self.folder = QLineEdit(str(folder))
        self.folder.setMinimumWidth(360)
        self.folder.textChanged.connect(self._update)
        browse = QPushButton(tr("Browse…"), autoDefault=False)
        browse.clicked.connect(self._browse)
        self.opens_folder = QCheckBox(tr("Open the folder at the end"))
        self.opens_folder.setChecked(QSettings().value(_OPENS_SETTING, "false") == "true")
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        box = QVBoxLayout()
        box.addLayout(row)
        box.addWidget(self.opens_folder)
        return box

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Export to"), self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _accept(self) -> None:
        QSettings().setValue(_FORMATS_SETTING, ",".join(self.request.formats))
        QSettings().setValue(_OPENS_SETTING, "true" if self.opens_folder.isChecked() else "false")
        self.choices.remember()
        self.accept()

    def _update(self) -> None:
        has_range = self._is_file and not self.whole.isChecked()
        if self._is_file:
            self.start.setEnabled(has_range)
            self.end.setEnabled(has_range)
        is_sane = not has_range or not self.end.value() or self.end.value() > self.start.value()
        is_named = bool(self.formats.chosen) and bool(self.folder.text().strip())
        self.ok.setEnabled(is_named and is_sane)
