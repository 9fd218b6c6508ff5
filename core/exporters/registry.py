"""Which formats there are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.exporters import csv, json, npz
from core.sequence import PoseSequence


@dataclass(frozen=True)
class Exporter:
    """One format.

    Attributes:
        name: What a user types; also the file's ending, without the dot.
        description: For file dialogs and help.
        save: Write a sequence to a path, atomically; raises OutputError.
        load: Read it back; raises DataError.
    """

    name: str
    description: str
    save: Callable[[PoseSequence, Path], None]
    load: Callable[[Path], PoseSequence]


EXPORTERS = {
    e.name: e
    for e in (
        Exporter("npz", "NumPy archive with everything", npz.save, npz.load),
        Exporter("csv", "Table, one row per frame", csv.save, csv.load),
        Exporter("json", "JSON, one object per frame", json.save, json.load),
    )
}
