"""Take a picture of the window at work: python -m app.screenshot VIDEO -o OUT.png [--seconds 4]."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.main import create_application, create_window
from app.session import SessionState
from app.window import MainWindow

_START_TIMEOUT_S = 120.0


def main(arguments: list[str] | None = None) -> int:
    """Open the real window on a video, let packets flow, save what it shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", help="video file, camera number or URL")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG to write")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long to play first")
    parser.add_argument("--size", default="1280x720", help="of the window, pixels")
    parser.add_argument("--scheme", choices=("light", "dark"), default="dark")
    parser.add_argument("--no-refinement", action="store_true", help="show MediaPipe's own joints")
    options = parser.parse_args(arguments)

    with tempfile.TemporaryDirectory() as folder:
        # the picture must not depend on, or change, what the user's own window remembers
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        return _take(options)


def _take(options: argparse.Namespace) -> int:
    create_application(options.scheme)
    window = create_window(refinement=not options.no_refinement)
    window.resize(*(int(v) for v in options.size.split("x")))
    window.show()
    window.open(options.video)
    is_flowing = play(window, options.seconds)
    picture = window.grab()
    window.close()
    if not is_flowing:
        print(window.banner.text or "No frame came.", file=sys.stderr)
        return 2
    return 0 if _save(picture, options.output) else 2


def play(window: MainWindow, seconds: float) -> bool:
    """Let the window run until it has shown `seconds` of frames; return whether any came."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while window.session.status.state != SessionState.PLAYING:
        QApplication.processEvents()
        if window.session.state == SessionState.FAILED or time.monotonic() > deadline or window.banner.isVisible():
            return False
        time.sleep(0.005)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and window.session.state == SessionState.PLAYING:
        QApplication.processEvents()
        time.sleep(0.002)
    window.board.redraw_plots()
    QApplication.processEvents()
    return True


def _save(picture: QPixmap, path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not picture.save(str(path)):
        print(f"Cannot write {path}; choose another folder.", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())
