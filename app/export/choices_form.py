"""How the joints are made ready for a file: axes, rate, filter, gaps; with a picture of the axes."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QFrame, QLabel, QSpinBox, QVBoxLayout, QWidget

from app.export.axes_picture import AxesPicture
from app.language import tr
from app.widgets.made import made
from core.filters import FILTERS, FilterChoice
from core.sequence.export_choices import ExportChoices


@dataclass(frozen=True)
class _Axes:
    """One choice of coordinates; None leaves it to the format."""

    text: str
    about: str
    coordinates: str | None
    up: str | None


AXES: Final = (
    _Axes("What each format expects", "Upright for other programs, view-ray for tables.", None, None),
    _Axes("Upright, y up", "y against gravity, z towards the camera: Unity, Maya, glTF, OpenSim.", "upright", "y"),
    _Axes("Upright, z up", "z against gravity, y away from the camera: Blender, C3D.", "upright", "z"),
    _Axes("Camera", "x right, y down, z along the camera's axis, as in OpenCV.", "camera", None),
    _Axes("View-ray", "As the refiner works: z along the ray from the camera to the hips.", "view-ray", None),
)
_RATES_HZ: Final = (24, 25, 30, 50, 60, 100, 120)
_AS_EXPECTED: Final = "What each format expects"
_SETTING: Final = "export_choices"


class ExportChoicesForm(QFrame):
    """Everything starts with what each format expects; the choices are remembered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.axes = QComboBox()
        self.axes.addItems([tr(axes.text) for axes in AXES])
        self.about = made(QLabel, objectName="caption", wordWrap=True)
        self.about.setMinimumHeight(2 * self.about.fontMetrics().lineSpacing())
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.picture = AxesPicture()
        self.travel = QCheckBox(tr("The hips travel (an estimate)"))
        self.travel.setToolTip(tr("Otherwise the middle of the hips stays at the origin"))
        self.rate = QComboBox()
        self.rate.addItem(tr("As recorded"), None)
        for rate_hz in _RATES_HZ:
            self.rate.addItem(tr("{rate_hz} frames a second", rate_hz=rate_hz), float(rate_hz))
        self.filter = QComboBox()
        self.filter.addItem(tr(_AS_EXPECTED), None)
        for name, kind in FILTERS.items():
            self.filter.addItem(f"{name}: {tr(kind.description)}", name)
        self.filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.gap = QSpinBox(minimum=-1, maximum=60_000, singleStep=50, value=-1, suffix=" ms")
        self.gap.setSpecialValueText(tr(_AS_EXPECTED))
        self.gap.setToolTip(tr("The longest time without a person that is interpolated; longer stays empty"))
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, widget in (
            (tr("Frame rate"), self.rate), (tr("Filter"), self.filter), (tr("Close gaps up to"), self.gap),
            ("", self.travel),
        ):  # fmt: skip
            form.addRow(label, widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(6)
        layout.addWidget(made(QLabel, tr("Axes"), objectName="caption"))
        layout.addWidget(self.axes)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.about)
        layout.addLayout(form)
        self.axes.currentIndexChanged.connect(self._show_axes)
        self._restore()
        self._show_axes(self.axes.currentIndex())

    @property
    def choices(self) -> ExportChoices:
        """What the form says; None where it is left to the format."""
        axes = AXES[self.axes.currentIndex()]
        name = self.filter.currentData()
        return ExportChoices(
            coordinates=axes.coordinates,
            up=axes.up,
            filter=None if name is None else FilterChoice(name),
            max_gap_ms=None if self.gap.value() < 0 else float(self.gap.value()),
            travel=True if self.travel.isChecked() and self.travel.isEnabled() else None,
            rate_hz=self.rate.currentData(),
        )

    def remember(self) -> None:
        """Show the same choices next time."""
        indices = (self.axes.currentIndex(), self.rate.currentIndex(), self.filter.currentIndex(), self.gap.value())
        QSettings().setValue(_SETTING, " ".join(map(str, (*indices, int(self.travel.isChecked())))))

    def _restore(self) -> None:
        values = str(QSettings().value(_SETTING, "")).split()
        if len(values) == 5 and all(value.lstrip("-").isdigit() for value in values):
            axes, rate, filter_, gap, travel = map(int, values)
            for box, index in ((self.axes, axes), (self.rate, rate), (self.filter, filter_)):
                box.setCurrentIndex(index if 0 <= index < box.count() else 0)
            self.gap.setValue(gap)
            self.travel.setChecked(bool(travel))

    def _show_axes(self, index: int) -> None:
        axes = AXES[index]
        self.about.setText(tr(axes.about))
        self.picture.show_axes(axes.coordinates or "upright", axes.up or "y")
        self.travel.setEnabled(axes.coordinates != "view-ray")
