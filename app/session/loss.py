"""A camera or stream that broke off, and is asked for again until it is back."""

from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.language import tr
from app.session.state import SessionState
from core.live.loop import LiveLoop
from core.sources import Source

RETRY_MS: Final = 2000


class Loss(QObject):
    """Knows whether the source is lost.

    Attributes:
        is_lost: Whether it was there and is gone.
        retry: Its timeout says when to ask for it again.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.is_lost = False
        self.retry = QTimer(self, interval=RETRY_MS, singleShot=True)

    def forget(self) -> bool:
        """Nothing is lost any more; return whether it was."""
        was_lost, self.is_lost = self.is_lost, False
        self.retry.stop()
        return was_lost

    def notice(self, loop: LiveLoop | None, source: Source | None, state: SessionState) -> str:
        """Return what to say about a source that has ended or failed, "" for nothing; what is live is lost then."""
        if loop is None or source is None or state not in (SessionState.FAILED, SessionState.ENDED):
            return ""
        error, is_sources = loop.stats.error, loop.stats.source_failed
        if not source.is_live or (error and not is_sources):
            return error
        reason = error or tr("{name} ended.", name=source.name)
        self.is_lost = True
        self.retry.start()
        return tr("{reason} Trying again every {seconds:g} seconds.", reason=reason, seconds=RETRY_MS / 1000)


def back_again(source: Source) -> str:
    """Return what to say when it is back: a camera's name begins a sentence, an address stays as it is."""
    name = source.name if "://" in source.name else source.name[:1].upper() + source.name[1:]
    return tr("{name} is back.", name=name)
