"""What looks at a take: which looks, by which of MediaPipe's bundles, for how many people."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from core.detection.bundle import PoseModel
from core.detection.chosen_point import ChosenPoint
from core.detection.looks import Look
from core.errors import DataError
from core.take.detections import ENDING, DetectionReader

MOST_PEOPLE: Final = 4
_KEY_DIGITS: Final = 8


@dataclass(frozen=True)
class Instrument:
    """What saw it: detections of one are never mixed with those of another.

    Attributes:
        looks: Their names.
        models: Variant → sha256 of MediaPipe's bundle.
        running_mode: Of MediaPipe.
        n_people: The most people it looks for in a frame; smoothing over time is MediaPipe's only for one.
    """

    looks: tuple[str, ...]
    models: dict[str, str]
    running_mode: str = "video"
    n_people: int = 1

    @property
    def stem(self) -> str:
        """Name of its files, without ending."""
        people = f"-{self.n_people}-people" if self.n_people > 1 else ""
        shas = [self.models[variant] for variant in sorted(self.models)]
        key = shas[0] if len(shas) == 1 else hashlib.sha256("".join(shas).encode()).hexdigest()
        return f"{'+'.join(self.looks)}-{key[:_KEY_DIGITS]}{people}"

    def path(self, folder: Path) -> Path:
        """Return where its detections are in a take's folder."""
        return folder / f"{self.stem}{ENDING}"

    @classmethod
    def of_file(cls, path: Path) -> Self | None:
        """Return what looked, as the header of a file of detections says; None for a file without one."""
        try:
            meta = DetectionReader(path).meta
            models = {str(variant): str(sha) for variant, sha in meta["pose_models"].items()}
            return cls(tuple(meta["looks"]), models, str(meta["running_mode"]), int(meta["n_people"]))
        except (DataError, KeyError, TypeError, ValueError, AttributeError):
            return None

    def meta(self) -> dict[str, Any]:
        """Return it as a header has it."""
        return {
            "looks": list(self.looks),
            "pose_models": self.models,
            "running_mode": self.running_mode,
            "n_people": self.n_people,
        }


def looks_for(looks: Sequence[Look], person: ChosenPoint | None) -> tuple[Look, ...]:
    """Return the looks that are taken: of several people by one alone, since looks would have to agree on each."""
    return tuple(looks) if person is None else (Look(looks[-1].variant),)


def instrument_of(looks: Sequence[Look], models: Mapping[str, PoseModel], person: ChosenPoint | None) -> Instrument:
    """Return what looks at a video: for all people once one of them was chosen, so that any other can be as well."""
    shas = {variant: model.sha256 for variant, model in models.items()}
    return Instrument(tuple(look.name for look in looks), shas, n_people=1 if person is None else MOST_PEOPLE)
