"""Training with Lightning: pairs in, checkpoints and a log out; resumable to the bit.

Called from the command line or a child process of the window, never from the window itself.
"""

import logging
import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint

from core.errors import DataError, OutputError, SettingsError
from core.system.files.atomic import write_text
from core.system.files.run_folder import BEST, LAST, LOG
from core.system.progress import TrainingProgress
from models.network.refiner_network import count_parameters
from models.training.checkpoint import load_checkpoint, load_weights, start_from
from models.training.config import CONFIG_NAME, TrainConfig
from models.training.dataset import PairDataset, PosePool
from models.training.distillation import load_teachers, make_distillation_set, teachers_ages
from models.training.distillation_module import DistillationModule
from models.training.distributed import Processes, is_main_process
from models.training.module import RefinerModule
from models.training.weight_interpolation import WeightInterpolation

_REPORT_EVERY_S = 1.0
_ALL_DEVICES = Processes()


@dataclass(frozen=True)
class TrainResult:
    """What a run left behind.

    Attributes:
        best: Checkpoint with the lowest `val_depth_mm`.
        last: Checkpoint of the last epoch; a resumed run continues from it.
        history: One table of figures per epoch.
        n_parameters: Of the network.
        frames_per_s: Training speed, validation included.
    """

    best: Path
    last: Path
    history: list[dict[str, float]]
    n_parameters: int
    frames_per_s: float


def _refiner_of(module: L.LightningModule) -> RefinerModule:
    assert isinstance(module, RefinerModule)  # noqa: S101 Lightning hands callbacks what `fit` was given
    return module


