"""Files that exist whole or not at all."""

import contextlib
import glob
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from core.errors import OutputError
from core.system.files.names import longest_name, n_bytes, shown

_LONGEST_SUFFIX = 16
_ABANDONED_S = 600.0  # a temporary file nobody has written to for so long was left by a process that was killed


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; rename it there on success, delete it on failure.

    The temporary name keeps the suffix of `target`, since some writers choose a format by it. Nothing else of it: the
    name may be as long as a name can be, or hold bytes that a writer cannot encode.

    Raises:
        OutputError: The name is a folder's or too long, the folder cannot be made or the file cannot be written.
    """
    _require_file_name(target)
    temporary = target.with_name(f".{_own_part(target)}.{uuid.uuid4().hex[:8]}.part{_suffix(target)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or type(error).__name__  # its text may have the temporary name in it
        raise OutputError(f"Cannot write {target}: {reason}; choose another folder or free space.") from error
    finally:
        with contextlib.suppress(OSError):  # a folder that may not be entered, or a file in place of a folder
            temporary.unlink(missing_ok=True)


def _require_file_name(target: Path) -> None:
    if os.path.isdir(target):  # unlike Path's, it takes a folder that may not be entered for none
        raise OutputError(f"{shown(target)} is a folder; give the name of a file in it.")
    excess = n_bytes(target.name) - longest_name(target.parent)
    if excess > 0:
        raise OutputError(f"The name {shown(target.name)} is {excess} bytes too long for a file; give a shorter one.")


def _own_part(target: Path) -> str:
    """Return what tells the temporary files of one target from those of another."""
    return hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]


def _suffix(target: Path) -> str:
    return target.suffix if n_bytes(target.suffix) <= _LONGEST_SUFFIX else ""


def _remove_abandoned(target: Path) -> None:
    """Delete what writers of the same file left that could not delete it themselves."""
    for path in target.parent.glob(f".{_own_part(target)}.????????.part{glob.escape(_suffix(target))}"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _ABANDONED_S:
                path.unlink()


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
