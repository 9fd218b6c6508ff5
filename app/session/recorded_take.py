"""What was recorded of a camera or stream becomes a take: what was seen then is its detections."""

from dataclasses import replace

from app.session.choices import Choices
from app.session.take_choices import processing_for, with_choices
from core.settings import Settings
from core.take.recording.drafts import Recorded
from core.take.recordings import open_recording
from core.take.store import TakeStore


def keep_recorded(recorded: Recorded, takes: TakeStore, settings: Settings, choices: Choices) -> None:
    """Make a recording a take, with who was before the camera, and which camera that was.

    Args:
        recorded: Its files.
        takes: Where it is listed.
        settings: By which it was seen.
        choices: What was said of person and camera meanwhile.

    Raises:
        DataError: Its poses cannot be read.
        SourceError: A file of it is gone.
        OutputError: Nothing can be kept.
    """
    opened = open_recording(recorded.sequence, takes, processing_for(settings, choices))
    processing, subject, camera = with_choices(opened.take, choices)
    opened.place.save(replace(opened.take, processing=processing, subject=subject, camera=camera))
