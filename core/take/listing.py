"""All takes as a list shows them: what is known of each without opening its video."""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.take.detections import ENDING, Completed
from core.take.store import TakeFolder, TakeStore
from core.take.take import Take


class AnalysisState(StrEnum):
    """How far its analysis is; the value is shown."""

    NEW = "not analysed"
    BEGUN = "partly analysed"
    WHOLE = "analysed"


@dataclass(frozen=True)
class Listed:
    """A take in a list.

    Attributes:
        place: Its folder.
        take: What is known of it.
        state: Of the analysis that is furthest.
        length_s: Of its video; NaN until that was seen to its end.
        is_there: Whether the video is where it was.
    """

    place: TakeFolder
    take: Take
    state: AnalysisState
    length_s: float
    is_there: bool

    def matches(self, text: str) -> bool:
        """Whether every word of `text` is in its name, subject, notes or place."""
        subject = self.take.subject
        about = " ".join((self.take.name, subject.name, subject.notes, self.take.source)).casefold()
        return all(word in about for word in text.casefold().split())


def listed(store: TakeStore) -> list[Listed]:
    """Return every take that can be read, the one that was opened last first."""
    return [_listed(place, take) for place, take in store.all()]


def _listed(place: TakeFolder, take: Take) -> Listed:
    kept = list(place.folder.glob(f"*{ENDING}"))
    ends = [end for end in map(Completed.load, kept) if end is not None]
    state = AnalysisState.WHOLE if ends else AnalysisState.BEGUN if kept else AnalysisState.NEW
    length_s = max((end.n_frames / end.fps for end in ends if end.fps > 0), default=math.nan)
    return Listed(place, take, state, length_s, bool(take.source) and Path(take.source).exists())
