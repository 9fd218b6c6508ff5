"""What is to be done with videos, and what the results are called."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.errors import SettingsError, SourceError
from core.exporters import EXPORTERS
from core.exporters.formats import require_formats
from core.exporters.pictures.annotated_video import VIDEOS
from core.files.documents import parse_toml
from core.sequence.export_choices import ExportChoices
from core.settings import Settings
from core.sources import is_camera, is_url

ENDINGS: Final = (
    {e.name: e.ending for e in EXPORTERS.values()}
    | {name: video.ending for name, video in VIDEOS.items()}
    | {"png": "_report.png"}
)
"""Format → what follows the video's name. No video has the name of its input."""

_VIDEO_SUFFIXES: Final = frozenset(
    ".mp4 .m4v .mov .avi .mkv .webm .mpg .mpeg .wmv .flv .3gp .mts .m2ts .ts .ogv .mjpeg".split()
)
_OWN_ENDINGS: Final = tuple(video.ending for video in VIDEOS.values())
_SETTINGS_KEYS: Final = ("quality", "looks", "variant", "learned_depth_refinement", "refiner")
_JOB_KEYS: Final = ("start_s", "end_s", "formats")


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
        truth: A pair file made from the video, to measure against.
        overwrite: Whether finished results are made again.
    """

    out_dir: Path
    formats: tuple[str, ...] = ("npz", "csv")
    settings: Settings = field(default_factory=Settings)
    choices: ExportChoices = field(default_factory=ExportChoices)
    start_s: float = 0.0
    end_s: float | None = None
    truth: Path | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        require_formats(self.formats, ENDINGS)

    def changed_by(self, table: dict[str, Any]) -> "Job":
        """Return the job with a person's settings for one file.

        Args:
            table: `start_s`, `end_s`, `formats`, the names of `Settings`, and `export` with those of `ExportChoices`.

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
        settings = {key: table[key] for key in _SETTINGS_KEYS if key in table}
        own = ExportChoices.from_table(table.get("export", {}))
        return replace(self, **changes, settings=replace(self.settings, **settings), choices=own.over(self.choices))


@dataclass(frozen=True)
class PerFile:
    """Settings for single files, from a TOML file: a table per file name or pattern, later ones on top.

    Attributes:
        path: The file they are from; None for none.
        tables: Pattern → settings, as `Job.changed_by` takes them.
    """

    path: Path | None = None
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "PerFile":
        """Read a TOML file.

        Raises:
            SettingsError: It cannot be read, or something in it is no table.
        """
        try:
            content = parse_toml(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"The settings file {path} cannot be read ({error}).") from error
        wrong = [name for name, value in content.items() if not isinstance(value, dict)]
        if wrong:
            raise SettingsError(f"{path}: put '{wrong[0]}' under the name of a file, like [\"dance.mp4\"].")
        return cls(path, content)

    def job_of(self, video: Path, job: Job) -> Job:
        """Return the job of one video.

        Raises:
            SettingsError: Its settings make no sense.
        """
        for pattern, table in self.tables.items():
            if fnmatch.fnmatch(video.name, pattern):
                try:
                    job = job.changed_by(table)
                except SettingsError as error:
                    raise SettingsError(f'{self.path}, ["{pattern}"]: {error}') from error
        return job

    def require_all_used(self, videos: Sequence[Path]) -> None:
        """Raise SettingsError when a table is for no video: its name is mistyped."""
        for pattern in self.tables:
            if not any(fnmatch.fnmatch(video.name, pattern) for video in videos):
                raise SettingsError(f'{self.path}: ["{pattern}"] is none of the videos.')


def output_paths(job: Job, video: Path) -> dict[str, Path]:
    """Return format → file for one video, and under "toml" the settings saved beside them."""
    endings = {name: ENDINGS[name] for name in job.formats} | {"toml": ".settings.toml"}
    return {name: job.out_dir / f"{video.stem}{ending}" for name, ending in endings.items()}


def video_paths(specs: Sequence[str]) -> list[Path]:
    """Return the video files that a person typed; a folder stands for the videos in it, in the order of their names.

    Raises:
        SettingsError: A camera or an address, which have no end.
        SourceError: A folder without videos, or one that cannot be read.
    """
    videos: list[Path] = []
    for spec in specs:
        if is_camera(spec) or is_url(spec):
            raise SettingsError(f"{spec} is not a video file; open cameras and streams in the window.")
        path = Path(spec).expanduser()
        videos += _videos_in(path) if path.is_dir() else [path]
    return videos


def _videos_in(folder: Path) -> list[Path]:
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in _VIDEO_SUFFIXES and not path.name.endswith(_OWN_ENDINGS) and path.is_file()
        )
    except OSError as error:
        raise SourceError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not found:
        raise SourceError(f"There is no video in the folder {folder}.")
    return found


def require_distinct_names(videos: Sequence[Path]) -> None:
    """Raise SettingsError when two videos would write the same files."""
    first: dict[str, Path] = {}
    for video in videos:
        if video.stem in first:
            raise SettingsError(
                f"{first[video.stem]} and {video} would both be written as {video.stem}; process them into two folders."
            )
        first[video.stem] = video
