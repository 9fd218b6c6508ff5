"""Pickles that may hold nothing but numpy arrays.

A pickle is a program: an ordinary `pickle.load` runs whatever the file says. This one asks only for the few names with
which numpy writes an array, and even those are stand-ins that note what they are told: numpy's own trust a file so far
that a damaged one ends the process. The arrays are made afterwards, of numbers.
"""

import io
import pickle
import pickletools
import re
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from core.errors import DataError, brief

_LARGEST_BYTES: Final = 1 << 30
_NUMBER: Final = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248])")
_ALLOWED: Final = {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")} | {
    (f"{package}.{module}", name)
    for package in ("numpy.core", "numpy._core")  # before and since numpy 2
    for module, name in (("multiarray", "_reconstruct"), ("multiarray", "scalar"), ("numeric", "_frombuffer"))
}
_ROOMS: Final = frozenset({"FRAME", "PUT", "BINPUT", "LONG_BINPUT"})
"""What a pickle gives a size to, or a number in a table that grows up to it; of texts and bytes genops checks it."""


class _Noted:
    """What a name was called with, and the state that it was given."""

    def __init__(self, name: str, *given: Any) -> None:
        self.name, self.given = name, given
        self.state: Any = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _ForbiddenError(f"{module}.{name}")
        return partial(_Noted, name)


class _ForbiddenError(Exception):
    """The pickle asks for something other than an array."""


def load_arrays(path: Path) -> dict[str, Any]:
    """Read a pickled dictionary of numpy arrays; anything else in it is refused before it can run.

    Raises:
        DataError: Missing, damaged, not a dictionary, or it asks for code or objects.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DataError(f"{path} is implausibly large for an annotation; fetch it again.")
        packed = path.read_bytes()
        # Python would set aside gigabytes at once
        if any(
            code.name in _ROOMS and isinstance(room, int) and room > len(packed)
            for code, room, _ in pickletools.genops(packed)
        ):
            raise ValueError("it asks for more room than it is long")
        content = _ArraysOnly(io.BytesIO(packed)).load()
        if isinstance(content, dict):
            content = {key: _made(value) if isinstance(value, _Noted) else value for key, value in content.items()}
    except DataError:
        raise
    except _ForbiddenError as error:
        raise DataError(
            f"{path} is refused: it asks for '{error}', and an annotation holds numpy arrays only; "
            "fetch it from the official place."
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"There is no annotation {path}.") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to ask for
        raise DataError(f"{path} is not a readable annotation ({brief(error)}); fetch it again.") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} holds no dictionary of arrays; it is not an AIST++ annotation.")
    return content


def _made(noted: _Noted) -> Any:
    """Return the array that was described, or a number where it has no axes; any error: it was none."""
    axes: Any = None
    if noted.name == "_reconstruct":
        _, shape, dtype, is_fortran, content = noted.state
        order = "F" if is_fortran else "C"
    elif noted.name == "scalar":
        (dtype, content), shape, order = noted.given, (), "C"
    else:
        content, dtype, shape, order, *rest = noted.given
        if order == "K":  # from numpy 2.3 on, with the order of the axes
            order, axes = "C", rest[0]
    flat: npt.NDArray[Any] = np.frombuffer(_bytes(content), _dtype(dtype))
    array = flat.reshape(shape, order=cast("Any", order))
    return (array if axes is None else array.transpose(axes)).copy()[()]


def _bytes(noted: Any) -> bytes:
    """Return bytes as they are, or as Python 3 writes them into pickles that Python 2 can read."""
    return noted.given[0].encode("latin1") if isinstance(noted, _Noted) else bytes(memoryview(noted))


def _dtype(noted: Any) -> "np.dtype[Any]":
    kind = noted.given[0]
    kind = kind if isinstance(kind, str) else _bytes(kind).decode("ascii")
    order = noted.state[1] if noted.state else "="
    order = order if isinstance(order, str) else _bytes(order).decode("ascii")
    if noted.name != "dtype" or not _NUMBER.fullmatch(kind) or order not in ("<", ">", "=", "|"):
        raise ValueError("an array of something other than numbers")
    made: np.dtype[Any] = np.dtype(kind)
    return made if kind[0] in "<>=|" else made.newbyteorder(cast("Any", order))
