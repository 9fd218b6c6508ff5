"""What is saved beside results and says how each was made: `NAME.settings.toml`, and `NAME.export.toml`.

The first is of results that came from a video, the second of those that `export-sequence` made from a recording. A
file that both would list is listed by the one that wrote it last. What neither lists was not written by this program.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import tomli_w

from core.errors import OutputError
from core.system.files.atomic import write_text
from core.system.files.documents import parse_toml
from core.system.files.names import shown
from core.system.files.suffixes import images_in
from core.system.version import program_version

SETTINGS_ENDING: Final = ".settings.toml"
EXPORT_ENDING: Final = ".export.toml"
_SAMPLE_BYTES: Final = 1 << 20
_OF_THE_SEQUENCE: Final = ("notes", "absences_s", "file")
"""What is said of a file beside what was chosen for it."""
_NOT_OF_POSES: Final = ("export", "truth")
"""What version 0.3 and older saved among the settings; it belongs to single files."""


@dataclass(frozen=True)
class Record:
    """How the results of a video were made.

    Attributes:
        input: The video: name, size and fingerprint.
        settings: Everything that changes the poses; no None, since TOML has none.
        result: `complete`: whether the poses are those of the whole range; `files`: names of what was written of these
            poses; `export`: format → how it was made; `other_files`: names of what this program wrote besides or was
            about to write, of other poses; `n_frames`, `n_found`, `warnings`.
    """

    input: dict[str, Any]
    settings: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Record | None":
        """Read a record; None when there is none or it is damaged."""
        try:
            table = parse_toml(path.read_text(encoding="utf-8"))
            settings = {key: value for key, value in table["settings"].items() if key not in _NOT_OF_POSES}
            record = cls(dict(table["input"]), settings, dict(table["result"]))
            return record if all(isinstance(name, str) for name in record.listed) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, path: Path) -> None:
        """Write it atomically.

        Raises:
            OutputError: The file cannot be written.
        """
        result = {"program_version": program_version(), **self.result}
        write_text(path, tomli_w.dumps({"result": result, "input": self.input, "settings": self.settings}))

    @property
    def is_complete(self) -> bool:
        """Whether the poses are whole."""
        return self.result.get("complete") is True

    @property
    def listed(self) -> set[str]:
        """Names of all files that it speaks of, the way names are shown."""
        return {*self.result.get("files", ()), *self.result.get("other_files", ())}

    def is_of(self, wanted: "Record") -> bool:
        """Whether it is of the same video and the same poses."""
        return self.input == wanted.input and self.settings == wanted.settings

    def lacking(self, paths: Mapping[str, Path], export: Mapping[str, Any]) -> dict[str, Path]:
        """Return the part of `paths` (format → file) that is not there, or was not made as `export` says."""
        files, made = self.result.get("files", ()), self.result.get("export", {})
        return {
            name: path
            for name, path in paths.items()
            if not (
                shown(path.name) in files and path.is_file() and _chosen(made.get(name)) == _chosen(export.get(name))
            )
        }

    def begun(self, names: Iterable[str], earlier: "Record | None") -> "Record":
        """Return what to save before files are written: they are known as this program's, should it be killed.

        Args:
            names: Of the files to be written.
            earlier: The record that is there. What it lists stays known; as made of these poses, if it was.
        """
        new = {shown(name) for name in names}
        listed = set() if earlier is None else earlier.listed
        result: dict[str, Any] = {"complete": False}
        if earlier is not None and earlier.is_of(self):
            result = dict(earlier.result)
        kept = set(result.get("files", ())) - new
        export = {name: made for name, made in result.get("export", {}).items() if made.get("file") not in new}
        more = {"files": sorted(kept), "other_files": sorted((listed | new) - kept), "export": export}
        return replace(self, result={**result, **more})

    def wrote(self, names: Iterable[str], made: Mapping[str, Any], **facts: Any) -> "Record":
        """Return what to save when files have been written.

        Args:
            names: Of the files.
            made: Format → how it was made.
            facts: More for `result`.
        """
        new = {shown(name) for name in names}
        more = {
            "files": sorted({*self.result.get("files", ()), *new}),
            "other_files": sorted({*self.result.get("other_files", ())} - new),
            "export": {**self.result.get("export", {}), **made},
        }
        return replace(self, result={**self.result, **facts, **more})


def _chosen(made: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (made or {}).items() if key not in _OF_THE_SEQUENCE}


def describe_input(path: Path) -> dict[str, Any]:
    """Return name, size and fingerprint of a file: sha256 of its first and last mebibyte, so quick for any size.

    Of a folder of pictures: of their names and sizes.
    """
    if path.is_dir():
        sizes = [(image.name, image.stat().st_size) for image in images_in(path)]
        listed = "".join(f"{name}\0{size}\0" for name, size in sizes).encode("utf-8", "surrogateescape")
        total = sum(size for _, size in sizes)
        return {"name": shown(path.name), "size_bytes": total, "fingerprint": hashlib.sha256(listed).hexdigest()}
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as handle:
        digest.update(handle.read(_SAMPLE_BYTES))
        handle.seek(max(size - _SAMPLE_BYTES, 0))
        digest.update(handle.read(_SAMPLE_BYTES))
    return {"name": shown(path.name), "size_bytes": size, "fingerprint": digest.hexdigest()}


@dataclass(frozen=True)
class ResultsFolder:
    """A folder of results, as it is when it is first asked; whose each file is.

    Attributes:
        path: The folder, which need not exist.
    """

    path: Path

    def record(self, stem: str) -> Record | None:
        """Return the settings beside the results of a name."""
        return Record.load(self.path / f"{stem}{SETTINGS_ENDING}")

    def is_there(self, name: str) -> bool:
        """Whether anything has this name, be it a link that leads nowhere."""
        return os.path.lexists(self.path / name)

    def owners(self, name: str) -> set[str]:
        """Return the names of the results that a file belongs to; empty for a file that this program did not write."""
        return self._owners.get(shown(name), set())

    @cached_property
    def _owners(self) -> dict[str, set[str]]:
        owners: dict[str, set[str]] = {}
        for name in self._names:
            for ending in (SETTINGS_ENDING, EXPORT_ENDING):
                listed = _listed(self.path / name) if name.endswith(ending) else None
                for file in (*listed, shown(name)) if listed is not None else ():
                    owners.setdefault(file, set()).add(shown(name.removesuffix(ending)))
        return owners

    @property
    def _names(self) -> list[str]:
        try:
            return sorted(os.listdir(self.path))
        except OSError:  # none yet, or it cannot be read: then writing says so
            return []


def _listed(path: Path) -> set[str] | None:
    """Return the names in a record of either kind, None for something else."""
    record = Record.load(path)
    if record is not None:
        return record.listed
    exports = load_exports(path)
    return None if exports is None else {str(made["file"]) for made in exports.values()}


def load_exports(path: Path) -> dict[str, dict[str, Any]] | None:
    """Return format → how it was made and under which name (`file`), of a `NAME.export.toml`; None if it is none."""
    try:
        exports = dict(parse_toml(path.read_text(encoding="utf-8"))["export"])
        return {name: dict(made) for name, made in exports.items() if made["file"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_exports(path: Path, exports: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what `load_exports` reads, or nothing at all where nothing is left.

    Raises:
        OutputError: The file cannot be written.
    """
    if exports:
        write_text(path, tomli_w.dumps({"program_version": program_version(), "export": exports}))
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot delete {path}: {error.strerror}.") from error


def forget(folder: Path, stem: str, names: Iterable[str], *, by_export: bool) -> None:
    """Take files from the record that no longer tells the truth about them: they were just written in another way.

    Args:
        folder: Of the results.
        stem: What the results are called.
        names: Of the files.
        by_export: Whether `export-sequence` wrote them.

    Raises:
        OutputError: The record cannot be written.
    """
    gone = {shown(name) for name in names}
    if not by_export:
        path = folder / f"{stem}{EXPORT_ENDING}"
        exports = load_exports(path) or {}
        left = {name: made for name, made in exports.items() if made["file"] not in gone}
        if left != exports:
            save_exports(path, left)
        return
    path = folder / f"{stem}{SETTINGS_ENDING}"
    record = Record.load(path)
    if record is None or not gone & record.listed:
        return
    result = dict(record.result)
    for key in ("files", "other_files"):
        result[key] = [name for name in result.get(key, ()) if name not in gone]
    result["export"] = {name: m for name, m in result.get("export", {}).items() if m.get("file") not in gone}
    replace(record, result=result).save(path)
