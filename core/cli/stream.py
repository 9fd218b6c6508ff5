"""`stream`: live poses to avatars and other programs, without a window."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli import export_options, look_options, reading_options

_HELP = """Stream live poses from a camera or file to other programs, until the file ends or Ctrl-C.

Targets are KIND, KIND=PORT or KIND=HOST:PORT, separated by commas. Kinds: vmc (avatars, port 39539), osc (plain OSC,
39541), tcp (JSON lines, 39542) and ws (JSON over WebSocket, 39543); tcp and ws listen, the others send. Nothing leaves
this machine unless you name another host. docs/streaming.md says what is sent.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("stream", help=_HELP)(stream)


def stream(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Camera number (0, 1, ...), video file or stream address.")
    ],
    targets: Annotated[
        str, typer.Option("--to", metavar="TARGETS", help="Where to, for example vmc,ws or vmc=192.168.1.20:39539.")
    ] = "vmc",
    calibrate_s: Annotated[
        float | None,
        typer.Option("--calibrate", metavar="S", min=0.0, help="Calibrate on a T-pose, which begins after S seconds."),
    ] = None,
    rate_hz: Annotated[
        float, typer.Option("--rate", metavar="HZ", help="How often avatars are sent to; rotations are interpolated.")
    ] = 60.0,
    fov_deg: Annotated[
        float | None,
        typer.Option(
            "--fov", metavar="DEG", help="The camera's horizontal field of view.  [default: 60 across the longer side]"
        ),
    ] = None,
    turn_deg: reading_options.TURN = 0,
    is_mirrored: reading_options.MIRRORED = False,
    person: reading_options.PERSON = None,
    min_visibility: export_options.MIN_VISIBILITY = None,
    only: export_options.ONLY = None,
    is_looping: Annotated[bool, typer.Option("--loop", help="Start a file over at its end.")] = False,
    quality: look_options.QUALITY = "automatic",
    looks: look_options.LOOKS = "",
    variant: look_options.VARIANT = "",
    model: Annotated[
        Path | None, typer.Option(metavar="FILE.onnx", help="The refiner; the one that comes along if left out.")
    ] = None,
    refinement: Annotated[
        bool,
        typer.Option(
            "--learned-depth-refinement/--no-learned-depth-refinement",
            help="Whether the refiner runs; without it MediaPipe's own poses are streamed.",
        ),
    ] = True,
) -> None:
    """Thin layer over `core.cli.stream_job.run_stream`."""
    from core.cli.stream_job import StreamJob, run_stream
    from core.sequence.export_choices import ExportChoices
    from core.settings import Settings
    from core.sources.reading import Reading
    from core.system.files.program import DEFAULT_REFINER

    run_stream(
        StreamJob(
            source=source,
            targets=tuple(part.strip() for part in targets.split(",") if part.strip()),
            settings=Settings(
                variant=variant,
                learned_depth_refinement=refinement,
                refiner=str(model or DEFAULT_REFINER),
                quality=quality,
                looks=looks,
            ),
            rate_hz=rate_hz,
            fov_deg=fov_deg,
            calibrate_s=calibrate_s,
            is_looping=is_looping,
            reading=Reading(turn_deg=turn_deg, is_mirrored=is_mirrored),
            person=reading_options.chosen_point(person),
            seen=ExportChoices(min_visibility=min_visibility, only=only),
        )
    )
