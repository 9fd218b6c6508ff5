"""Which videos are meant by what a person typed, and which settings are meant for single ones of them."""

import fnmatch
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import SettingsError, SourceError, brief
from core.process.job import Job
from core.sources import is_url
from core.system.files.documents import parse_toml
from core.system.files.suffixes import images_in, videos_in


def video_paths(specs: Sequence[str]) -> list[Path]:
    """Return the video files that a person typed, each once; a folder stands for the videos in it, in order of name.

    Raises:
        SettingsError: A camera or an address, which have no end.
        SourceError: A folder without videos, or one that cannot be read.
    """
    videos: dict[str, Path] = {}
    for spec in specs:
        path = Path(spec).expanduser()
        if not os.path.exists(path) and (is_url(spec) or spec.isdecimal()):
            raise SettingsError(f"{spec} is not a video file; open cameras and streams in the window.")
        for video in _videos_in(path) if os.path.isdir(path) else [path]:
            videos.setdefault(os.path.abspath(video), video)
    return list(videos.values())


def _videos_in(folder: Path) -> list[Path]:
    """Return the videos in a folder, or the folder itself when it holds the pictures of one."""
    try:
        found = videos_in(folder) or ([folder if folder.name else folder.resolve()] if images_in(folder) else [])
    except OSError as error:
        raise SourceError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not found:
        raise SourceError(f"There is no video in the folder {folder}, and no numbered pictures of one.")
    return found


@dataclass(frozen=True)
class PerFile:
    """Settings for single files, from a TOML file: a table per file name or pattern, later ones on top.

    A file of exactly that name is meant even where the name reads as a pattern: `["Dance [id].mp4"]`.

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
            raise SettingsError(f"The settings file {path} cannot be read ({brief(error)}).") from error
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
            if _is_meant(pattern, video):
                try:
                    job = job.changed_by(table)
                except SettingsError as error:
                    raise SettingsError(f'{self.path}, ["{pattern}"]: {error}') from error
        return job

    def require_all_used(self, videos: Sequence[Path]) -> None:
        """Raise SettingsError when a table is for no video: its name is mistyped."""
        for pattern in self.tables:
            if not any(_is_meant(pattern, video) for video in videos):
                raise SettingsError(f'{self.path}: ["{pattern}"] is none of the videos.')


def _is_meant(pattern: str, video: Path) -> bool:
    # disks differ in how they compose accents, and editors too
    name, wanted = (unicodedata.normalize("NFC", text) for text in (video.name, pattern))
    return name == wanted or fnmatch.fnmatch(name, wanted)
