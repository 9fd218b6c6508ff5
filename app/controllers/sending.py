"""Live poses to other programs: the dialog that begins it, and what the status line says of it."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.capture.send_live import SendLiveDialog
from app.session.sending import Sending
from app.session.session import Session


class SendController(QObject):
    """Makes the dialog when it is wanted first; sending goes on without it.

    Attributes:
        sending: What sends.
    """

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self.sending, self._window = Sending(session, self), window
        self._dialog: SendLiveDialog | None = None

    def show(self) -> None:
        """Show the dialog, in front of everything."""
        if self._dialog is None:
            self._dialog = SendLiveDialog(self.sending, self._window)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def text(self) -> str:
        """Return what the status line says; "" when nothing is sent."""
        return self.sending.text()

    def close(self) -> None:
        """The window closes."""
        self.sending.stop()
