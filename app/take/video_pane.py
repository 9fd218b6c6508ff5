"""The middle of the window: the video, and below it the controls of a file."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.language import tr
from app.session.track import Track
from app.take.playback_bar import TransportBar
from app.take.video import VideoView
from app.widgets.dock import Header
from core.pose.types import Refined

_MARK_AFTER: int = 8


class Stage(QFrame):
    """Video and transport; the transport is hidden for cameras and streams.

    Signals:
        sought(float): Go to this time of the file, seconds.
    """

    sought = Signal(float)

    def __init__(self, actions: list[QAction | None], parent: QWidget | None = None) -> None:
        """Use the window's actions for the buttons; None is the place of the seek bar."""
        super().__init__(parent)
        self.setObjectName("panel")
        self.header, self.video, self.transport = Header(tr("Video")), VideoView(), TransportBar(actions)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.setSpacing(1)
        layout.addWidget(self.header)
        layout.addWidget(self.video, 1)
        layout.addWidget(self.transport)
        self.transport.seek_bar.sought.connect(self.sought)
        self._n_shown = 0

    def show_packet(self, packet: Refined) -> None:
        """Show a packet."""
        self.video.show_packet(packet)
        frame = packet.detection.frame
        self.transport.set_position(frame.time_s, frame.index)

    def show_track(self, track: Track, period_s: float) -> None:
        """Mark what was looked at, and where nobody was found; now and then is enough."""
        self._n_shown += 1
        if self.transport.isVisible() and self._n_shown % _MARK_AFTER == 1:
            self.transport.seek_bar.set_seen(*track.seen(), period_s)

    def clear(self, duration_s: float | None) -> None:
        """Another source begins; None: it has no end."""
        self._n_shown = 0
        self.video.show_packet(None)
        self.transport.setVisible(duration_s is not None)
        self.transport.seek_bar.set_duration(duration_s or 0.0)
        self.transport.seek_bar.set_range((0.0, None))
        self.transport.set_position(0.0, 0)
