"""The settings saved beside a result (`NAME.settings.toml`): how it was made, and whether it is finished."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from core.files.atomic import write_text
from core.files.documents import parse_toml
from core.version import program_version

_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True)
class Record:
    """How a result was made.

    Attributes:
        input: The video: name, size and fingerprint.
        settings: Everything that changes the numbers; no None, since TOML has none.
        result: What was written: `complete`, `files`, `n_frames`, `n_found`.
    """

    input: dict[str, Any]
    settings: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Record | None":
        """Read a record; None when there is none or it is damaged, so that the work is done again."""
        try:
            table = parse_toml(path.read_text(encoding="utf-8"))
            return cls(dict(table["input"]), dict(table["settings"]), dict(table["result"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, path: Path) -> None:
        """Write it atomically.

        Raises:
            OutputError: The file cannot be written.
        """
        result = {"program_version": program_version(), **self.result}
        write_text(path, tomli_w.dumps({"result": result, "input": self.input, "settings": self.settings}))

    def vouches_for(self, wanted: "Record", files: list[Path]) -> bool:
        """Whether this is a finished result of the same video and settings, with all its files there."""
        return (
            bool(self.result.get("complete"))
            and self.input == wanted.input
            and self.settings == wanted.settings
            and all(path.is_file() for path in files)
        )

    def is_source_for(self, wanted: "Record") -> bool:
        """Whether its archive holds what `wanted` needs: the same video and poses, whatever is exported of them."""
        return (
            bool(self.result.get("complete"))
            and self.input == wanted.input
            and _of_poses(self.settings) == _of_poses(wanted.settings)
        )


def _of_poses(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in ("export", "truth")}


def describe_input(path: Path) -> dict[str, Any]:
    """Return name, size and fingerprint of a file: sha256 of its first and last mebibyte, so quick for any size."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as handle:
        digest.update(handle.read(_SAMPLE_BYTES))
        handle.seek(max(size - _SAMPLE_BYTES, 0))
        digest.update(handle.read(_SAMPLE_BYTES))
    return {"name": path.name, "size_bytes": size, "fingerprint": digest.hexdigest()}
