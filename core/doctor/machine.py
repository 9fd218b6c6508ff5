"""The doctor's look at Python, packages, libraries, screen and cameras."""

import ctypes
import importlib.metadata
import os
import platform
import subprocess
import sys

from core.doctor.checks import Check, State

_NEEDED = ("numpy", "mediapipe", "opencv-contrib-python", "av", "scipy", "matplotlib", "typer", "rich")
_FOR_WINDOW = ("PySide6-Essentials", "pyqtgraph")
_OLDEST, _FIRST_TOO_NEW = (3, 11), (3, 14)
_APT_LINE = (
    "apt-get install -y libegl1 libgles2 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-xinerama0"
)
_QT_TIMEOUT_S = 30
# in a process of its own, because Qt ends the process when it finds no platform plugin
_QT_PROBE = """
from PySide6.QtGui import QGuiApplication
print("QT", QGuiApplication([]).platformName())
"""


def version_of(package: str) -> str | None:
    """Return a package's version, or None when it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def python() -> list[Check]:
    """Python and the system."""
    is_good = _OLDEST <= sys.version_info[:2] < _FIRST_TOO_NEW
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    advice = "" if is_good else "Use Python 3.11, 3.12 or 3.13."
    return [Check("Python", State.OK if is_good else State.MISSING, found, advice)]


def packages() -> list[Check]:
    """The packages that the main job and the window need."""
    checks = []
    for label, names, state in (("packages", _NEEDED, State.MISSING), ("window packages", _FOR_WINDOW, State.NOTE)):
        versions = {name: version_of(name) for name in names}
        missing = [name for name, version in versions.items() if version is None]
        found = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
        checks.append(Check(label, state if missing else State.OK, found, "pip install -e ." if missing else ""))
    if version_of("opencv-python") or version_of("opencv-python-headless"):
        advice = (
            "pip uninstall opencv-python opencv-python-headless, then pip install --force-reinstall "
            "opencv-contrib-python."
        )
        checks.append(Check("OpenCV", State.NOTE, "two packages own the folder cv2", advice))
    return checks


def video_encoder() -> list[Check]:
    """Whether annotated videos can be written."""
    import av

    if "libx264" in av.codecs_available:
        return [Check("video encoder", State.OK, f"libx264, PyAV {av.__version__}")]
    advice = "Annotated videos (mp4) cannot be written: install PyAV from its wheel, pip install --force-reinstall av."
    return [Check("video encoder", State.NOTE, "no libx264", advice)]


def opengl_libraries() -> list[Check]:
    """EGL and GLES, which MediaPipe links even when nothing is shown (Linux)."""
    if sys.platform != "linux":
        return []
    missing = [name for name in ("libEGL.so.1", "libGLESv2.so.2") if not _loads(name)]
    if missing:
        return [Check("EGL and GLES", State.MISSING, f"{', '.join(missing)} cannot be loaded", f"As root: {_APT_LINE}")]
    return [Check("EGL and GLES", State.OK, "libEGL and libGLESv2 load")]


def window() -> list[Check]:
    """A screen, and Qt on it."""
    if version_of("PySide6-Essentials") is None:
        return []
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")}
    has_screen = sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not has_screen:
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        run = subprocess.run(  # noqa: S603 Python
            [sys.executable, "-c", _QT_PROBE], env=environment, capture_output=True, text=True, timeout=_QT_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return [Check("window", State.NOTE, "Qt does not answer", "Start it with QT_QPA_PLATFORM=xcb.")]
    line = next((line for line in run.stdout.splitlines() if line.startswith("QT ")), None)
    if line is None:
        reason = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[0]
        return [Check("window", State.NOTE, f"Qt does not start: {reason}", f"As root: {_APT_LINE}")]
    found = f"Qt platform {line.removeprefix('QT ').strip()}"
    if not has_screen:
        return [
            Check("window", State.NOTE, f"no screen ({found})", "Process videos without it, or run it under xvfb-run.")
        ]
    return [Check("window", State.OK, found)]


def cameras() -> list[Check]:
    """The cameras that open."""
    from core.sources import find_cameras

    found = find_cameras()
    if found:
        return [Check("cameras", State.OK, f"{', '.join(map(str, found))}: open one with `python main.py {found[0]}`")]
    return [Check("cameras", State.NOTE, "none opens", "Plug one in, or close the program that holds it.")]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
