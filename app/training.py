"""Training as a child process: one saved configuration in, progress as JSON lines, an exported refiner at the end."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w
from PySide6.QtCore import QObject, Signal

from app.child_process import ChildProcess, ProcessOutcome
from core.atomic import write_text


@dataclass(frozen=True)
class TrainingChoice:
    """What the user chose; the field names are those of the run's config.toml.

    Attributes:
        pairs: Folders of pairs with an index, or single pair files.
        epochs: Passes over them.
        batch_size: Frames per step.
        fp16: Mixed precision, which pays on a GPU only.
    """

    pairs: tuple[str, ...]
    epochs: int = 50
    batch_size: int = 64
    fp16: bool = False


@dataclass(frozen=True)
class TrainingProgress:
    """One report of a run; NaN where nothing is known yet."""

    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    val_depth_mm: float
    val_raw_depth_mm: float
    eta_s: float

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "TrainingProgress":
        """Read a JSON line of `train --json-progress`."""
        return cls(
            epoch=int(message.get("epoch") or 0),
            n_epochs=int(message.get("n_epochs") or 0),
            step=int(message.get("step") or 0),
            n_steps=int(message.get("n_steps") or 0),
            loss=_number((message.get("losses") or {}).get("total")),
            val_depth_mm=_number(message.get("val_depth_mm")),
            val_raw_depth_mm=_number(message.get("val_raw_depth_mm")),
            eta_s=_number(message.get("eta_s")),
        )


class TrainingRun(QObject):
    """Trains, then exports the best checkpoint, also when the user stopped early.

    Signals:
        progressed(TrainingProgress): A report.
        finished(str, Path or None): What to say, and the refiner if there is one.
    """

    progressed = Signal(object)
    finished = Signal(str, object)

    def __init__(self, choice: TrainingChoice, folder: Path, parent: QObject | None = None) -> None:
        """Prepare a run that leaves everything in `folder`, which must not exist yet."""
        super().__init__(parent)
        self._choice, self._folder = choice, folder
        self._outcome: ProcessOutcome | None = None
        self._process: ChildProcess | None = None

    @property
    def model(self) -> Path:
        """Where the refiner is once it is exported."""
        return self._folder / "refiner.onnx"

    def start(self) -> None:
        """Save the configuration and start training.

        Raises:
            OutputError: The configuration cannot be written.
        """
        chosen = self._folder / "chosen"
        write_text(chosen / "config.toml", tomli_w.dumps(asdict(self._choice)))
        arguments = ["train", "--config", str(chosen), "-o", str(self._folder), "--json-progress"]
        self._run("The training", arguments, self._on_trained)

    def stop(self) -> None:
        """End early; the best model so far is kept."""
        if self._process is not None:
            self._process.stop()

    def close(self) -> None:
        """End at once: the window closes."""
        if self._process is not None:
            self._process.finished.disconnect()
            self._process.close()

    def _run(self, what: str, arguments: list[str], on_finished: Any) -> None:
        self._process = ChildProcess(what, arguments, self)
        self._process.reported.connect(self._on_report)
        self._process.finished.connect(on_finished)
        self._process.start()

    def _on_report(self, message: dict[str, Any]) -> None:
        if message.get("event") == "progress":
            self.progressed.emit(TrainingProgress.from_message(message))

    def _on_trained(self, outcome: ProcessOutcome) -> None:
        self._outcome = outcome
        best = self._folder / "best.ckpt"
        if not (outcome.is_success or outcome.is_stopped) or not best.is_file():
            self._end(str(outcome), None)
            return
        arguments = ["export", "--checkpoint", str(best), "-o", str(self.model), "--name", self._folder.name]
        self._run("The export of the model", arguments, self._on_exported)

    def _on_exported(self, outcome: ProcessOutcome) -> None:
        if outcome.is_success:
            self._end(f"{self._outcome} The refiner is {self.model}.", self.model)
        else:
            self._end(str(outcome), None)

    def _end(self, text: str, model: Path | None) -> None:
        self._process = None
        self.finished.emit(text, model)


def new_run_folder() -> Path:
    """Return a folder for another run, named by the time; not made yet."""
    runs = Path(platformdirs.user_data_dir("neural-depth-refinement")) / "runs"
    return runs / time.strftime("%Y%m%d-%H%M%S")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")
