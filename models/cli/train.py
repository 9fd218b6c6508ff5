"""`train`: pairs → checkpoints, headless or as a child of the window."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.cli.renamed import renamed

if TYPE_CHECKING:
    from core.system.progress import TrainingProgress
    from models.network.refiner_network import NetworkConfig
    from models.training.config import TrainConfig


def register(cli: typer.Typer) -> None:
    """Add the command."""
    names = {"film_share": "projected_share", "keep": "weight_interpolation", "lessons": "distillation_windows"}
    cli.command("train", cls=renamed(**names))(train_command)


def train_command(
    run_dir: Path = typer.Option(..., "-o", "--output", help="Run folder: settings, checkpoints, log.csv."),
    pairs: list[Path] = typer.Option(
        [], "--pairs", help="Pair file or data set folder; repeat for several. Folders need an index with splits."
    ),
    epochs: int | None = typer.Option(None, help="Passes over the training pairs.  [default: 50]"),
    batch_size: int | None = typer.Option(None, help="Frames per step and process.  [default: 64]"),
    lr: float | None = typer.Option(None, help="Peak learning rate.  [default: 0.001]"),
    seed: int | None = typer.Option(None, help="Of weights, shuffling and augmentation.  [default: 0]"),
    fp16: bool | None = typer.Option(
        None, "--fp16/--no-fp16", help="float16 on CUDA, bfloat16 on the CPU (where it is slower).  [default: no-fp16]"
    ),
    poses: Path | None = typer.Option(
        None, help="Pose pool (NPZ): poses projected anew in each step, with MediaPipe errors lent by the pairs."
    ),
    film_share: float | None = typer.Option(
        None, "--projected-share", help="Share of projected poses in a step.  [default: 0.5]"
    ),
    start_from: Path | None = typer.Option(
        None, help="Checkpoint or exported refiner (.onnx) whose weights to start from."
    ),
    keep: float | None = typer.Option(
        None,
        "--weight-interpolation",
        help="Share of those weights that stays: little is forgotten about other people.  [default: 0]",
    ),
    teachers: list[Path] = typer.Option(
        [], "--teacher", help="Checkpoint to learn from; repeat for several: their average is learned, not the pairs."
    ),
    lessons: int | None = typer.Option(
        None, "--distillation-windows", help="Windows that the teachers answer.  [default: 300000]"
    ),
    backbone: str | None = typer.Option(
        None, help="dense, or transformer: slower to train, and as good.  [default: dense]"
    ),
    blind_to: list[str] = typer.Option(
        [], "--blind-to", help="Train without this input, to measure its worth: depth, image, visibility, viewpoint."
    ),
    one_frame: bool = typer.Option(False, "--one-frame", help="A network that does not look back at past frames."),
    handed: bool = typer.Option(
        False,
        "--handed",
        help="For a variant that errs on one side, as heavy does: train without mirror images of the scene.",
    ),
    devices: int | None = typer.Option(
        None, help="Processes on each machine, one per GPU; several on the CPU work too.  [default: all GPUs, else 1]"
    ),
    nodes: int = typer.Option(1, help="Machines; run the same command on each, NODE_RANK and MASTER_ADDR set."),
    config: Path | None = typer.Option(None, help="Run folder whose config.toml gives the settings not named here."),
    resume: bool = typer.Option(False, "--resume", help="Continue the run in the folder with its own settings."),
    json_progress: bool = typer.Option(False, "--json-progress", help="Report JSON lines, for another program."),
) -> None:
    """Train a refiner on pair files; writes config.toml, best.ckpt, last.ckpt and log.csv into the run folder.

    An interrupted run continues with --resume as if it had never stopped, from the end of its last whole epoch.
    """
    from core.system.progress import ENDED, event_line
    from models.training.augmentation import AugmentConfig
    from models.training.distributed import Processes, is_main_process
    from models.training.trainer import train

    named = {
        "pairs": tuple(str(path) for path in pairs) or None,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "seed": seed,
        "fp16": fp16,
        "poses": None if poses is None else str(poses),
        "film_share": film_share,
        "start_from": None if start_from is None else str(start_from),
        "keep": keep,
        "teachers": tuple(str(path) for path in teachers) or None,
        "n_lessons": lessons,
        "network": _network(backbone, tuple(blind_to), one_frame=one_frame),
        "augment": AugmentConfig(mirror=0.0) if handed else None,
    }
    settings = settings_of_run(run_dir, {k: v for k, v in named.items() if v is not None}, config, resume=resume)
    report = print_json if json_progress else _print_line
    result = train(
        settings,
        run_dir,
        resume=resume,
        processes=Processes(devices, nodes),
        on_progress=report,
        on_lessons=lambda n: _print_distillation(n, settings.n_lessons) if not json_progress else None,
    )
    if not is_main_process():
        return
    last = min(result.history, key=lambda row: row["val_depth_mm"])
    summary = {
        "best": str(result.best),
        "n_parameters": result.n_parameters,
        "frames_per_s": round(result.frames_per_s),
        "val_depth_mm": last["val_depth_mm"],
        "val_raw_depth_mm": last["val_raw_depth_mm"],
    }
    if json_progress:
        print(event_line(ENDED, **summary), flush=True)
        return
    typer.echo(
        f"{result.best}: {result.n_parameters:,} parameters, validation depth error {last['val_depth_mm']:.1f} mm "
        f"(raw {last['val_raw_depth_mm']:.1f}), {result.frames_per_s:,.0f} frames/s"
    )


def _network(backbone: str | None, blind_to: tuple[str, ...], *, one_frame: bool) -> "NetworkConfig | None":
    """Return the network that was asked for, None for the usual one."""
    from models.network.refiner_network import TRANSFORMER, NetworkConfig

    if backbone is None and not blind_to and not one_frame:
        return None
    usual = TRANSFORMER if backbone == TRANSFORMER.backbone else NetworkConfig()
    ages_s = () if one_frame else usual.ages_s
    return dataclasses.replace(usual, backbone=backbone or usual.backbone, blind_to=blind_to, ages_s=ages_s)


def settings_of_run(run_dir: Path, named: dict[str, Any], base: Path | None, *, resume: bool) -> "TrainConfig":
    """Return the settings of a new or resumed run.

    Args:
        run_dir: Of the run.
        named: Settings given by name; they win.
        base: Run folder whose settings the others come from; None: the defaults.
        resume: Take everything from the run itself; only `epochs` may be named.

    Raises:
        SettingsError: Settings that make no sense, or that a resumed run cannot change.
    """
    from core.errors import SettingsError
    from models.training.config import TrainConfig, design_started_from

    if not resume:
        start = TrainConfig.load(base) if base else None
        if start is None and "start_from" in named:
            named = {**design_started_from(Path(named["start_from"])), **named}
        return dataclasses.replace(start, **named) if start else TrainConfig(**{"pairs": (), **named})
    own = TrainConfig.load(run_dir)
    changed = [key for key, value in named.items() if key != "epochs" and getattr(own, key) != value]
    if changed or base:
        raise SettingsError(
            f"A resumed run keeps its own settings, so {', '.join(changed) or 'config'} cannot be given; "
            "leave it out or start a new run."
        )
    return dataclasses.replace(own, **named)


def print_json(progress: "TrainingProgress") -> None:
    """Print one JSON line: event, epoch, n_epochs, step, n_steps, losses, val_..., eta_s; NaN becomes null."""
    print(progress.line(), flush=True)


def _print_distillation(n: int, total: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\rlessons {min(n, total):,} of {total:,}\x1b[K", nl=n >= total, err=True)


def _print_line(progress: "TrainingProgress") -> None:
    """Keep one line up to date on a terminal; one line per epoch elsewhere."""
    is_epoch_end = progress.step * progress.n_epochs == progress.epoch * progress.n_steps
    is_terminal = sys.stderr.isatty()
    if not (is_terminal or is_epoch_end):
        return
    line = (
        f"epoch {progress.epoch}/{progress.n_epochs}  step {progress.step}/{progress.n_steps}  "
        f"loss {progress.losses.get('total', float('nan')):.4f}  val depth {progress.val_depth_mm:.1f} mm "
        f"(raw {progress.val_raw_depth_mm:.1f})  {progress.eta_s:.0f} s left"
    )
    typer.echo(
        f"\r{line}\x1b[K" if is_terminal else line, nl=not is_terminal or progress.step == progress.n_steps, err=True
    )
