"""Where poses go; each kind is one class with these methods."""

from typing import Protocol

from core.live.streaming.pose import StreamedPose


class PoseSink(Protocol):
    """Receives poses in the streamer's thread.

    Attributes:
        is_paced: True: called at a steady rate with rotations interpolated between frames; False: once per frame.
    """

    is_paced: bool

    def send(self, pose: StreamedPose) -> None:
        """Send one pose.

        Raises:
            OSError: It cannot be sent now.
        """

    def close(self) -> None:
        """Free what it holds."""
