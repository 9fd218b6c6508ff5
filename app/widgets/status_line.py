"""The line at the bottom: state, speed, drops, model."""

import math

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from app.language import tr
from app.session.state import SessionState, SessionStatus
from app.widgets.made import made


class StatusLine(QStatusBar):
    """Shows a SessionStatus; each figure keeps its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.state = QLabel()
        self.recording = made(QLabel, objectName="recording")
        self.figures = QLabel()
        self.model = QLabel()
        self.addWidget(self.state, 1)
        self.addPermanentWidget(self.recording)
        self.addPermanentWidget(self.figures)
        self.addPermanentWidget(self.model)

    def show_status(self, status: SessionStatus, *, is_refining: bool, recording: str = "") -> None:
        """Show the figures of this moment."""
        _set(self.state, _state_text(status))
        _set(self.recording, recording)
        self.recording.setVisible(bool(recording))
        _set(self.figures, _figures_text(status))
        _set(self.model, _model_text(status, is_refining))


def _set(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)


def _state_text(status: SessionStatus) -> str:
    text = tr(status.state.value).capitalize()
    if status.source_name and status.state != SessionState.OPENING:
        text += f"  ·  {status.source_name}"
        if any(status.size_px):
            text += f"  {status.size_px[0]} × {status.size_px[1]}"
    if status.n_recorded:
        text += tr("  ·  {n_recorded} frames kept for export", n_recorded=status.n_recorded)
    return f"{text}  ·  {status.activity}" if status.activity else text


def _figures_text(status: SessionStatus) -> str:
    if math.isnan(status.fps):
        return ""
    latency = "–" if math.isnan(status.latency_ms) else f"{status.latency_ms:.0f} ms"
    return tr(
        "{fps:4.1f} fps   latency {latency}   dropped {n_dropped}",
        fps=status.fps,
        latency=latency,
        n_dropped=status.n_dropped,
    )


def _model_text(status: SessionStatus, is_refining: bool) -> str:
    if not status.source_name or status.state in (SessionState.LOADING, SessionState.OPENING):
        return ""
    if not status.model_name:
        # while something is made ready, its refiner is not known yet
        return "" if status.activity else tr("no refiner: raw MediaPipe")
    provider = status.provider.removesuffix("ExecutionProvider")
    return (
        tr("{model_name} on {provider}", model_name=status.model_name, provider=provider)
        if is_refining
        else tr("{model_name}: refinement off", model_name=status.model_name)
    )
