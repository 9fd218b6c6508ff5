"""Reading NumPy archives that anybody may have made: nothing is executed, no size is believed unchecked."""

import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError, brief

LARGEST_BYTES: Final = 4 * 2**30
"""Of all arrays of a file, unpacked: two hours of poses at 60 frames/s take half a gibibyte."""

# What zipfile, zlib and numpy's header parser raise on damaged files; the last ones on sizes and features nobody has.
READ_ERRORS: Final = (
    OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, struct.error, SyntaxError,
    NotImplementedError, RuntimeError, OverflowError, MemoryError, tokenize.TokenError,
)  # fmt: skip


def load_npz(path: Path, what: str, advice: str, wanted: Collection[str] | None = None) -> dict[str, npt.NDArray[Any]]:
    """Return name → array of what is in an NPZ.

    Args:
        path: The file.
        what: What it should be, with its article: "a readable pair file".
        advice: What to do when it is not: "make it again".
        wanted: Read only these where they are there; None reads everything.

    Raises:
        DataError: Not an NPZ, damaged, implausibly large, or with Python objects in it.
    """
    if os.path.isdir(path):  # unlike Path.is_dir, no error in a folder that may not be entered
        raise DataError(f"{path} is a folder, not {what}; give the .npz file in it.")
    try:
        with path.open("rb") as handle:
            if not zipfile.is_zipfile(handle):
                raise ValueError("it is no .npz archive")
            with zipfile.ZipFile(handle) as members:
                n_bytes = sum(member.file_size for member in members.infolist())
            if n_bytes > LARGEST_BYTES:
                raise ValueError(f"{n_bytes / 2**30:.0f} GiB unpacked")
            handle.seek(0)
            with np.load(handle, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files if wanted is None or name in wanted}
                if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                    raise ValueError("a member is no array")
                return arrays
    except READ_ERRORS as error:
        raise DataError(f"{path} is not {what} ({brief(error)}); {advice}.") from error
