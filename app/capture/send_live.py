"""Asks where live poses are to be sent, shows how it goes, and calibrates by a T-pose."""

from typing import Final

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.capture.t_pose import TPosePicture
from app.language import tr
from app.session.sending import Sending
from app.widgets.made import made
from core.errors import SettingsError
from core.live.streaming.targets import DEFAULT_HOST, DEFAULT_PORTS, TARGETS, Target

KINDS: Final = {
    "vmc": "VMC, for avatars",
    "osc": "OSC, one bundle per frame",
    "ws": "WebSocket, JSON (listens)",
    "tcp": "TCP, lines of JSON (listens)",
}
"""Kind of target → what the box says."""
assert set(KINDS) == set(TARGETS)  # noqa: S101 checked where it is imported: a new kind needs its words
_GROUP: Final = "send_live"


class SendLiveDialog(QDialog):
    """Stays open beside the window; sending goes on when it is closed.

    Attributes:
        boxes: Kind → whether it is sent to.
        hosts: Kind → the address.
        ports: Kind → the port.
        button: Begins and ends.
        calibrate: Asks for the T-pose.
        state: What goes on, and how fast.
    """

    def __init__(self, sending: Sending, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Send live"))
        self._sending = sending
        settings = QSettings()
        chosen = str(settings.value(f"{_GROUP}/kinds", "vmc")).split(",")
        self.boxes: dict[str, QCheckBox] = {}
        self.hosts: dict[str, QLineEdit] = {}
        self.ports: dict[str, QSpinBox] = {}
        targets = QGridLayout()
        targets.setHorizontalSpacing(10)
        for row, (kind, text) in enumerate(KINDS.items()):
            box = made(QCheckBox, tr(text), checked=kind in chosen)
            host = QLineEdit(str(settings.value(f"{_GROUP}/{kind}_host", DEFAULT_HOST)))
            host.setAccessibleName(tr("Address for {kind}", kind=kind.upper()))
            port = QSpinBox()
            port.setRange(1, 65535)
            port.setValue(int(str(settings.value(f"{_GROUP}/{kind}_port", DEFAULT_PORTS[kind]))))
            port.setAccessibleName(tr("Port for {kind}", kind=kind.upper()))
            for column, widget in enumerate((box, host, port)):
                targets.addWidget(widget, row, column)
            box.toggled.connect(self._show)
            self.boxes[kind], self.hosts[kind], self.ports[kind] = box, host, port
        self.rate = made(QSpinBox, suffix=tr(" Hz"))
        self.rate.setRange(1, 240)
        self.rate.setValue(int(str(settings.value(f"{_GROUP}/rate", 60))))
        note = made(
            QLabel,
            tr("Nothing leaves this machine unless you name another address. Avatars get poses at a steady rate, "
               "turned between frames; the others one for each frame."),
            objectName="caption",
            wordWrap=True,
        )  # fmt: skip
        self.button = made(QPushButton, tr("Send"), default=True)
        self.button.clicked.connect(self.toggle)
        self.state = made(QLabel, "", wordWrap=True)
        self.delay = made(QSpinBox, suffix=tr(" s"))
        self.delay.setRange(1, 30)
        self.delay.setValue(5)
        self.calibrate = QPushButton(tr("Calibrate on a T-pose"), autoDefault=False)
        self.calibrate.clicked.connect(lambda: sending.calibrate(float(self.delay.value())))
        self.said = made(QLabel, "", wordWrap=True)
        form = QFormLayout()
        form.addRow(tr("Avatars, poses per second"), self.rate)
        beside = QVBoxLayout()
        about = tr("Stand like this when the time is over, and hold it for a moment: it becomes the avatar's own pose.")
        beside.addWidget(made(QLabel, about, objectName="caption", wordWrap=True))
        times = QFormLayout()
        times.addRow(tr("Time to get into it"), self.delay)
        beside.addLayout(times)
        beside.addWidget(self.calibrate)
        beside.addWidget(self.said)
        beside.addStretch(1)
        pose = QHBoxLayout()
        pose.addWidget(TPosePicture())
        pose.addLayout(beside, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(targets)
        layout.addLayout(form)
        layout.addWidget(note)
        foot = QHBoxLayout()
        foot.addWidget(self.state, 1)
        foot.addWidget(self.button)
        layout.addLayout(foot)
        layout.addWidget(made(QLabel, tr("T-pose"), objectName="section"))
        layout.addLayout(pose)
        self.setMinimumWidth(470)
        sending.changed.connect(self._show)
        self._show()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Where to send.

        Raises:
            SettingsError: An address or port makes no sense.
        """
        kinds = [kind for kind, box in self.boxes.items() if box.isChecked()]
        return tuple(
            Target(kind, self.hosts[kind].text().strip() or DEFAULT_HOST, self.ports[kind].value()) for kind in kinds
        )

    def toggle(self) -> None:
        """Begin, or end what goes on."""
        if self._sending.is_on or self._sending.is_opening:
            self._sending.stop()
            return
        self._remember()
        try:
            self._sending.start(self.targets, float(self.rate.value()))
        except SettingsError as error:
            self.state.setText(str(error))

    def _remember(self) -> None:
        settings = QSettings()
        settings.setValue(f"{_GROUP}/kinds", ",".join(k for k, box in self.boxes.items() if box.isChecked()))
        settings.setValue(f"{_GROUP}/rate", self.rate.value())
        for kind in KINDS:
            settings.setValue(f"{_GROUP}/{kind}_host", self.hosts[kind].text().strip())
            settings.setValue(f"{_GROUP}/{kind}_port", self.ports[kind].value())

    def _show(self) -> None:
        """Make everything agree with what goes on."""
        sending = self._sending
        is_busy = sending.is_on or sending.is_opening
        self.button.setText(tr("Stop") if is_busy else tr("Send"))
        self.button.setEnabled(is_busy or any(box.isChecked() for box in self.boxes.values()))
        for kind, box in self.boxes.items():
            box.setEnabled(not is_busy)
            self.hosts[kind].setEnabled(not is_busy and box.isChecked())
            self.ports[kind].setEnabled(not is_busy and box.isChecked())
        self.rate.setEnabled(not is_busy)
        self.calibrate.setEnabled(sending.is_on)
        self.said.setText(sending.calibration_text())
        self.state.setText(self._state())

    def _state(self) -> str:
        sending = self._sending
        if sending.is_opening:
            return tr("Looking for the address…")
        stats = sending.stats
        if stats is None:
            return sending.error or tr("Nothing is sent.")
        if stats.error:
            return stats.error
        if not stats.n_frames:
            return tr("Waiting for the first pose: play a file or open a camera.")
        ticks_hz, frames_hz = sending.rates_hz
        paced = tr("{rate:.0f}/s to avatars, ", rate=ticks_hz) if stats.n_ticks else ""
        targets = ", ".join(map(str, sending.targets))
        return tr("Sending {paced}{rate:.0f} frames/s to {targets}", paced=paced, rate=frames_hz, targets=targets)
