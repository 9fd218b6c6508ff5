"""`export-sequence`: other formats from a recording, without the video."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli import export_options as options
from core.cli.renamed import renamed

_HELP = """Write recordings (the NPZ of `process`) in other formats, in seconds instead of minutes.

Results of NAME.npz are named after it: NAME.trc, NAME.c3d, NAME.bvh and so on, and NAME.export.toml, which says how
they were made. A file that this program did not write is never replaced without --overwrite. docs/exports.md has every
format, its coordinates and its units.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("export-sequence", cls=renamed(travel="root_trajectory"), help=_HELP)(export_sequence)


def export_sequence(
    recordings: Annotated[list[Path], typer.Argument(metavar="IN.npz", help="Recordings that `process` wrote.")],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="LIST",
            help="What to write, separated by commas: csv, tidy, json, parquet, angles, cycles, trc, mot, c3d, bvh, "
            "glb, npz, png, pdf and html (report).",
        ),
    ],
    out_dir: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for the files; the recording's if left out."),
    ] = None,
    start_s: Annotated[float, typer.Option("--start", metavar="S", help="Start of the range, seconds.")] = 0.0,
    end_s: Annotated[
        float | None,
        typer.Option("--end", metavar="S", help="End of the range, seconds; the end of the recording if left out."),
    ] = None,
    coordinates: options.COORDINATES = None,
    up: options.UP = None,
    travel: options.TRAVEL = None,
    filter_name: options.FILTER = None,
    max_gap_ms: options.MAX_GAP = None,
    outlier_gate_m: options.OUTLIER_GATE = None,
    fov_deg: options.FOV = None,
    height_m: options.HEIGHT = None,
    roll_deg: options.ROLL = None,
    rate_hz: options.RATE = None,
    min_visibility: options.MIN_VISIBILITY = None,
    only: options.ONLY = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what this program did not write.")] = False,
) -> None:
    """Thin layer over `core.process.export_sequence.export_sequence`."""
    from core.process.export_sequence import export_paths
    from core.process.export_sequence import export_sequence as export_one
    from core.process.formats import format_names
    from core.system.files.names import shown

    choices = options.export_choices(
        coordinates=coordinates,
        up=up,
        filter_name=filter_name,
        max_gap_ms=max_gap_ms,
        outlier_gate_m=outlier_gate_m,
        travel=travel,
        fov_deg=fov_deg,
        height_m=height_m,
        roll_deg=roll_deg,
        rate_hz=rate_hz,
        min_visibility=min_visibility,
        only=only,
    )
    names = format_names(formats)
    export_paths(recordings, out_dir, names, overwrite=overwrite)  # what cannot be is said before the first is written
    for recording in recordings:
        folder = recording.parent if out_dir is None else out_dir
        paths = export_one(recording, folder, names, choices, start_s=start_s, end_s=end_s, overwrite=overwrite)
        for path in paths.values():
            typer.echo(shown(path))
