"""The formats as boxes to tick, by what they are for."""

import importlib.util
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from app.language import tr
from app.widgets.made import made
from core.exporters import EXPORTERS
from core.exporters.pictures.take_report.formats import REPORTS

OF_VIDEO: Final = {
    **{name: report.description for name, report in REPORTS.items()},
    "mp4": "Annotated video",
    "compare": "Video of raw beside refined",
    "png": "Report as a picture",
}
"""What `process` makes beside the exporters; it needs the video's images."""

GROUPS: Final = (
    ("For other programs", ("bvh", "glb", "trc", "mot", "c3d")),
    ("Numbers", ("npz", "csv", "tidy", "parquet", "json", "angles", "cycles")),
    ("To look at", tuple(OF_VIDEO)),
)
OTHERS: Final = "More"


class ExportFormats(QWidget):
    """One box per format of the registry.

    Signals:
        changed: Other formats are ticked.
    """

    changed = Signal()

    def __init__(self, chosen: tuple[str, ...], *, is_file: bool, parent: QWidget | None = None) -> None:
        """Offer the formats; those made of a video's images only where `is_file`."""
        super().__init__(parent)
        described = {e.name: e.description for e in EXPORTERS.values()} | (OF_VIDEO if is_file else {})
        grouped = {name for _, names in GROUPS for name in names}
        groups = (*GROUPS, (OTHERS, tuple(name for name in described if name not in grouped)))
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        row = 0
        for title, names in groups:
            offered = [name for name in names if name in described]
            if not offered:
                continue
            grid.addWidget(made(QLabel, tr(title), objectName="caption"), row, 0, 1, 2)
            grid.setRowMinimumHeight(row, 26)
            row += 1
            for name in offered:
                grid.addWidget(self._create_box(name, name in chosen), row, 0)
                grid.addWidget(made(QLabel, tr(described[name]), objectName="caption"), row, 1)
                row += 1

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the formats that are ticked."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def _create_box(self, name: str, is_chosen: bool) -> QCheckBox:
        box = QCheckBox(name.upper())
        package = getattr(EXPORTERS.get(name), "package", None)
        is_there = package is None or importlib.util.find_spec(package[0]) is not None
        box.setEnabled(is_there)
        if package is not None and not is_there:
            needs = tr("Needs {package}: pip install -e '.[{extra}]'", package=package[0], extra=package[1])
            box.setToolTip(needs)
        box.setChecked(is_chosen and is_there)
        box.toggled.connect(self.changed)
        self.boxes[name] = box
        return box
