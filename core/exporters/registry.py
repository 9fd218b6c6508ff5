"""Which formats there are, and what each is given unless asked otherwise."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingsError
from core.exporters import angles, c3d, csv, cycles, json, mot, npz, parquet, tidy, trc
from core.exporters.rig import bvh, glb
from core.sequence.export_choices import AS_RECORDED, READY_Y_UP, READY_Z_UP, ExportChoices
from core.sequence.pose_sequence import PoseSequence
from core.sequence.prepared import PreparedMotion, prepare

_NOTHING_CHOSEN = ExportChoices()
_REFINED_ONLY = frozenset({"raw_m", "uncertainty_m"})


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
        holds: Whether the format knows no unknown value, so that the last pose is held where nobody is seen.
        without: Arrays of the sequence that the format does not look at.
        package: What must be installed besides, by its import name, and the extra that brings it; None for nothing.
        load: Read it back; None for formats that hold less than a sequence. Raises DataError.
    """

    name: str
    ending: str
    description: str
    write: Callable[[PreparedMotion, Path], None]
    usual: ExportChoices
    is_uniform: bool = False
    holds: bool = False
    without: frozenset[str] = frozenset()
    load: Callable[[Path], PoseSequence] | None = None
    package: tuple[str, str] | None = None

    def save(self, sequence: PoseSequence, path: Path, choices: ExportChoices = _NOTHING_CHOSEN) -> None:
        """Write a sequence to a path, atomically.

        Raises:
            OutputError: The file cannot be written.
            SettingsError: The choices make no sense for this format.
            DataError: The choices cannot be applied to this sequence.
        """
        self.write(self.prepare(sequence, choices), path)

    def require_package(self) -> None:
        """Raise SettingsError when a package is missing: to be asked before long work."""
        if self.package is not None and importlib.util.find_spec(self.package[0]) is None:
            package, extra = self.package
            raise SettingsError(
                f"The format '{self.name}' needs {package}, which is missing: pip install -e '.[{extra}]'"
            )

    def prepare(self, sequence: PoseSequence, choices: ExportChoices) -> PreparedMotion:
        """Return what `write` is given."""
        return prepare(sequence, choices.over(self.usual), is_uniform=self.is_uniform, holds=self.holds)


EXPORTERS = {
    e.name: e
    for e in (
        Exporter("npz", ".npz", "NumPy archive with everything", npz.write, READY_Y_UP, load=npz.load),
        Exporter("csv", ".csv", "Table, one row per frame", csv.write, AS_RECORDED, load=csv.load),
        Exporter("tidy", "_tidy.csv", "Table, one row per frame and landmark", tidy.write, AS_RECORDED),
        Exporter(
            "parquet",
            ".parquet",
            "Table for pandas, R, DuckDB",
            parquet.write,
            AS_RECORDED,
            package=("pyarrow", "parquet"),
        ),
        Exporter("json", ".json", "JSON, one object per frame", json.write, AS_RECORDED, load=json.load),
        Exporter("angles", "_angles.csv", "Joint angles, one row per frame", angles.write, READY_Y_UP),
        Exporter("cycles", "_cycles.csv", "Repetitions, one row each", cycles.write, READY_Y_UP),
        Exporter("trc", ".trc", "Markers for OpenSim", trc.write, READY_Y_UP, is_uniform=True, without=_REFINED_ONLY),
        Exporter(
            "mot",
            ".mot",
            "Joint angles for OpenSim",
            mot.write,
            READY_Y_UP,
            is_uniform=True,
            holds=True,
            without=_REFINED_ONLY,
        ),
        Exporter(
            "c3d",
            ".c3d",
            "Markers for motion-capture programs",
            c3d.write,
            READY_Z_UP,
            is_uniform=True,
            without=_REFINED_ONLY,
        ),
        Exporter(
            "bvh",
            ".bvh",
            "Skeleton animation for Blender, Unity, Maya",
            bvh.write,
            READY_Y_UP,
            is_uniform=True,
            holds=True,
            without=_REFINED_ONLY,
        ),
        Exporter(
            "glb",
            ".glb",
            "Animated figure (glTF) for Blender, the web",
            glb.write,
            READY_Y_UP,
            holds=True,
            without=_REFINED_ONLY,
        ),
    )
}
