"""`process`: videos in, refined poses out, without a window."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli import export_options as options
from core.cli import look_options, reading_options
from core.cli.renamed import renamed

_HELP = """Refine the poses of video files and write them to a folder.

Results of VIDEO are named after it: VIDEO.npz, VIDEO.csv, VIDEO.trc, VIDEO_annotated.mp4, VIDEO_report.png and so on,
and VIDEO.settings.toml, which says how they were made. A video whose finished results of the same settings are there is
skipped; where only formats or their options differ, they are made from VIDEO.npz without looking at the video again.
Names that collide are told apart. What this program did not write is not replaced without --overwrite, nor is more of
a video by less of it. Ctrl-C keeps the poses so far as VIDEO.partial.npz and so on; run again for all of it. Exit code:
0 done, 2 a video failed (the others are done), 130 interrupted.
"""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("process", cls=renamed(travel="root_trajectory"), help=_HELP)(process)


def process(
    videos: Annotated[
        list[str], typer.Argument(metavar="VIDEO", help="Video files, any format FFmpeg reads, or folders of them.")
    ],
    out_dir: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results; made if it does not exist.")
    ] = Path("results"),
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="LIST",
            help="What to write, separated by commas: npz (everything), csv, tidy, parquet (tables), json, angles "
            "(table of joint angles), cycles (table of repetitions), trc, mot (OpenSim), c3d, bvh, glb (animation), "
            "mp4 (annotated video), compare (video of raw beside refined), pdf, html (report), png (overview).",
        ),
    ] = "npz,csv",
    start_s: Annotated[float, typer.Option("--start", metavar="S", help="Start of the range, seconds.")] = 0.0,
    end_s: Annotated[
        float | None,
        typer.Option("--end", metavar="S", help="End of the range, seconds; the end of the file if left out."),
    ] = None,
    quality: look_options.QUALITY = "automatic",
    looks: look_options.LOOKS = "",
    variant: look_options.VARIANT = "",
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.onnx", help="The refiner, its card beside it; the one that comes along if left out."
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(metavar="PAIRS.npz", help="Pair file made from this one video: adds errors to table and report."),
    ] = None,
    refinement: Annotated[
        bool,
        typer.Option(
            "--learned-depth-refinement/--no-learned-depth-refinement",
            help="Whether the refiner runs; without it the results are MediaPipe's own.",
        ),
    ] = True,
    per_file: Annotated[
        Path | None,
        typer.Option(
            "--per-file",
            metavar="FILE.toml",
            help='Other settings for some videos: a table per file name or pattern, such as ["dance.mp4"], with '
            "start_s, end_s, formats, quality, capture_rate_hz, turn_deg, mirrored, person and a table export.",
        ),
    ] = None,
    capture_hz: reading_options.CAPTURE_RATE = None,
    turn_deg: reading_options.TURN = 0,
    is_mirrored: reading_options.MIRRORED = False,
    person: reading_options.PERSON = None,
    take: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The video's take, of `analyse` or the window: its looks, person, height, camera and filter are used, "
            "and what was seen is not looked at again.",
        ),
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
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Make finished results again; replace what others wrote."),
    ] = False,
    n_processes: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", metavar="N", help="Videos at once, each in a process of its own; one per core is best."
        ),
    ] = 1,
    json_progress: Annotated[
        bool, typer.Option("--json-progress", help="Report progress as JSON lines, for another program.")
    ] = False,
) -> None:
    """Thin layer over `core.process.batch.process_batch`."""
    from core.process.batch import process_batch
    from core.process.formats import format_names
    from core.process.job import Job
    from core.settings import Settings
    from core.sources.reading import Reading
    from core.system.files.program import DEFAULT_REFINER
    from core.take.seen_before import OfTake, chosen_later

    job = Job(
        out_dir=out_dir,
        formats=format_names(formats),
        settings=Settings(
            variant=variant,
            learned_depth_refinement=refinement,
            refiner=str(model or DEFAULT_REFINER),
            quality=quality,
            looks=looks,
        ),
        choices=options.export_choices(
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
        ),
        start_s=start_s,
        end_s=end_s,
        reading=Reading(capture_hz, turn_deg, is_mirrored),
        person=reading_options.chosen_point(person),
        truth=truth,
        overwrite=overwrite,
    )
    of_take = None if take is None else OfTake(take)
    code = process_batch(
        videos,
        job if of_take is None else of_take.job(job),
        per_file=per_file,
        json_progress=json_progress,
        n_processes=n_processes,
        see=of_take or chosen_later,
    )
    raise typer.Exit(code)
