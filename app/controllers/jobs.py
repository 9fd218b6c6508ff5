"""Everything of the window that is long work: the queue, its strip and dock, and the dialogs that feed it."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QSettings, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.controllers.source import VIDEO_FILTER
from app.export.dialog import ExportDialog
from app.export.saving import ExportRequest, file_export, notes_of, recording_export
from app.jobs.closing import BackgroundWindow
from app.jobs.job import Job, JobKind, JobState
from app.jobs.panel import JobDock
from app.jobs.queue import JobQueue
from app.jobs.strip import JobStrip
from app.language import tr
from app.refiners.models_dialog import ModelsDialog
from app.refiners.runs import Run, list_runs
from app.session.choices import Choices
from app.session.session import Session
from app.session.take_choices import settings_of
from app.training.job import TrainingJob
from app.training.train_dialog import TrainDialog
from app.widgets.banner import Banner
from core.errors import NdrError
from core.refinement.card import ModelCard
from core.sequence.export_choices import ExportChoices
from core.settings import save_user_setting
from core.take.recordings import is_recording, refined_recording
from core.take.store import TakeFolder
from core.take.take import Exported, Take

_FOLDER_SETTING: Final = "export_folder"
_CUT_OFF: Final = "cut-off run"


class JobController(QObject):
    """Takes orders from the menus, and says in the banner how they ended.

    Attributes:
        queue: All jobs.
        strip: To be put below the views.
        dock: To be docked in the window.
    """

    def __init__(self, session: Session, banner: Banner, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._banner, self._window = session, banner, window
        self._training: TrainDialog | None = None
        self._background: BackgroundWindow | None = None
        self._requests: dict[Job, ExportRequest] = {}
        self._takes: dict[Job, TakeFolder] = {}
        self._cut_off: Run | None = None
        self.queue = JobQueue(self)
        self.strip = JobStrip(self.queue)
        self.dock = JobDock(self.queue, window)
        self.dock.visibilityChanged.connect(self.strip.set_redundant)
        self.strip.details_wanted.connect(self.show_jobs)
        self.queue.added.connect(self._on_added)
        self.queue.finished.connect(self._on_finished)
        QTimer.singleShot(0, self, self._offer_cut_off_run)

    @property
    def training(self) -> TrainDialog:
        """The training dialog; it lives on when it is closed during a run."""
        if self._training is None:
            self._training = TrainDialog(self.queue, self._current_model, self._window)
            self._training.model_chosen.connect(self.use_model)
            self._training.setup.unfinished.deleted.connect(self._on_run_deleted)
        return self._training

    def show_training(self) -> None:
        """Show the training dialog."""
        self.training.current_model = self._current_model
        self.training.show()
        self.training.raise_()

    def show_models(self) -> None:
        """Show the list of models."""
        dialog = ModelsDialog(self._current_model, self._window)
        dialog.model_chosen.connect(self.use_model)
        dialog.exec()
        dialog.deleteLater()

    def show_jobs(self) -> None:
        """Show the list of jobs."""
        self.dock.show()
        self.dock.raise_()

    def ask_export(self) -> None:
        """Ask how to export what is open, and begin."""
        file = self._session.file
        what = file.name if file else tr("{n_recorded} recorded frames", n_recorded=self._session.status.n_recorded)
        folder = file.parent / "refined" if file else Path.home()
        transport, is_video = self._session.transport, file is not None and not is_recording(file)
        span = (
            {}
            if transport is None or not is_video
            else {"range_s": transport.range_s, "duration_s": self._session.duration_s}
        )
        request = self._ask(what, folder, is_file=is_video, **span)
        if request is not None:
            self.export(request, file)

    def ask_batch_export(self) -> None:
        """Ask for videos and how to export them, and put them into the queue."""
        start = str(self._session.file.parent if self._session.file else Path.home())
        names, _ = QFileDialog.getOpenFileNames(self._window, tr("Export several videos"), start, VIDEO_FILTER)
        self.export_files([Path(name) for name in names])

    def export_files(self, files: list[Path]) -> None:
        """Ask how to export videos, and put them into the queue, a job each."""
        if not files:
            return
        request = self._ask(tr("{n} videos", n=len(files)), files[0].parent / "refined", is_file=True)
        if request is not None:
            for file in files:
                self.export(request, file)
            self.show_jobs()

    def export(self, request: ExportRequest, file: Path | None) -> Job:
        """Put an export into the queue: of a video file, or None for what was recorded."""
        session = self._session
        found, settings = None if file is None else self._take_of(file), session.settings
        if found is not None:  # as it is seen, with what is known of whoever is in it
            take = found[1]
            settings = settings_of(take)
            request = replace(request, choices=take.choices(request.choices))
        elif file is None or file == session.file:
            request = replace(request, choices=_of_person(request.choices, session.choices))
        if file is None:
            job = recording_export(session.source.name if session.source else "recording", session.recording, request)
        elif found is not None and found[1].recording:
            place, take = found
            job = recording_export(file.stem, lambda: refined_recording(place, take), request)
        else:
            is_refining = settings.learned_depth_refinement and session.can_refine
            job = file_export(
                file, request, settings, is_refining=is_refining, take=None if found is None else found[0].folder
            )
        self._requests[job] = request
        if found is not None:
            self._takes[job] = found[0]
        self.queue.add(job)
        return job

    def _take_of(self, file: Path) -> tuple[TakeFolder, Take] | None:
        """Return the take of a video, open or not, and what is known of it; None when there is none."""
        session = self._session
        if session.open_take is not None and file == session.file:
            session.open_take.save()  # the export reads it there
            return session.open_take.place, session.open_take.take
        return None if session.takes is None else session.takes.find(file)

    def use_model(self, path: Path) -> None:
        """Refine with another model from now on, also after the next start."""
        self._session.use_refiner(path)
        try:
            save_user_setting("refiner", str(path))
            name = ModelCard.load(path.with_suffix(".toml")).name
        except NdrError as error:
            self._banner.show_error(str(error))
            return
        self._banner.show_notice(tr("The refiner {name} is in use from now on.", name=name))

    def go_on_in_background(self) -> None:
        """Let the jobs go on in a small window of their own: the main window closes."""
        if self._training is not None:
            self._training.hide()
        self._background = BackgroundWindow(self.queue)
        self._background.closed.connect(self.close)
        self._background.showMinimized()

    def close(self) -> None:
        """End everything: the window closes. A training run can be continued another time."""
        if self._training is not None:
            self._training.shut()
        self.queue.close()

    @property
    def _current_model(self) -> Path:
        return Path(self._session.settings.refiner)

    def _ask(self, what: str, folder: Path, *, is_file: bool, **span: Any) -> ExportRequest | None:
        remembered = QSettings().value(_FOLDER_SETTING)
        proposed = Path(remembered) if remembered else folder
        dialog = ExportDialog(what, proposed, is_file=is_file, parent=self._window, **span)
        request = dialog.request if dialog.exec() else None
        dialog.deleteLater()
        if request is not None and request.folder != folder:
            QSettings().setValue(_FOLDER_SETTING, str(request.folder))
        return request

    def _note_export(self, place: TakeFolder, request: ExportRequest) -> None:
        """Let the take know what was saved of it."""
        opened = self._session.open_take
        done = Exported(time.strftime("%Y-%m-%dT%H:%M:%S"), str(request.folder), request.formats)
        try:
            if opened is not None and opened.place == place:
                opened.change(exports=(*opened.take.exports, done))
            else:
                take = place.load()
                place.save(replace(take, exports=(*take.exports, done)))
        except NdrError as error:
            self._banner.show_error(str(error))

    def _offer_cut_off_run(self) -> None:
        run = next((run for run in list_runs() if run.can_resume and run.was_cut_off()), None)
        if run is not None:
            text = tr(
                "The training of {name} broke off after epoch {n_done} of {n_epochs}.",
                name=run.name,
                n_done=run.n_done,
                n_epochs=run.n_epochs,
            )
            self._cut_off = run
            self._banner.show_notice(text, tr("Continue"), self.show_training, about=_CUT_OFF)

    def _on_added(self, job: Job) -> None:
        if isinstance(job, TrainingJob):
            self._forget_cut_off(job.run_folder)

    def _on_run_deleted(self, run: Run) -> None:
        self._forget_cut_off(run.folder)

    def _forget_cut_off(self, folder: Path) -> None:
        if self._cut_off is not None and self._cut_off.folder == folder:
            self._cut_off = None
            self._banner.take_back(_CUT_OFF)

    def _on_finished(self, job: Job) -> None:
        request, place = self._requests.pop(job, None), self._takes.pop(job, None)
        if request is not None and place is not None and job.state == JobState.DONE:
            self._note_export(place, request)
        if job.state == JobState.FAILED:
            self._banner.show_error(job.words)
        elif request is not None:
            done_until_then = (
                " " + tr("The frames done until then are in {folder}.", folder=request.folder)
                if _is_stopped(job)
                else ""
            )
            text = " ".join([f"{job.words}{done_until_then}", *notes_of(job)])
            url = QUrl.fromLocalFile(str(request.folder))
            self._banner.show_notice(text, tr("Open folder"), lambda: QDesktopServices.openUrl(url), about="jobs")
            if request.opens_folder and job.state == JobState.DONE:
                QDesktopServices.openUrl(url)
        elif job.kind == JobKind.TRAINING and job.state == JobState.DONE and not self.training.isVisible():
            self._banner.show_notice(job.words, tr("Look at it"), self.show_training, about="jobs")
        elif job.kind in (JobKind.STUDIO, JobKind.CONVERSION) and job.state == JobState.DONE:
            self._banner.show_notice(job.words, tr("Train"), self.show_training, about="jobs")


def _of_person(choices: ExportChoices, said: Choices) -> ExportChoices:
    """Return export choices with what the window knows of the person and the camera."""
    return replace(
        choices,
        height_m=said.height_m or choices.height_m,
        fov_deg=said.fov_deg or choices.fov_deg,
    )


def _is_stopped(job: Job) -> bool:
    return job.state == JobState.STOPPED and job.was_started
