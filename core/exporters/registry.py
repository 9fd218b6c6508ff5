"""Which formats there are, and what each is given unless asked otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.choices import AS_RECORDED, READY_Y_UP, ExportChoices
from core.exporters import bvh, csv, glb, json, npz, trc
from core.prepared import PreparedMotion, prepare
from core.sequence import PoseSequence

_NOTHING_CHOSEN = ExportChoices()


@dataclass(frozen=True)
class Exporter:
    """One format.

    Attributes:
        name: What a user types.
        ending: What follows the video's name, with the dot.
        description: For file dialogs and help.
        write: Write a prepared motion to a path, atomically; raises OutputError.
        usual: What is chosen where the user leaves it open.
        is_uniform: Whether the format needs a constant frame rate.
        load: Read it back; None for formats that hold less than a sequence. Raises DataError.
    """

    name: str
    ending: str
    description: str
    write: Callable[[PreparedMotion, Path], None]
    usual: ExportChoices
    is_uniform: bool = False
    load: Callable[[Path], PoseSequence] | None = None

    def save(self, sequence: PoseSequence, path: Path, choices: ExportChoices = _NOTHING_CHOSEN) -> None:
        """Write a sequence to a path, atomically.

        Raises:
            OutputError: The file cannot be written.
            SettingsError: The choices make no sense for this format.
            DataError: The choices cannot be applied to this sequence.
        """
        self.write(self.prepare(sequence, choices), path)

    def prepare(self, sequence: PoseSequence, choices: ExportChoices) -> PreparedMotion:
        """Return what `write` is given."""
        return prepare(sequence, choices.over(self.usual), is_uniform=self.is_uniform)


EXPORTERS = {
    e.name: e
    for e in (
        Exporter("npz", ".npz", "NumPy archive with everything", npz.write, READY_Y_UP, load=npz.load),
        Exporter("csv", ".csv", "Table, one row per frame", csv.write, AS_RECORDED, load=csv.load),
        Exporter("json", ".json", "JSON, one object per frame", json.write, AS_RECORDED, load=json.load),
        Exporter("trc", ".trc", "Markers for OpenSim", trc.write, READY_Y_UP, is_uniform=True),
        Exporter("bvh", ".bvh", "Skeleton animation for Blender, Unity, Maya", bvh.write, READY_Y_UP, is_uniform=True),
        Exporter("glb", ".glb", "Animated figure (glTF) for Blender, the web", glb.write, READY_Y_UP),
    )
}
