"""The panel of choices: refinement, what works over time, the person, the camera."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.session.choices import Choices
from app.widgets.made import made
from app.widgets.optional_number import OptionalNumber
from core.pose.geometry import ASSUMED_FOV_DEG, FOV_RANGE_DEG, HEIGHT_RANGE_M
from core.settings import Settings

_CALIBRATION_FILTER: Final = "Camera calibration (*.yml *.yaml *.xml *.json *.toml);;All files (*)"
QUALITY_WORDS: Final = {
    "automatic": "automatic, what this machine carries",
    "fast": "fast, one look",
    "balanced": "balanced, two looks",
    "best": "best, four looks",
}


class ProcessingPanel(QScrollArea):
    """Shows the settings in force and says what the user wants changed; it changes nothing itself.

    Signals:
        refinement_chosen(bool): On or off.
        quality_chosen(str): One of `core.detection.quality.QUALITIES`.
        choices_changed(Choices): What works over time, the person or the camera.
        models_wanted: The user wants to choose a model.
        person_wanted: The user wants to click on a person.
    """

    refinement_chosen = Signal(bool)
    quality_chosen = Signal(str)
    choices_changed = Signal(object)
    models_wanted = Signal()
    person_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._choices = Choices()
        self._is_updating = False
        self.refine = QCheckBox(tr("Refine depth"))
        self.model = _words()
        self.models_button = QPushButton(tr("Models…"))
        self.quality = QComboBox()
        for quality, words in QUALITY_WORDS.items():
            self.quality.addItem(tr(words), quality)
        self.warning = _words()
        self.bones = QCheckBox(tr("Hold bone lengths"))
        self.smooth = QCheckBox(tr("Smooth"))
        self.strength = made(QSlider, Qt.Orientation.Horizontal, minimum=0, maximum=100, singleStep=5)
        self.height_box = OptionalNumber(HEIGHT_RANGE_M, step=0.01, decimals=2, suffix=" m", none=tr("as seen"))
        self.seen_height = _words()
        self.person_button = QPushButton(tr("Choose the person…"))
        assumed = tr("{fov_deg:g}° assumed", fov_deg=ASSUMED_FOV_DEG)
        self.fov = OptionalNumber(FOV_RANGE_DEG, step=1.0, decimals=0, suffix="°", none=assumed)
        self.calibration_button = QPushButton(tr("Calibration file…"))
        self.camera_text = _words()
        self._set_tips()
        self._lay_out()
        self._connect()

    def show_state(self, settings: Settings, choices: Choices, *, can_refine: bool, card: str, warning: str) -> None:
        """Show what is in force.

        Args:
            settings: Refinement and quality.
            choices: Everything else.
            can_refine: Whether there is a refiner.
            card: Name and figures of the model, a line each.
            warning: What is wrong with the combination, "" for nothing.
        """
        self._is_updating = True
        self._choices = choices
        self.refine.setEnabled(can_refine)
        self.refine.setChecked(settings.learned_depth_refinement and can_refine)
        self.model.setText(card)
        own = settings.looks or settings.variant
        self.quality.setPlaceholderText(own)
        self.quality.setCurrentIndex(-1 if own else self.quality.findData(settings.quality))
        self.warning.setText(warning)
        self.warning.setVisible(bool(warning))
        self.bones.setChecked(choices.lock_bones)
        self.smooth.setChecked(choices.smooth)
        self.strength.setValue(round(100 * choices.strength))
        self.strength.setEnabled(choices.smooth)
        self.height_box.show_number(choices.height_m)
        self.fov.show_number(choices.fov_deg)
        self.fov.setEnabled(not choices.calibration)
        name = Path(choices.calibration).name
        self.calibration_button.setText(tr("Without {name}", name=name) if name else tr("Calibration file…"))
        self._is_updating = False

    def show_person(self, seen_height: str, camera: str) -> None:
        """Show what is learned while it plays: how tall the skeleton is, what the distance rests on."""
        for label, text in ((self.seen_height, seen_height), (self.camera_text, camera)):
            if label.text() != text:
                label.setText(text)

    def _choose_refinement(self, is_on: bool) -> None:
        if not self._is_updating:
            self.refinement_chosen.emit(is_on)

    def _connect(self) -> None:
        self.refine.toggled.connect(self._choose_refinement)
        self.quality.activated.connect(lambda _: self.quality_chosen.emit(self.quality.currentData()))
        self.models_button.clicked.connect(self.models_wanted)
        self.person_button.clicked.connect(self.person_wanted)
        self.calibration_button.clicked.connect(self._choose_calibration)
        for box in (self.bones, self.smooth):
            box.toggled.connect(self._change)
        for widget in (self.strength, self.height_box, self.fov):
            widget.valueChanged.connect(self._change)

    def _change(self) -> None:
        if self._is_updating:
            return
        self._choices = replace(
            self._choices,
            lock_bones=self.bones.isChecked(),
            smooth=self.smooth.isChecked(),
            strength=self.strength.value() / 100,
            height_m=self.height_box.chosen,
            fov_deg=self.fov.chosen,
        )
        self.choices_changed.emit(self._choices)

    def _choose_calibration(self) -> None:
        path = ""
        if not self._choices.calibration:
            path, _ = QFileDialog.getOpenFileName(self, tr("Calibration of the camera"), "", _CALIBRATION_FILTER)
            if not path:
                return
        self.choices_changed.emit(replace(self._choices, calibration=path))

    def _set_tips(self) -> None:
        self.refine.setToolTip(tr("Learned depth refinement on or off (R)"))
        self.quality.setToolTip(
            tr("More looks at the person, by several networks and at the mirror image, are more accurate and slower")
        )
        self.bones.setToolTip(tr("Learn the person's bone lengths and hold every frame to them"))
        self.smooth.setToolTip(tr("Kalman filter: what the refiner is unsure of is smoothed more"))
        self.strength.setToolTip(tr("More is smoother and later"))
        self.height_box.setToolTip(tr("How tall the person is: sets the scale of the 3D view, distances and lengths"))
        self.fov.setToolTip(
            tr(
                "Field of view across the width of the picture; what is assumed is across its longer side. "
                "Only distances depend on it."
            )
        )
        self.person_button.setToolTip(tr("With several people in view: click on the one to follow"))

    def _lay_out(self) -> None:
        content = made(QWidget, objectName="clear")
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 4, 10, 8)
        column.setSpacing(5)
        strength = QHBoxLayout()
        strength.addWidget(self.smooth)
        strength.addWidget(self.strength, 1)
        model = QHBoxLayout()
        model.addWidget(self.refine, 1)
        model.addWidget(self.models_button)
        for item in (_title(tr("Refinement")), model, self.model, _row(tr("Quality"), self.quality), self.warning,
                     _title(tr("Over time")), self.bones, strength,
                     _title(tr("Person")), _row(tr("Height"), self.height_box), self.seen_height, self.person_button,
                     _title(tr("Camera")), _row(tr("Field of view"), self.fov), self.calibration_button,
                     self.camera_text):  # fmt: skip
            if isinstance(item, QWidget):
                column.addWidget(item)
            else:
                column.addLayout(item)
        column.addStretch(1)
        self.setWidget(content)
        self.viewport().setObjectName("clear")
        bar = self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(max(content.minimumSizeHint().width() + bar + 4, 265))


def _title(text: str) -> QLabel:
    return made(QLabel, text, objectName="section")


def _words() -> QLabel:
    label = made(QLabel, objectName="caption", wordWrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _row(text: str, widget: QWidget) -> QFormLayout:
    form = QFormLayout()
    form.addRow(text, widget)
    return form
