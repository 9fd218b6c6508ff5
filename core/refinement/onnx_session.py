"""ONNX Runtime sessions: CUDA where it truly loads, the CPU anywhere."""

import contextlib
import ctypes
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.system.telemetry import load_onnxruntime

ort = load_onnxruntime()

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_FATAL_ONLY = 4
# ONNX Runtime's own exceptions share no base class but Exception
_LOAD_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    *(
        kind
        for kind in vars(ort.capi.onnxruntime_pybind11_state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
)


def usable_providers() -> list[str]:
    """Return the providers worth asking for, best first.

    onnxruntime-gpu lists CUDA on machines without a GPU and logs an error when it is asked for, so the driver is
    looked for first. Whether CUDA then loads is known only from a session's `get_providers()`.
    """
    if CUDA not in ort.get_available_providers() or not _has_cuda_driver():
        return [CPU]
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it misses where a command's JSON may go
        ort.preload_dlls()
    return [CUDA, CPU]


def _has_cuda_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def create_session(path: Path, content: bytes, providers: Sequence[str] | None = None) -> Any:
    """Open an ONNX model on one thread: two are slower for a model this small.

    Args:
        path: Named in errors.
        content: The file's bytes.
        providers: Execution providers, best first; None asks for what this machine can use.

    Raises:
        ModelError: ONNX Runtime refuses the file.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    ort.set_default_logger_severity(_FATAL_ONLY)  # what goes wrong while CUDA is tried is not the session's to log
    try:
        return ort.InferenceSession(content, options, providers=list(providers or usable_providers()))
    except _LOAD_ERRORS as error:
        first_line = str(error).splitlines()[0]
        raise ModelError(f"{path} is not a refiner that can be loaded ({first_line}); export it again.") from error
