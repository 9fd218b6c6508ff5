"""MediaPipe and ONNX Runtime, kept from reporting home; the one place that imports them.

ONNX Runtime keeps a device id below the user's cache folder and tells Microsoft of every session;
`ORT_DISABLE_TELEMETRY=1` stops both when it is set before the import (microsoft/onnxruntime, docs/Privacy.md), which
`core/__init__.py` sees to. MediaPipe tells play.googleapis.com of every landmarker and has no switch
(google-ai-edge/mediapipe#6291). It reports through libcurl, which asks the environment for a proxy at every transfer:
given one of a kind that does not exist, it gives up before it looks up a name or opens a connection.

That environment is the C library's alone: `os.environ`, and with it Python's own requests, keep what the user set, and
`user_environment` hands it on to other programs. FFmpeg asks for other variables.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

_MICROSOFT: Final = ("ORT_DISABLE_TELEMETRY", "1")
_GOOGLE: Final = "play.googleapis.com"
_NOWHERE: Final = "off://no-reports"
"""A proxy of a kind that libcurl does not know."""
_PROXY, _EXCEPT = "https_proxy", "no_proxy"
"""In lower case: what libcurl asks for first."""


def keep_quiet() -> None:
    """Switch ONNX Runtime's reports off for this process and those it starts, and forget a parent's dead proxy."""
    name, value = _MICROSOFT
    os.environ[name] = value
    if os.environ.get(_PROXY) == _NOWHERE:  # a worker, started with the environment of the C library
        del os.environ[_PROXY]


def load_mediapipe() -> Any:
    """Import mediapipe, with nowhere to report to."""
    os.putenv(_PROXY, _NOWHERE)
    os.putenv(_EXCEPT, proxied(os.environ))
    import mediapipe

    return mediapipe


def load_onnxruntime() -> Any:
    """Import onnxruntime, with its reports off."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # where another program imported it before
    return onnxruntime


def reporting(environment: Mapping[str, str]) -> list[str]:
    """Return who may report home from a process in whose C library this is the environment."""
    name, value = _MICROSOFT
    loud = [] if environment.get(name) == value else ["ONNX Runtime"]
    is_kept = environment.get(_PROXY) == _NOWHERE and environment.get(_EXCEPT) == proxied(environment)
    return loud if is_kept else [*loud, "MediaPipe"]


def proxied(environment: Mapping[str, str]) -> str:
    """Return the hosts that go past a proxy, without those that would let a report through; never empty."""
    listed = environment.get(_EXCEPT) or environment.get(_EXCEPT.upper()) or ""
    hosts = [host.strip() for host in listed.replace(",", " ").split()]
    return ",".join(host for host in hosts if host != "*" and not _is_of(host)) or "localhost"


def _is_of(host: str) -> bool:
    return f".{_GOOGLE}".endswith(f".{host.lstrip('.').lower()}")


def user_environment() -> dict[str, str]:
    """Return the environment as the user set it, for programs that use the network."""
    return dict(os.environ)
