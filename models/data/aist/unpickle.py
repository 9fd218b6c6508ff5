"""Pickles that may hold nothing but numpy arrays.

A pickle is a program: an ordinary `pickle.load` runs whatever the file says. Here every name that the file asks for
must be one of the few with which numpy writes an array, and even those are stand-ins that only note what they are
told: numpy's own trust a file so far that a damaged one ends the process. The arrays are made afterwards, of numbers.
"""

import io
import pickle
import pickletools
import re
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DataError, brief

_LARGEST_BYTES: Final = 1 << 30
_NUMBER: Final = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248])")


class _Dtype:
    """Notes what `numpy.dtype` is called with, and the byte order, which comes as its state."""

    def __init__(self, kind: Any = None, *_: Any) -> None:
        self._kind, self._order = kind, "="

    def __setstate__(self, state: Any) -> None:
        self._order = state[1]

    def make(self) -> "np.dtype[Any]":
        """Return the type of number.

        Raises:
            ValueError: It is none.
        """
        kind = self._kind.decode("ascii") if isinstance(self._kind, bytes) else self._kind
        if not (isinstance(kind, str) and _NUMBER.fullmatch(kind) and self._order in ("<", ">", "=", "|")):
            raise ValueError("an array of something other than numbers")
        made: np.dtype[Any] = np.dtype(kind)
        return made if kind[0] in "<>=|" else made.newbyteorder(self._order)


class _Array:
    """Notes what an array is made of: shape, type, order and bytes."""

    def __init__(self, *_: Any) -> None:
        self._state: tuple[Any, ...] = ()
        self._axes: Any = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, is_fortran, content = state
        self._state = (content, dtype, shape, "F" if is_fortran else "C")

    @classmethod
    def from_buffer(cls, content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> "_Array":
        """Stand in for `numpy._core.numeric._frombuffer`; from numpy 2.3 on, order K comes with the order of axes."""
        array = cls()
        array._state = (content, dtype, shape, "C" if order == "K" else order)
        array._axes = axes if order == "K" else None
        return array

    @classmethod
    def scalar(cls, dtype: Any, content: Any) -> "_Array":
        """Stand in for `numpy._core.multiarray.scalar`."""
        return cls.from_buffer(content, dtype, (), "C")

    def make(self) -> Any:
        """Return the array, or a number where it has no axes.

        Raises:
            ValueError: What was noted makes no array of numbers.
        """
        content, dtype, shape, order = self._state
        if not isinstance(dtype, _Dtype) or not isinstance(content, bytes | bytearray):
            raise ValueError("an array that is none")
        flat = np.frombuffer(bytes(content), dtype.make())
        array = flat.reshape(shape, order=order)
        return (array if self._axes is None else array.transpose(self._axes)).copy()[()]


def _latin1(text: str, _encoding: str) -> bytes:
    """Stand in for `_codecs.encode`, with which Python 3 writes bytes into pickles that Python 2 can read."""
    return text.encode("latin1")


_STAND_INS: Final = {
    (module, name): stand_in
    for package in ("numpy.core", "numpy._core")  # before and since numpy 2
    for module, name, stand_in in (
        (f"{package}.multiarray", "_reconstruct", _Array),
        (f"{package}.multiarray", "scalar", _Array.scalar),
        (f"{package}.numeric", "_frombuffer", _Array.from_buffer),
    )
} | {("numpy", "ndarray"): _Array, ("numpy", "dtype"): _Dtype, ("_codecs", "encode"): _latin1}


_ROOMS: Final = frozenset({"FRAME", "PUT", "BINPUT", "LONG_BINPUT"})
"""What a pickle gives a size to, or a number in a table that grows up to it; of texts and bytes genops checks it."""


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise _ForbiddenError(f"{module}.{name}")
        return _STAND_INS[module, name]


class _ForbiddenError(Exception):
    """The pickle asks for something other than an array."""


def _check_sizes(packed: bytes) -> None:
    """Raise ValueError where a pickle asks for more room than it is long: Python would set aside gigabytes at once."""
    for opcode, argument, _ in pickletools.genops(packed):
        if opcode.name in _ROOMS and int(argument) > len(packed):
            raise ValueError("it asks for more room than it is long")


def load_arrays(path: Path) -> dict[str, Any]:
    """Read a pickled dictionary of numpy arrays; anything else in it is refused before it can run.

    Raises:
        DataError: Missing, damaged, not a dictionary, or it asks for code or objects.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DataError(f"{path} is implausibly large for an annotation; fetch it again.")
        packed = path.read_bytes()
        _check_sizes(packed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numpy, about what a damaged file asks of it
            content = _ArraysOnly(io.BytesIO(packed)).load()
            if isinstance(content, dict):
                content = {key: value.make() if isinstance(value, _Array) else value for key, value in content.items()}
    except _ForbiddenError as error:
        raise DataError(
            f"{path} is refused: it asks for '{error}', and an annotation holds numpy arrays only; "
            "fetch it from the official place."
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"There is no annotation {path}.") from error
    except (pickle.UnpicklingError, OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError,
            ImportError, OverflowError, MemoryError) as error:  # fmt: skip
        raise DataError(f"{path} is not a readable annotation ({brief(error)}); fetch it again.") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} holds no dictionary of arrays; it is not an AIST++ annotation.")
    return content