class _Reporter(Callback):
    """Writes the log each epoch and tells the caller how far the run is."""

    def __init__(self, folder: Path, on_progress: Callable[[TrainingProgress], None] | None) -> None:
        self._folder = folder
        self._on_progress = on_progress
        self._started_s = self._reported_s = time.monotonic()
        self._first_step = 0

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._started_s = time.monotonic()
        self._first_step = trainer.global_step

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        if time.monotonic() - self._reported_s > _REPORT_EVERY_S:
            self._report(trainer, _refiner_of(pl_module), trainer.current_epoch)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Runs after validation, whose figures belong to the epoch that ends."""
        if trainer.is_global_zero:
            write_text(self._folder / LOG, _csv(_refiner_of(pl_module).history))
        self._report(trainer, _refiner_of(pl_module), trainer.current_epoch + 1)

    def _report(self, trainer: L.Trainer, module: RefinerModule, epoch: int) -> None:
        self._reported_s = now = time.monotonic()
        if self._on_progress is None or not trainer.is_global_zero:
            return
        n_steps = trainer.num_training_batches * module.run_config.epochs
        done = trainer.global_step - self._first_step
        last = module.history[-1] if module.history else {}
        progress = TrainingProgress(
            epoch=epoch,
            n_epochs=module.run_config.epochs,
            step=trainer.global_step,
            n_steps=int(n_steps),
            losses=module.last_losses,
            val_depth_mm=last.get("val_depth_mm", math.nan),
            val_raw_depth_mm=last.get("val_raw_depth_mm", math.nan),
            val_azimuth_deg=last.get("val_azimuth_deg", math.nan),
            eta_s=(now - self._started_s) / max(1, done) * (n_steps - trainer.global_step),
        )
        self._on_progress(progress)


def _csv(history: list[dict[str, float]]) -> str:
    rows = [",".join(history[0])] if history else []
    rows += [",".join(f"{value:.6g}" for value in row.values()) for row in history]
    return "\n".join(rows) + "\n"


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Keep Lightning's banners and hints off the terminal; warnings of other libraries pass."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric", "lightning")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(lightning|pytorch_lightning)(\.|$)")
            warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\).*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _ignore_profiling_ticks() -> None:
    """Tell Python that SIGPROF is ignored, as MediaPipe told the system.

    Lightning puts back every handler that Python knew of when training began. For SIGPROF that is the default, to end
    the process, and MediaPipe's timer goes on ticking.
    """
    has_signal = hasattr(signal, "SIGPROF") and threading.current_thread() is threading.main_thread()
    if has_signal and signal.getsignal(signal.SIGPROF) is signal.SIG_DFL:
        signal.signal(signal.SIGPROF, signal.SIG_IGN)


def train(
    config: TrainConfig,
    run_folder: Path,
    *,
    resume: bool = False,
    processes: Processes = _ALL_DEVICES,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    on_lessons: Callable[[int], None] = lambda _n: None,
) -> TrainResult:
    """Train a refiner; leaves `config.toml`, `best.ckpt`, `last.ckpt` and `log.csv` in the run folder.

    Args:
        config: What to learn.
        run_folder: Made if absent; must hold no other run unless `resume`.
        resume: Continue from `last.ckpt`; equals a run that never stopped if it stopped between epochs, and repeats
            the epoch it stopped in otherwise.
        processes: How the run is spread; `batch_size` counts the frames of each process.
        on_progress: Called in the main process about once a second and after each epoch; an exception in it ends the
            run.
        on_lessons: Told how many windows the teachers have answered, before training begins.

    Returns:
        The result of a run that went to its end; Ctrl-C stays a KeyboardInterrupt, and the run can be resumed.

    Raises:
        SettingsError: The folder holds a run, or none to resume; more devices than there are.
        DataError: The pairs or a checkpoint cannot be used.
        OutputError: The folder cannot be written.
    """
    last = run_folder / LAST
    if resume and not last.is_file():
        raise SettingsError(f"{run_folder} holds no run to resume; leave --resume out to start one.")
    if not resume and is_main_process() and (run_folder / CONFIG_NAME).is_file():
        raise SettingsError(f"{run_folder} holds a training run already; add --resume or name another folder.")
    spread = processes.trainer_options()
    paths = [Path(path) for path in config.pairs]
    ages_s, teacher_paths = config.network.ages_s, [Path(path) for path in config.teachers]
    if teacher_paths:
        ages_s = teachers_ages(teacher_paths, ages_s)
    data_train, data_val = _load_splits(paths, ages_s)
    L.seed_everything(config.seed, verbose=False)
    poses = PosePool.load(Path(config.poses), ages_s) if config.poses else None
    if poses is not None and not data_train.knows_hips:
        raise DataError(
            "Filmed poses borrow MediaPipe's errors from pairs with hips, and none knows them: add such pairs."
        )
    if teacher_paths:
        teachers = load_teachers(teacher_paths, ages_s, handed=config.augment.mirror == 0)
        lessons = make_distillation_set(teachers, data_train, poses, config, on_lessons)
        module: RefinerModule = DistillationModule(config, data_train, data_val, lessons)
    else:
        module = RefinerModule(config, data_train, data_val, poses)
    callbacks: list[Callback] = []
    if config.start_from:
        start_from(module.network, Path(config.start_from))
    if config.keep:
        callbacks.append(WeightInterpolation(module.network, config.keep))
    if is_main_process():  # not before all that it names could be used, or the folder would hold a run that is none
        config.save(run_folder)
    n_epochs_done = 0
    if resume:
        checkpoint = load_checkpoint(last)
        load_weights(module.network, checkpoint, last)  # refuses another network's in one sentence
        n_epochs_done = len(checkpoint["refiner"]["history"])
    n_examples = config.n_lessons if config.teachers else len(data_train)
    # two callbacks: `save_last` of one would write only when the best changes
    best_only = ModelCheckpoint(
        run_folder, Path(BEST).stem, "val_depth_mm", save_on_train_epoch_end=True, enable_version_counter=False
    )
    every_epoch = ModelCheckpoint(
        run_folder, Path(LAST).stem, save_on_train_epoch_end=True, enable_version_counter=False
    )
    started_s = time.monotonic()
    _ignore_profiling_ticks()
    with _quiet_lightning():
        trainer = L.Trainer(
            **spread,
            max_epochs=config.epochs,
            precision=_precision(config.fp16),
            gradient_clip_val=1.0,
            callbacks=[*callbacks, best_only, every_epoch, _Reporter(run_folder, on_progress)],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            default_root_dir=run_folder,
        )
        try:
            trainer.fit(module, ckpt_path=last if resume else None, weights_only=True)
        except SystemExit:
            if not trainer.interrupted:
                raise
            # Lightning answers Ctrl-C by exiting with code 1, deaf to any further one
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt from None
        except OSError as error:
            raise OutputError(f"The run in {run_folder} cannot be written: {error}; free space or move it.") from error
    return TrainResult(
        best=run_folder / BEST,
        last=last,
        history=module.history,
        n_parameters=count_parameters(module.network),
        frames_per_s=(config.epochs - n_epochs_done) * n_examples / (time.monotonic() - started_s),
    )


def _load_splits(paths: list[Path], ages_s: tuple[float, ...]) -> tuple[PairDataset, PairDataset]:
    """Return training and validation pairs; single files have no split, so they serve as both."""
    folders = [path for path in paths if not path.is_file()]
    files = [path for path in paths if path.is_file()]
    if files and folders:
        raise SettingsError("Name either pair files or folders with an index, not both: files have no split.")
    return (PairDataset.load(paths, "train", ages_s), PairDataset.load(paths, "val", ages_s))


def _precision(fp16: bool) -> Literal["32-true", "16-mixed", "bf16-mixed"]:
    if not fp16:
        return "32-true"
    return "16-mixed" if torch.cuda.is_available() else "bf16-mixed"
