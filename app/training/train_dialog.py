"""Train a refiner from the menu: choose, watch, pause, stop, compare, use the result."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.inspector.window import InspectorWindow
from app.jobs.job import Job, JobKind, JobState
from app.jobs.queue import JobQueue
from app.jobs.step import Command
from app.language import tr
from app.refiners.evaluation_card import EvaluationCard
from app.refiners.runs import Run, new_run_folder
from app.task import Task
from app.training.convert_dialog import ConvertDialog
from app.training.device import find_device
from app.training.job import ComparisonSet, TrainingChoice, TrainingJob
from app.training.studio_dialog import StudioDialog
from app.training.train_progress import TrainProgressView
from app.training.train_setup import TrainSetup
from app.widgets.made import made


class TrainDialog(QDialog):
    """Hidden, not ended, when it is closed during a run: the run is a job of the queue.

    Attributes:
        job: The run, None before the first and while another is set up.

    Signals:
        model_chosen(Path): The user wants this refiner from now on.
    """

    model_chosen = Signal(object)

    def __init__(self, queue: JobQueue, current_model: Path, parent: QWidget | None = None) -> None:
        """Prepare the dialog; `current_model` is the refiner in use, which a new one is compared with."""
        super().__init__(parent)
        self.setWindowTitle(tr("Train a refiner"))
        self.resize(960, 600)
        self._queue = queue
        self.job: TrainingJob | None = None
        self._checks: dict[QObject, Path] = {}
        self.setup, self.progress, self.card = TrainSetup(current_model), TrainProgressView(), EvaluationCard()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.setup)
        running = QWidget()
        column = QVBoxLayout(running)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.progress, 1)
        column.addWidget(self.card)
        self._pages.addWidget(running)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self._pages, 1)
        layout.addLayout(self._create_buttons())
        self.card.hide()
        self.card.use_wanted.connect(self._use)
        self.card.keep_wanted.connect(self.show_setup)
        self.setup.changed.connect(self._update)
        self.setup.resumed.connect(self.resume)
        self.setup.check_wanted.connect(self.check)
        self.setup.inspect_wanted.connect(self._inspect)
        self.setup.studio_wanted.connect(lambda: self._ask_for_data(StudioDialog(self)))
        self.setup.conversion_wanted.connect(lambda: self._ask_for_data(ConvertDialog(self)))
        self.setup.refresh()
        self._looking = Task(find_device, name="device")
        self._looking.finished.connect(self._on_device)
        self._looking.start()
        self._update()

    @property
    def current_model(self) -> Path:
        """The refiner in use: what a new one starts from and is compared with."""
        return self.setup.current_model

    @current_model.setter
    def current_model(self, path: Path) -> None:
        self.setup.show_current_model(path)

    @property
    def is_running(self) -> bool:
        """Whether a run is going on or waits."""
        return self.job is not None and not self.job.is_over

    def start(self) -> None:
        """Begin a run with what the page says."""
        self.setup.poses.remember()
        self._begin(new_run_folder(), self.setup.choice, self.setup.new_name, self.setup.choice.pairs)

    def resume(self, run: Run) -> None:
        """Go on with a run."""
        self._begin(run.folder, None, run.name, run.pairs)

    def pause(self) -> None:
        """Interrupt the run to go on another time."""
        if self.job is not None:
            self.job.pause()

    def stop(self) -> None:
        """End the run early and keep its best model."""
        if self.job is not None:
            self.job.stop()

    def check(self, path: Path) -> Job:
        """Look for faults in a data set."""
        command = Command(tr("The check"), ("inspect", str(path), "--check"))
        job = Job(
            JobKind.CHECK,
            tr("Check of {name}", name=path.name),
            [command],
            success=tr("{name}: no problems found.", name=path.name),
        )
        self._checks[job] = path
        self.setup.table.show_check(path, tr("checking…"))
        job.finished.connect(self._on_checked)
        self._queue.add(job)
        return job

    def make_data(self, job: Job) -> None:
        """Let pairs be made; they are ticked when they are there."""
        job.finished.connect(self._on_data_made)
        self._queue.add(job)

    def _on_data_made(self, job: Job) -> None:
        """Show the data set, or say why there is none."""
        if job.state == JobState.DONE:
            self.setup.refresh(job.folder)
            self._hint_usual()
        else:
            self.hint.setText(job.words)

    def show_setup(self) -> None:
        """Show the first page again."""
        self.job = None
        self.setup.refresh()
        self._update()

    def shut(self) -> None:
        """Leave no thread behind: the window closes."""
        self.setup.table.shut()
        self._looking.abandon()
        self._looking.wait()

    def _begin(self, folder: Path, choice: TrainingChoice | None, name: str, pairs: tuple[str, ...]) -> None:
        known = [(Path(path), self.setup.table.data_set(Path(path))) for path in pairs]
        tests = tuple(ComparisonSet(path, data.best_test_split) for path, data in known if data is not None)
        job = TrainingJob(folder, choice=choice, name=name, current=self.current_model, test_sets=tests)
        self.job = job
        self.card.hide()
        self._hint_usual()
        self.progress.show_run(Run.load(folder) if choice is None else None)
        job.progressed.connect(self.progress.show_progress)
        job.changed.connect(self._on_changed)
        job.finished.connect(self._on_finished)
        self._queue.add(job)
        self._update()

    def _create_buttons(self) -> QHBoxLayout:
        self.hint = made(QLabel, objectName="caption", wordWrap=True)
        self._hint_usual()
        self.pause_button = QPushButton(tr("Pause"), autoDefault=False)
        self.pause_button.setToolTip(tr("Continue it here another time, from the end of its last whole epoch"))
        self.stop_button = QPushButton(tr("Stop and keep the best"), autoDefault=False)
        self.start_button = QPushButton(tr("Start training"), default=True)
        self.again_button = QPushButton(tr("New run"), autoDefault=False)
        self.continue_button = QPushButton(tr("Continue it"), autoDefault=False)
        self.close_button = QPushButton(tr("Close"), autoDefault=False)
        self.pause_button.clicked.connect(self.pause)
        self.stop_button.clicked.connect(self.stop)
        self.start_button.clicked.connect(self.start)
        self.again_button.clicked.connect(self.show_setup)
        self.continue_button.clicked.connect(self._continue)
        self.close_button.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self.hint, 1)
        for button in (
            self.pause_button, self.stop_button, self.again_button, self.continue_button, self.start_button,
            self.close_button,
        ):  # fmt: skip
            row.addWidget(button)
        return row

    def _hint_usual(self) -> None:
        self.hint.setText(tr("Training runs beside the live view, which goes on."))

    def _continue(self) -> None:
        run = self._broken_off
        if run is not None:
            self.resume(run)

    @property
    def _broken_off(self) -> Run | None:
        """The run that is shown, when it broke off and can go on."""
        if self.job is None or self.job.state != JobState.FAILED:
            return None
        run = Run.load(self.job.run_folder)
        return run if run is not None and run.can_resume else None

    def _inspect(self, path: Path) -> None:
        inspector = InspectorWindow(self)
        inspector.refiner = self.current_model
        inspector.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inspector.show()
        inspector.open(path)

    def _ask_for_data(self, dialog: StudioDialog | ConvertDialog) -> None:
        if dialog.exec():
            self.hint.setText(tr("The data set appears here when it is done; how far it is, Jobs in the window shows."))
            self.make_data(dialog.job)  # which may be refused at once
        dialog.deleteLater()

    def _use(self) -> None:
        if self.job is not None and self.job.model is not None:
            self.current_model = self.job.model
            self.model_chosen.emit(self.job.model)
        self.show_setup()

    def _on_changed(self) -> None:
        job = self.sender()
        if job is not self.job:
            return
        if job.state == JobState.RUNNING and not job.progress.total and job.doing != tr("The training"):
            self.progress.show_end(f"{job.doing}…", is_done=True)
            self.progress.bar.setRange(0, 0)
        if job.state == JobState.STOPPING:
            self.progress.message.setText(tr("Stopping after this step…"))
        self._update()

    def _on_finished(self, job: TrainingJob) -> None:
        if job is not self.job:
            return
        if job.is_paused:
            self.show_setup()
            return
        has_model = job.model is not None and job.state != JobState.FAILED
        words = (
            job.words
            if has_model or job.state == JobState.FAILED
            else tr("{words} No epoch was finished.", words=job.words)
        )
        self.progress.show_end(words, is_done=has_model)
        if has_model:
            self.card.show_comparison(job.comparison, job.name)
        self.card.setVisible(has_model)
        self._update()

    def _on_checked(self, job: Job) -> None:
        problems = [line.removeprefix("Problem: ") for line in job.log if line.startswith("Problem: ")]
        if job.state == JobState.DONE:
            text = tr("no problems")
        elif problems:
            text = tr("1 problem") if len(problems) == 1 else tr("{n} problems", n=len(problems))
        else:
            text = tr("failed")
        self.setup.table.show_check(self._checks.pop(job), text, "\n".join(problems) or job.words)

    def _on_device(self, task: Task) -> None:
        if task.result is not None:
            self.setup.show_device(task.result)

    def _update(self) -> None:
        has_job = self.job is not None
        self._pages.setCurrentIndex(int(has_job))
        is_running = self.is_running and self.job is not None and self.job.state != JobState.STOPPING
        self.pause_button.setVisible(self.is_running)
        self.stop_button.setVisible(self.is_running)
        self.pause_button.setEnabled(is_running)
        self.stop_button.setEnabled(is_running)
        self.start_button.setVisible(not has_job)
        self.start_button.setEnabled(not self.setup.trouble)
        self.again_button.setVisible(has_job and not self.is_running)
        self.continue_button.setVisible(self._broken_off is not None)
