"""Training as a job: one saved configuration in, progress as JSON lines, an exported, measured refiner at the end."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import tomli_w
from PySide6.QtCore import QLockFile, Signal

from app.jobs.job import Job, JobKind, JobState
from app.jobs.step import Command
from app.language import tr
from app.refiners.comparison import Comparison, Measurement
from app.refiners.runs import Run
from core.errors import OutputError, brief
from core.system.files.atomic import write_text
from core.system.progress import TrainingProgress


@dataclass(frozen=True)
class TrainingChoice:
    """What the user chose; the field names are those of the run's config.toml.

    Attributes:
        pairs: Folders of pairs with an index, or single pair files.
        epochs: Passes over them.
        batch_size: Frames per step.
        fp16: Mixed precision, which pays on a GPU only.
        lr: Peak learning rate.
        seed: Of everything left to chance.
        start_from: Checkpoint whose weights to start from, "" for none.
        poses: Pose pool (NPZ) that is filmed anew in every step, "" for none.
        film_share: Share of filmed poses in a step, with a pool.
    """

    pairs: tuple[str, ...]
    epochs: int = 50
    batch_size: int = 64
    fp16: bool = False
    lr: float = 0.001
    seed: int = 0
    start_from: str = ""
    poses: str = ""
    film_share: float = 0.5


@dataclass(frozen=True)
class Preset:
    """Numbers to begin with.

    Attributes:
        name: Shown.
        about: What to expect of it.
        epochs: Passes over the pairs.
        batch_size: Frames per step.
    """

    name: str
    about: str
    epochs: int
    batch_size: int


PRESETS: Final = (
    Preset("Quick", "A first look: is the data right, does the error fall?", 5, 128),
    Preset("Full", "To use the result.", 50, 64),
)


@dataclass(frozen=True)
class ComparisonSet:
    """Pairs to measure a new refiner on beside the present one.

    Attributes:
        path: Folder or file.
        split: Split of the folder, "" for all: what has no splits serves as training data and as this.
    """

    path: Path
    split: str = ""

    @property
    def text(self) -> str:
        """What it is, and whether the new refiner knows it already."""
        if self.split:
            return f"{self.path.stem} ({self.split})"
        return tr("{name} that the new model was trained on, which favours it", name=self.path.stem)


class TrainingJob(Job):
    """Trains, exports the best checkpoint, also of a run that was stopped, and measures it beside the present refiner.

    Attributes:
        run_folder: Where everything of the run is.
        name: Of the refiner that comes of it.
        is_paused: It was interrupted to go on later.

    Signals:
        progressed(TrainingProgress): A report.
    """

    progressed = Signal(object)

    def __init__(
        self,
        folder: Path,
        *,
        choice: TrainingChoice | None,
        name: str,
        current: Path,
        test_sets: tuple[ComparisonSet, ...],
    ) -> None:
        """Prepare a run.

        Args:
            folder: Of the run; holds none yet, or one that goes on.
            choice: What to train; None resumes the run in the folder.
            name: Of the refiner that comes of it.
            current: The refiner in use, to compare with.
            test_sets: What to compare on; none leaves the comparison out.
        """
        self.run_folder = folder
        self.is_paused = False
        self.name = name
        self._choice, self._current, self._test_sets = choice, current, test_sets
        self._lock: QLockFile | None = None
        self._n_noted = 0
        run = Run(folder, {}, ())
        start = ["--resume"] if choice is None else ["--config", str(self._chosen)]
        steps = [
            Command(tr("The training"), ("train", *start, "-o", str(folder), "--json-progress")),
            Command(
                tr("The export of the model"),
                ("export", "--checkpoint", str(run.best), "-o", str(run.model), "--name", name),
                after_stop=True,
                needs=run.best,
            ),
        ]
        for n, test_set in enumerate(test_sets):
            for model, path in ((run.model, self._result("new", n)), (current, self._result("current", n))):
                split = ["--split", test_set.split] if test_set.split else []
                what = tr("Measuring the new model") if model == run.model else tr("Measuring the model in use")
                arguments = ("evaluate", "--pairs", str(test_set.path), *split, "--model", str(model))
                steps.append(Command(what, (*arguments, "--json", str(path)), after_stop=True, needs=run.model))
        super().__init__(
            JobKind.TRAINING,
            tr("Training of {name}", name=name),
            steps,
            folder=folder,
            success=tr("The training has finished."),
        )
        self.reported.connect(self._on_report)
        self.finished.connect(self._unlock)

    @property
    def model(self) -> Path | None:
        """The exported refiner, None while there is none."""
        path = Run(self.run_folder, {}, ()).model
        return path if path.is_file() else None

    @property
    def comparison(self) -> Comparison | None:
        """The new refiner beside the present one; None when they were not measured."""
        new, current = self._measured("new"), self._measured("current")
        return Comparison.of(new, current, self._current, self._test_sets_text()) if new else None

    def _measured(self, name: str) -> list[Measurement]:
        """Return what was measured on all test sets; nothing where one is missing."""
        read = [Measurement.load(self._result(name, n)) for n in range(len(self._test_sets))]
        found = [measurement for measurement in read if measurement is not None]
        return found if len(found) == len(read) else []

    def start(self) -> None:
        """Claim the folder, save the configuration and begin."""
        try:
            self.run_folder.mkdir(parents=True, exist_ok=True)
            self._lock = Run(self.run_folder, {}, ()).lock()
            if self._lock is None:
                self._end(JobState.FAILED, tr("Another window trains in this folder; wait for it or start a new run."))
                return
            if self._choice is not None:
                write_text(self._chosen / "config.toml", tomli_w.dumps(asdict(self._choice)))
                Run(self.run_folder, {}, ()).rename(self.name)
        except OSError as error:
            self._end(
                JobState.FAILED, f"Cannot write {self.run_folder}: {brief(error)}; allow writing there or free space."
            )
            return
        except OutputError as error:
            self._end(JobState.FAILED, str(error))
            return
        super().start()

    def pause(self) -> None:
        """Interrupt the run to go on another time; nothing is exported."""
        self.is_paused = True
        self.cancel()

    def close(self) -> None:
        """End at once; the run can go on from its last whole epoch."""
        super().close()
        self._unlock()

    @property
    def _chosen(self) -> Path:
        return self.run_folder / "chosen"

    def _result(self, whose: str, n: int) -> Path:
        return self.run_folder / f"evaluation-{whose}-{n}.json"

    def _test_sets_text(self) -> str:
        return ", ".join(test_set.text for test_set in self._test_sets)

    def _on_report(self, message: dict[str, Any]) -> None:
        progress = TrainingProgress.from_message(message)
        if progress is not None:
            if progress.epoch != self._n_noted and math.isfinite(progress.val_depth_mm):
                self._n_noted = progress.epoch
                self.note(
                    tr(
                        "epoch {epoch} of {n_epochs}: depth error {new:.1f} mm, MediaPipe's {raw:.1f} mm",
                        epoch=progress.epoch,
                        n_epochs=progress.n_epochs,
                        new=progress.val_depth_mm,
                        raw=progress.val_raw_depth_mm,
                    )
                )
            self.progressed.emit(progress)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
