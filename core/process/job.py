"""What a person wants of videos: formats, range, models, and how it is made ready for files."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.detection.chosen_point import ChosenPoint
from core.errors import SettingsError
from core.exporters import EXPORTERS
from core.exporters.pictures.annotated_video import VIDEOS
from core.exporters.pictures.take_report.formats import REPORTS
from core.process.formats import require_formats
from core.sequence.export_choices import ExportChoices
from core.settings import Settings
from core.sources.reading import AS_IT_SAYS, READING_KEYS, Reading

ENDINGS: Final = (
    {e.name: e.ending for e in EXPORTERS.values()}
    | {name: video.ending for name, video in VIDEOS.items()}
    | {name: report.ending for name, report in REPORTS.items()}
    | {"png": "_report.png"}
)
"""Format → what follows the video's name. No video has the name of its input."""

_SETTINGS_KEYS: Final = ("quality", "looks", "variant", "learned_depth_refinement", "refiner")
_JOB_KEYS: Final = ("start_s", "end_s", "formats", *READING_KEYS, "person")


@dataclass(frozen=True)
class Job:
    """What to do with videos.

    Attributes:
        out_dir: Where results go; made if it does not exist.
        formats: Keys of ENDINGS.
        settings: Pose variant and refinement.
        choices: Coordinates, filter, gaps and scale of what is exported.
        start_s: Start of the range, seconds.
        end_s: Its end, None for the end of the file.
        reading: What the video does not say: capture rate, a picture that is turned or mirrored.
        person: Whom to follow, of several: who is nearest to it at its time.
        truth: A pair file made from the video, to measure against.
        overwrite: Whether finished results are made again.
    """

    out_dir: Path
    formats: tuple[str, ...] = ("npz", "csv")
    settings: Settings = field(default_factory=Settings)
    choices: ExportChoices = field(default_factory=ExportChoices)
    start_s: float = 0.0
    end_s: float | None = None
    reading: Reading = AS_IT_SAYS
    person: ChosenPoint | None = None
    truth: Path | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        require_formats(self.formats, ENDINGS)

    def changed_by(self, table: dict[str, Any]) -> "Job":
        """Return the job with a person's settings for one file.

        Args:
            table: `start_s`, `end_s`, `formats`, `person`, the names of `Reading.table` and of `Settings`, and `export`
                with those of `ExportChoices`.

        Raises:
            SettingsError: An unknown name or an impossible value.
        """
        unknown = set(table) - {*_JOB_KEYS, *_SETTINGS_KEYS, "export"}
        if unknown:
            known = ", ".join((*_JOB_KEYS, *_SETTINGS_KEYS, "export"))
            raise SettingsError(f"there is no setting '{', '.join(sorted(unknown))}'; there are {known}.")
        changes: dict[str, Any] = {}
        for key in ("start_s", "end_s"):
            if key in table:
                if isinstance(table[key], bool) or not isinstance(table[key], (int, float)):
                    raise SettingsError(f"the setting '{key}' cannot be {table[key]!r}.")
                changes[key] = float(table[key])
        if "formats" in table:
            changes["formats"] = tuple(str(name) for name in table["formats"])
        if "person" in table:
            changes["person"] = ChosenPoint.parse(str(table["person"]))
        reading = {key: table[key] for key in READING_KEYS if key in table}
        changes["reading"] = Reading.from_table(reading, self.reading)
        settings = {key: table[key] for key in _SETTINGS_KEYS if key in table}
        own = ExportChoices.from_table(table.get("export", {}))
        return replace(self, **changes, settings=replace(self.settings, **settings), choices=own.over(self.choices))
