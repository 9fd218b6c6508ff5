"""How much memory this process holds, and giving back what it does not use."""

import ctypes
import os
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")


def resident_mib() -> float:
    """Return the resident memory of this process, MiB; NaN where the system has no /proc to tell it."""
    if not _STATM.exists():
        return float("nan")
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def give_memory_back() -> None:
    """Return freed memory to the system where the allocator would keep it: glibc, after something large has ended.

    Frames and network buffers of several sizes leave holes that glibc reuses by chance, so that the size of a process
    that opens one file after the other wanders by a tenth of it. Takes some milliseconds.
    """
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
