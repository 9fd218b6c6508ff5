"""Take a picture of the window at work: python -m app.bench.screenshot VIDEO -o OUT.png [--seconds 4]."""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QSettings
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.main import create_application, create_window
from app.session.state import SessionState
from app.window import MainWindow
from core.errors import OutputError
from core.system.files.atomic import atomic_path

_START_TIMEOUT_S = 120.0


def main(arguments: list[str] | None = None) -> int:
    """Open the real window on a video, let packets flow, save what it shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", help="video file, camera number or URL")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG to write")
    parser.add_argument("--seconds", type=float, default=4.0, help="of the source to play first")
    parser.add_argument("--size", default="1280x720", help="of the window, pixels")
    parser.add_argument("--scheme", choices=("light", "dark"), default="dark")
    parser.add_argument("--no-refinement", action="store_true", help="show MediaPipe's own joints")
    options = parser.parse_args(arguments)

    with isolated():
        return _take(options)


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """Keep a picture from depending on, or changing, what the user's own window remembers, its models and runs."""
    names = ("XDG_CONFIG_HOME", "XDG_DATA_HOME")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        os.environ.update(dict.fromkeys(names, folder))
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _take(options: argparse.Namespace) -> int:
    create_application(options.scheme)
    window = create_window(refinement=not options.no_refinement)
    window.resize(*(int(v) for v in options.size.split("x")))
    window.show()
    window.open(options.video)
    is_flowing = play(window, options.seconds)
    picture = window.grab()
    window.close_at_once()
    if not is_flowing:
        print(window.banner.text or "No frame came.", file=sys.stderr)
        return 2
    return 0 if save_picture(picture, options.output) else 2


def play(window: MainWindow, seconds: float) -> bool:
    """Let the window run until it has shown `seconds` of the source; return whether any came."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while window.session.status.state != SessionState.PLAYING:
        QApplication.processEvents()
        if window.session.state == SessionState.FAILED or time.monotonic() > deadline or window.banner.isVisible():
            return False
        time.sleep(0.005)
    session, start_s = window.session, window.session.position_s
    while session.position_s < start_s + seconds and session.state == SessionState.PLAYING:
        QApplication.processEvents()
        time.sleep(0.002)
    window.board.redraw_plots()
    QApplication.processEvents()
    return True


def save_picture(picture: QPixmap, path: Path) -> bool:
    """Save a picture; say so on stderr and return False when that cannot be done."""
    encoded = QBuffer()  # Qt, writing a file itself, does not say when the disk is full
    encoded.open(QIODevice.OpenModeFlag.WriteOnly)
    try:
        if not picture.save(encoded, "PNG", 0):  # 0: the smallest file
            raise OutputError(f"There is no picture to write to {path}.")
        with atomic_path(path) as temporary:
            temporary.write_bytes(encoded.data().data())
    except OutputError as error:
        print(error, file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())
