"""The capture desk as a page of the window: what is recorded there is opened or shown in its folder."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.capture.desk import CaptureDesk
from app.language import tr
from app.session.opening import Spec
from app.session.session import Session
from app.widgets.banner import Banner
from core.take.recording.rig import Filmed


class CaptureController(QObject):
    """Says what became of a recording, and opens it as a take.

    Attributes:
        desk: The page.
    """

    def __init__(
        self,
        session: Session,
        banner: Banner,
        folder: Callable[[], Path],
        open_: Callable[[Spec], None],
        window: QWidget,
    ) -> None:
        """Put it together.

        Args:
            session: Whose camera is let go of when the desk is shown: it can be opened once only.
            banner: For news.
            folder: Returns where recordings go.
            open_: Opens a video.
            window: The parent.
        """
        super().__init__(window)
        self._session, self._banner, self._open = session, banner, open_
        self.desk = CaptureDesk(folder)
        self.desk.recorded.connect(self._on_recorded)
        self.desk.failed.connect(banner.show_error)

    def begin(self) -> None:
        """The desk is about to be shown: a file stands still, a camera is free."""
        source = self._session.source
        if source is not None and source.is_live:
            self._session.close()
        else:
            self._session.pause()

    def close(self) -> None:
        """The window closes: what is recorded is kept."""
        self.desk.close_cameras()

    def _on_recorded(self, filmed: Filmed) -> None:
        n_left_out = sum(filmed.n_left_out)
        left_out = tr(" ({n_left_out} were left out)", n_left_out=n_left_out) if n_left_out else ""
        silent = tr(" Nothing came of {cameras}.", cameras=", ".join(filmed.silent)) if filmed.silent else ""
        first = filmed.videos[0]
        if filmed.timestamps is None:
            text = tr(
                "Recorded {n_frames} frames{left_out}: {name} in {parent}.",
                n_frames=filmed.n_frames[0],
                left_out=left_out,
                name=first.name,
                parent=first.parent,
            )
            self._banner.show_notice(text, tr("Open it"), lambda: self._open(first), about="capture")
            return
        text = tr(
            "Recorded {n_cameras} cameras, {n_frames} frames each{left_out}: {parent}, with their times in {times}.",
            n_cameras=len(filmed.videos),
            n_frames="–".join(dict.fromkeys(map(str, (min(filmed.n_frames), max(filmed.n_frames))))),
            left_out=left_out,
            parent=first.parent,
            times=filmed.timestamps.name,
        )
        self._banner.show_notice(text + silent, tr("Open folder"), lambda: _show(first.parent), about="capture")


def _show(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
