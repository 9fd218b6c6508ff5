"""Pickles that may hold nothing but numpy arrays.

A pickle is a program: an ordinary `pickle.load` runs whatever the file says. Here every name that the file asks for
must be one of the few with which numpy writes an array, so nothing else can be called.
"""

import pickle
import warnings
from pathlib import Path
from typing import Any, Final

from core.errors import DataError, brief

_ALLOWED: Final = frozenset(
    (module, name)
    for package in ("numpy.core", "numpy._core")  # before and since numpy 2
    for module, name in (
        (f"{package}.multiarray", "_reconstruct"),
        (f"{package}.multiarray", "scalar"),
        (f"{package}.numeric", "_frombuffer"),
    )
) | {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}
_LARGEST_BYTES: Final = 1 << 30


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _ForbiddenError(f"{module}.{name}")
        if module == "_codecs":
            return _latin1
        # the old and the new name mean the same
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _latin1(text: str, _encoding: str) -> bytes:
    """Stand in for `_codecs.encode`, with which Python 3 writes bytes into pickles that Python 2 can read."""
    return text.encode("latin1")


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
        with path.open("rb") as handle, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numpy, about what a damaged file asks of it
            content = _ArraysOnly(handle).load()
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
