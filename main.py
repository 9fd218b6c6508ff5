"""The program's one entrance: `python main.py` opens the window, a subcommand does its job without one."""

import difflib
import errno
import importlib
import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from core.errors import NdrError, SourceError
from core.system.files.names import shown
from core.system.interrupts import interrupt_on_end_signals
from core.system.version import program_version

COMMANDS = {
    "process": ("core.cli.process", "process dance.mp4 squat.mov -o results --format npz,csv,mp4,png"),
    "analyse": ("core.cli.analyse", "analyse dance.mp4"),
    "stream": ("core.cli.stream", "stream 0 --to vmc,ws --calibrate 5"),
    "export-sequence": (
        "core.cli.export_sequence",
        "export-sequence dance.npz --format trc,bvh --root-trajectory",
    ),
    "studio": ("models.cli.studio", "studio --motion mocap/ -o pairs --frames 30000"),
    "download": ("models.cli.download", "download aist -o aist --genre gBR --first 90"),
    "convert": ("models.cli.convert", "convert aist --videos aist/videos --annotations aist/annotations -o pairs/aist"),
    "poses": ("models.cli.poses", "poses --motion mocap/ -o poses.npz --count 60000"),
    "train": ("models.cli.train", "train --pairs pairs -o runs/first --epochs 50 --batch-size 64"),
    "export": ("models.cli.export", "export --checkpoint runs/first/best.ckpt -o refiner.onnx"),
    "evaluate": ("models.cli.evaluate", "evaluate --pairs pairs --split test --model refiner.onnx --json figures.json"),
    "inspect": ("models.cli.inspect", "inspect pairs"),
    "choose": ("models.cli.choose", "choose --set beam=pairs/real --refiner old.onnx --refiner new.onnx"),
    "compare": ("models.cli.compare", "compare pairs/studio pairs/real -o comparison --motion mocap"),
    "recover": ("core.cli.recover", "recover ~/Videos"),
    "bench": ("core.cli.bench", "bench --only pipeline --json bench.json"),
    "doctor": ("core.cli.doctor", "doctor"),
}
"""Subcommand → the module whose `register` adds it, imported only when it is asked for, and an example of its use."""

_BENCHES = {
    "arithmetic": "models.bench.arithmetic:arithmetic",
    "peers": "models.bench.peers:peers",
    "display": "app.bench.live:display",
    "gui": "app.bench.gui:gui",
    "stage": "app.bench.stage:stage",
    "takes": "app.bench.takes:takes",
    "studio": "models.bench.studio:studio",
    "training": "models.bench.training:training",
    "pairs": "models.bench.training:growth_with_pairs",
    "gpu": "models.bench.gpu:gpu",
}
"""The benches that core cannot know: this module alone may see all packages."""

_WINDOW = "window"
TRAINING_PACKAGES = frozenset({"torch", "lightning", "onnx", "onnxscript", "anny", "moderngl", "requests", "ezc3d"})
_WINDOW_PACKAGES = frozenset({"PySide6", "pyqtgraph"})
_INTERRUPTED = 130
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM})

_HELP = """Correct MediaPipe's 3D poses from one camera, live, with a learned depth refiner.

Without a subcommand the window opens: python main.py [VIDEO] [--no-learned-depth-refinement]

Examples: python main.py dance.mp4 · python main.py process dance.mp4 -o results · python main.py doctor
"""


class _Group(TyperGroup):
    """Subcommands that are imported late; what is no subcommand is for the window."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [_WINDOW, *COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.commands or cmd_name not in COMMANDS:
            return self.commands.get(cmd_name)
        part = typer.Typer(add_completion=False, rich_markup_mode=None)
        part.callback()(lambda: None)  # keeps a lone command a subcommand
        module, example = COMMANDS[cmd_name]
        importlib.import_module(module).register(part)
        if cmd_name == "bench":
            register_benches()
        group: Any = typer.main.get_command(part)
        command = group.commands[cmd_name]
        command.epilog = f"Example: python main.py {example}"
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in COMMANDS and first not in (_WINDOW, "--help", "--version"):
            args = [_WINDOW, *args]
        return super().parse_args(ctx, args)


def register_benches() -> None:
    """Make the benches of the window and of training known to `core.bench`."""
    from core.bench.registry import register

    register(_BENCHES, own_process=frozenset({"display", "gui", "pairs", "takes"}))


cli = typer.Typer(cls=_Group, help=_HELP, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"Neural Depth Refinement {program_version()}")
        raise typer.Exit


@cli.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@cli.command(_WINDOW)
def _window(
    video: Annotated[
        str | None,
        typer.Argument(
            metavar="VIDEO", help="Video file, camera number (0, 1, ...) or stream address to open at once."
        ),
    ] = None,
    refinement: Annotated[
        bool,
        typer.Option(
            "--learned-depth-refinement/--no-learned-depth-refinement",
            help="Whether the refiner is on when the window opens; it can be switched there.",
        ),
    ] = True,
) -> None:
    """Open the window (also what happens without any subcommand)."""
    from core.sources import is_camera, is_url

    if video is not None and not (is_camera(video) or is_url(video) or Path(video).exists()):
        close = difflib.get_close_matches(video, COMMANDS, n=1, cutoff=0.7)
        hint = f"did you mean the command '{close[0]}'?" if close else "see --help for the commands."
        raise SourceError(f"There is no file '{video}'; {hint}")
    from app.main import run_window

    raise typer.Exit(run_window(video, refinement))


def main() -> None:
    """Run the command line; every expected error is one sentence on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name or an arrow that this terminal cannot show ends nothing
    interrupt_on_end_signals()
    try:
        cli()
    except NdrError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        what = error.filename or "what it prints or a temporary file"
        _fail(f"Cannot read or write {what}: {error.strerror}; choose another place or free space.", 2)
    except KeyboardInterrupt:
        _fail("Interrupted.", _INTERRUPTED)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in TRAINING_PACKAGES:
            _fail(f"This command needs the training packages ({package} is missing): pip install -e .[train]", 2)
        if package in _WINDOW_PACKAGES:
            _fail(f"The window needs {package}, which is missing: pip install -e .", 2)
        raise


def _fail(sentence: str, code: int) -> None:
    print(shown(sentence), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
