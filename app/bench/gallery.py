"""Take the pictures of the README: python -m app.bench.gallery -o FOLDER [--only live,export] [--scheme dark].

Everything in them is real: the window plays the sample, the training trains, the figures are measured. It runs with a
screen, under xvfb-run, or with QT_QPA_PLATFORM=offscreen.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.bench.screenshot import isolated, play, save_picture
from app.export.dialog import ExportDialog
from app.export.saving import ExportRequest, file_export
from app.inspector.window import InspectorWindow
from app.main import create_application, create_window
from app.refiners.models_dialog import ModelsDialog
from app.training.studio_dialog import StudioDialog
from core.system.files.program import ASSETS

if TYPE_CHECKING:
    from app.window import MainWindow

SAMPLE: Final = ASSETS / "sample.mp4"
PAIRS: Final = ASSETS / "sample_truth.npz"
_PATIENCE_S: Final = 900.0
_PLAY_S: Final = 6.0
_ROW: Final = 150
_EPOCHS: Final = 30
_EPOCHS_SHOWN: Final = 12
_NEEDS_TRAINING: Final = ("training", "comparison", "jobs")


class Sitting:
    """One window with the sample in it, and a method for each picture, which returns what to take it of.

    The order of the methods is that in which they are called: a later one may go on with what an earlier one began.
    """

    def __init__(self, scheme: str, size: tuple[int, int], play_s: float) -> None:
        """Open the window and play the sample for a while.

        Raises:
            RuntimeError: The sample does not play.
        """
        create_application(scheme)
        self.window: MainWindow = create_window(refinement=True)
        self.window.resize(*size)
        self.window.show()
        self.window.open(SAMPLE)
        self._windows: list[QWidget] = []
        self._results = tempfile.TemporaryDirectory()
        if not play(self.window, play_s):
            raise RuntimeError(self.window.banner.text or "The sample does not play.")
        self.window.session.pause()
        _wait(0.5)
        self.window.board.redraw_plots()

    def live(self) -> QWidget:
        """The window in the middle of the clip."""
        return self.window

    def viewpoint(self) -> QWidget:
        """The viewpoint dial by itself."""
        dock = self.window.board.docks["dial"]
        dock.setFloating(True)
        dock.resize(560, 400)
        _wait(0.3)
        return dock

    def export(self) -> QWidget:
        """The export dialog."""
        self.window.board.docks["dial"].setFloating(False)
        duration_s = self.window.session.duration_s
        dialog = ExportDialog(SAMPLE.name, Path("results"), is_file=True, duration_s=duration_s)
        for name in ("bvh", "c3d"):
            dialog.formats.boxes[name].setChecked(True)
        return self._shown(dialog)

    def studio(self) -> QWidget:
        """The dialog that makes training data."""
        return self._shown(StudioDialog())

    def models(self) -> QWidget:
        """The list of models."""
        return self._shown(ModelsDialog(Path(self.window.session.settings.refiner)))

    def inspector(self) -> QWidget:
        """The sample's pairs beside their truth."""
        inspector = InspectorWindow()
        self._windows.append(inspector)
        inspector.show()
        inspector.open(PAIRS)
        inspector.show_video(SAMPLE)
        inspector.refined_button.setChecked(True)
        inspector.show_row(_ROW)
        _wait_until(lambda: inspector.stream is None or inspector.stream.refined is not None)
        _wait(3.0)
        return inspector

    def training(self) -> QWidget:
        """A run on the sample's own pairs, while it goes on."""
        dialog = self.window.desk.training
        dialog.show()
        dialog.setup.table.refresh(PAIRS)
        _wait_until(lambda: any(data_set.path == PAIRS for data_set in dialog.setup.table.chosen))
        dialog.setup.name.setText("sample refiner")
        dialog.setup.epochs.setValue(_EPOCHS)
        dialog.start()
        _wait_until(lambda: len(dialog.progress.epochs) >= _EPOCHS_SHOWN or not dialog.is_running)
        return dialog

    def comparison(self) -> QWidget:
        """What that run has come to, beside the model in use."""
        dialog = self.window.desk.training
        if dialog.is_running:
            dialog.stop()
        _wait_until(lambda: not dialog.is_running)
        _wait(0.3)
        return dialog

    def jobs(self) -> QWidget:
        """The window with the list of jobs, one of them at work."""
        self.window.board.docks["dial"].setFloating(False)
        self.window.desk.training.hide()
        request = ExportRequest(Path(self._results.name), ("bvh", "csv"))
        job = file_export(SAMPLE, request, self.window.session.settings, is_refining=True)
        self.window.desk.queue.add(job)
        self.window.desk.show_jobs()
        _wait_until(lambda: job.progress.done > 0 or job.is_over)
        _wait(0.5)
        return self.window

    def close(self) -> None:
        """Close everything."""
        for window in self._windows:
            window.close()
            window.deleteLater()
        self.window.close_at_once()
        self._results.cleanup()

    def _shown(self, dialog: QDialog) -> QDialog:
        self._windows.append(dialog)
        dialog.show()
        _wait(0.3)
        return dialog


SHOTS: Final[dict[str, Callable[[Sitting], QWidget]]] = {
    shot.__name__: shot
    for shot in (
        Sitting.live, Sitting.viewpoint, Sitting.export, Sitting.studio, Sitting.models, Sitting.inspector,
        Sitting.training, Sitting.comparison, Sitting.jobs,
    )
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.bench.gallery", description=__doc__.partition("\n\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("gallery"), help="folder for the pictures")
    parser.add_argument("--only", default=",".join(SHOTS), help=f"some of {','.join(SHOTS)}")
    parser.add_argument("--scheme", choices=("light", "dark"), default="dark")
    parser.add_argument("--size", default="1280x720", help="of the window, pixels")
    parser.add_argument("--seconds", type=float, default=_PLAY_S, help="of the sample to play first")
    options = parser.parse_args(arguments)
    wanted = options.only.split(",")
    unknown = ", ".join(sorted(set(wanted) - set(SHOTS)))
    if unknown:
        parser.error(f"there is no picture '{unknown}'; choose from {', '.join(SHOTS)}")
    names = [name for name in SHOTS if name in wanted]
    if importlib.util.find_spec("torch") is None:
        print("Without the training packages there is no picture of training.", file=sys.stderr)
        names = [name for name in names if name not in _NEEDS_TRAINING]
    width, height = (int(number) for number in options.size.split("x"))
    with isolated():
        try:
            sitting = Sitting(options.scheme, (width, height), options.seconds)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 2
        are_saved = []
        for name in names:
            shown = SHOTS[name](sitting)
            _wait(0.1)  # labels whose text has changed are laid out anew
            are_saved.append(save_picture(shown.grab(), options.output / f"{name}-{options.scheme}.png"))
        sitting.close()
    return 0 if all(are_saved) else 2


def _wait(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    _wait_until(lambda: time.monotonic() > deadline)


def _wait_until(is_so: Callable[[], bool]) -> None:
    """Let the window work until something is so, or for a long while at most."""
    deadline = time.monotonic() + _PATIENCE_S
    while not is_so() and time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    raise SystemExit(main())
