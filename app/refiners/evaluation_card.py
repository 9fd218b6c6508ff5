"""How good the new refiner is beside the present one, and the choice between them."""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.language import number_text, tr
from app.refiners.comparison import FIGURES, Comparison, Figure
from app.theme import theme_of
from app.widgets.made import made

_BETTER = 0.005
"""Relative change below which two figures count as the same."""


class EvaluationCard(QFrame):
    """A table of figures and two buttons.

    Signals:
        use_wanted: The new refiner shall be used from now on.
        keep_wanted: The present one stays.
    """

    use_wanted = Signal()
    keep_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.verdict = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        font = self.verdict.font()
        font.setBold(True)
        self.verdict.setFont(font)
        self._on = made(QLabel, objectName="caption", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(22)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        self.use_button = QPushButton(tr("Use this model"), autoDefault=False)
        self.keep_button = QPushButton(tr("Keep the old one"), autoDefault=False)
        self.use_button.clicked.connect(self.use_wanted)
        self.keep_button.clicked.connect(self.keep_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(self._on, 1)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.use_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(8)
        layout.addWidget(self.verdict)
        layout.addLayout(self._grid)
        layout.addLayout(buttons)

    def show_comparison(self, comparison: Comparison | None, name: str) -> None:
        """Show figures; None when there are none, so that only the choice is left."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if comparison is None:
            self.verdict.setText(
                tr("The model {name} is ready; it was not measured, since there is no test split.", name=name)
            )
            self._on.setText("")
            return
        self.verdict.setText(comparison.verdict)
        (self.use_button if comparison.is_better else self.keep_button).setDefault(True)
        self._on.setText(
            tr(
                "Measured on {n_frames:,} frames of {on}; less is better everywhere.",
                n_frames=comparison.n_frames,
                on=comparison.on,
            )
        )
        for column, heading in enumerate(
            ("MediaPipe", comparison.current_name or tr("in use"), tr("new: {name}", name=name)), 1
        ):
            self._put(0, column, heading, "caption")
        for row, figure in enumerate(FIGURES, 1):
            self._put(row, 0, tr(figure.label), "caption", Qt.AlignmentFlag.AlignLeft)
            raw, current, new = (t[figure.key] for t in (comparison.raw, comparison.current, comparison.new))
            for column, value in enumerate((raw, current, new), 1):
                label = self._put(row, column, _text(figure, value))
                if column == 3:
                    label.setStyleSheet(f"font-weight: 600; color: {self._colour(new, current)};")

    def _put(
        self, row: int, column: int, text: str, name: str = "", side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignRight
    ) -> QLabel:
        label = made(QLabel, text, objectName=name, textFormat=Qt.TextFormat.PlainText)
        self._grid.addWidget(label, row, column, side)
        return label

    def _colour(self, new: float, current: float) -> str:
        theme = theme_of(self.palette())
        if not (math.isfinite(new) and math.isfinite(current)) or abs(new - current) <= _BETTER * abs(current):
            return theme.text
        return theme.refined if new < current else theme.right


def _text(figure: Figure, value: float) -> str:
    unit = figure.unit if figure.unit == "°" else f" {figure.unit}"
    return number_text(f"{value * figure.factor:.{figure.decimals}f}") + unit if math.isfinite(value) else "–"
