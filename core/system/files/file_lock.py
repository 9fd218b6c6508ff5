"""A lock on a file that the system takes back from a program that dies."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def take_lock(handle: IO[bytes]) -> None:
        """Lock an open file; OSError when another program has it."""
        handle.seek(0)  # it locks from where the file stands, and all must lock the same byte
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def take_lock(handle: IO[bytes]) -> None:
        """Lock an open file; OSError when another program has it."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` for the duration; yields whether it was free."""
    with path.open("ab") as handle:
        try:
            take_lock(handle)
        except OSError:
            yield False
            return
        yield True
