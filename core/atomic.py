"""Files that exist whole or not at all."""

import contextlib
import glob
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from core.errors import OutputError

_ABANDONED_S = 600.0  # a temporary file nobody has written to for so long was left by a process that was killed


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; rename it there on success, delete it on failure.

    The temporary name keeps the suffix of `target`, since some writers choose a format by it.

    Raises:
        OutputError: The folder cannot be made or the file cannot be written.
    """
    temporary = target.with_name(f".{target.stem}.{uuid.uuid4().hex[:8]}.part{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"Cannot write {target}: {reason}; choose another folder or free space.") from error
    finally:
        with contextlib.suppress(OSError):  # a folder that may not be entered, or a file in place of a folder
            temporary.unlink(missing_ok=True)


def _remove_abandoned(target: Path) -> None:
    """Delete what writers of the same file left that could not delete it themselves."""
    for path in target.parent.glob(f".{glob.escape(target.stem)}.????????.part{glob.escape(target.suffix)}"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _ABANDONED_S:
                path.unlink()


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
