"""What the walk through a take does in a window on a real display: python -m tests.app.take.take_walk STEP CLIP OUT.

`first` opens the clip, scrubs while it is analysed, types a height, and is killed in the middle; `second` opens it
again, waits for the rest, takes another quality, exports and closes; `third` opens it once more. Each prints what it
saw as one line of JSON.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.export.dialog import ExportDialog
from app.main import create_application, create_window
from app.window import MainWindow

PATIENCE_S = 120.0
LEFT = Qt.MouseButton.LeftButton


def pause(seconds: float) -> None:
    """Run the event loop for so long; QTest.qWait would keep the interpreter from every other thread."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        QApplication.processEvents()
        time.sleep(0.005)


def wait(is_so: Callable[[], bool], what: str) -> None:
    """Run the event loop until something is so."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end_s:
            raise TimeoutError(what)
        pause(0.01)


def opened(window: MainWindow, clip: Path) -> None:
    window.open(clip)
    wait(lambda: window.session.open_take is not None, "opening")
    window.session.pause()


def scrub(window: MainWindow, share: float) -> float:
    """Click on the seek bar; return where that led."""
    bar = window.board.stage.transport.seek_bar
    wanted_s = share * bar.duration_s
    QTest.mouseClick(bar, LEFT, pos=QPoint(round(bar.x_of(wanted_s)), bar.height() // 2))
    wait(lambda: abs(window.session.position_s - wanted_s) < 0.2, "scrubbing")
    return window.session.position_s


def first(window: MainWindow, clip: Path, _out: Path) -> dict[str, object]:
    opened(window, clip)
    take = window.session.open_take
    assert take is not None
    wait(lambda: take.n_done >= 10, "the analysis")
    scrubbed = [scrub(window, share) for share in (0.1, 0.6, 0.02)]
    window.processing.dock.show()
    box = window.processing.panel.height_box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "1.74")
    QTest.keyClick(box, Qt.Key.Key_Return)
    wait(lambda: take.take.subject.height_m == 1.74, "the height")
    pause(0.7)  # it is saved a moment later
    said = {"n_done": take.n_done, "is_analysed": take.is_analysed, "scrubbed": scrubbed}
    print(json.dumps(said), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    return said


def second(window: MainWindow, clip: Path, out: Path) -> dict[str, object]:
    opened(window, clip)
    take = window.session.open_take
    assert take is not None
    height_m = take.take.subject.height_m
    wait(lambda: take.is_analysed, "the rest of the analysis")
    window.processing.dock.show()
    quality = window.processing.panel.quality
    quality.setCurrentIndex(quality.findData("fast"))
    quality.activated.emit(quality.currentIndex())
    wait(lambda: take.take.processing.quality == "fast" and not take.is_analysed, "another quality")
    wait(lambda: take.is_analysed, "the analysis by it")
    QTimer.singleShot(300, lambda: accept(out))
    window.actions_by_name["export"].trigger()  # a display without a window manager gives no window the keys
    jobs = window.desk.queue
    wait(lambda: bool(take.take.exports) and not jobs.unfinished, "the export")
    return {"height_m": height_m, "exports": [list(done.formats) for done in take.take.exports]}


def accept(out: Path) -> None:
    """Fill in the export dialog that is open, and press its button."""
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText("")
    QTest.keyClicks(dialog.folder, str(out))
    QTest.mouseClick(dialog.ok, LEFT)


def third(window: MainWindow, clip: Path, _out: Path) -> dict[str, object]:
    opened(window, clip)
    take = window.session.open_take
    assert take is not None
    wait(lambda: take.is_analysed, "what is known")
    return {"height_m": take.take.subject.height_m, "scrubbed": scrub(window, 0.5)}


def main() -> int:
    """Do one step."""
    step, clip, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    create_application()
    window = create_window(refinement=True)
    window.show()
    QTest.qWaitForWindowExposed(window)
    said = {"first": first, "second": second, "third": third}[step](window, clip, out)
    window.close()
    print(json.dumps(said), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
