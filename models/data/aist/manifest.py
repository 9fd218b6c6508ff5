"""The folder of a conversion: pair files, what became of each video, and the index of the data set.

`manifest.jsonl` gets a line as each video ends, so that a run that is killed at any moment goes on where it was: a
pair file without a line is made again, a line that was cut off is no line. A run that comes to its end leaves the
lines sorted; nothing in the folder depends on when or in which order the work was done.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from core.errors import DataError, OutputError, brief
from core.system.files.atomic import write_text
from core.system.files.documents import parse_json
from models.data.aist.task import DONE, FAILED, ConvertedVideo, Options, VideoTask, pair_files_of
from models.data.look_folders import write_look_indices

_NAME: Final = "manifest.jsonl"


class Manifest:
    """What a folder holds; one process writes it."""

    def __init__(self, options: Options) -> None:
        """Open a new folder or one of an earlier run, and remove what a killed run left half-written.

        Raises:
            DataError: The folder holds pairs made in another way, or its manifest is damaged.
            OutputError: The folder cannot be written.
        """
        self.folder, self._looks = options.out, options.looks
        self._path = options.out / _NAME
        self._settings = options.settings()
        self.outcomes: dict[str, ConvertedVideo] = {}
        if os.path.isfile(self._path):  # in a folder that may not be entered there is none; writing says so
            self._load()
        elif any(options.out.glob("*.npz")):
            raise DataError(f"{options.out} holds pair files but no {_NAME}; choose an empty folder.")
        for left in options.out.rglob(".*.part.*"):
            left.unlink(missing_ok=True)
        self._rewrite()

    def is_settled(self, task: VideoTask) -> bool:
        """Whether a video needs no work: done with its file there, or skipped, and not replaced since."""
        before = self.outcomes.get(str(task.name))
        if before is None or before.status == FAILED or before.video_bytes != task.video_bytes:
            return False
        return before.status != DONE or all(map(os.path.isfile, self._paths(before.video)))

    def add(self, outcome: ConvertedVideo) -> None:
        """Record an outcome on disk.

        Raises:
            OutputError: It cannot be written.
        """
        self.outcomes[outcome.video] = outcome
        try:
            with self._path.open("a", encoding="utf-8") as handle:
                handle.write(_line(outcome))
        except OSError as error:
            raise OutputError(f"Cannot write {self._path}: {error.strerror}; free space and start again.") from error

    def finish(self) -> Path:
        """Sort the manifest, write the index and return its path.

        Raises:
            OutputError: They cannot be written.
        """
        self._rewrite()
        splits = {
            file: outcome.split
            for outcome in self.outcomes.values()
            if outcome.status == DONE
            for file in pair_files_of(self._looks, outcome.video).values()
        }
        about: dict[str, Any] = {
            **self._settings,
            "n_pairs": sum(o.n_pairs for o in self.outcomes.values()),
            "licence": "annotations CC BY 4.0; videos: terms of use of the AIST Dance Video Database",
        }
        write_look_indices(self.folder, self._looks, splits, about)
        return self.folder / "index.json"

    def _paths(self, video: str) -> list[Path]:
        return [self.folder / file for file in pair_files_of(self._looks, video).values()]

    def _rewrite(self) -> None:
        header = json.dumps({"settings": self._settings}, sort_keys=True) + "\n"
        lines = (_line(self.outcomes[name]) for name in sorted(self.outcomes))
        write_text(self._path, header + "".join(lines))

    def _load(self) -> None:
        try:
            first, *lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            settings = parse_json(first)["settings"]
            # the last line has no end when the run was killed while writing it
            for line in lines:
                if line.endswith("\n"):
                    outcome = ConvertedVideo(**parse_json(line))
                    self.outcomes[outcome.video] = outcome
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self._path} is damaged ({brief(error)}); choose another folder, or delete this one."
            ) from error
        differing = [key for key, value in self._settings.items() if settings.get(key) != value]
        if differing:
            raise DataError(
                f"{self.folder} holds pairs made with another {', '.join(differing)}; choose another folder."
            )


def _line(outcome: ConvertedVideo) -> str:
    return json.dumps(asdict(outcome), sort_keys=True) + "\n"
