"""`convert multiview`: synchronised calibrated videos → pairs."""

from pathlib import Path

import typer

from models.data.look_folders import LOOKS_HELP, parse_looks


def register(convert: typer.Typer) -> None:
    """Add the command."""
    convert.command("multiview")(multiview_command)


def multiview_command(
    videos: list[Path] = typer.Option(..., "--videos", help="Folder of videos, or a video (repeat)."),
    calibration: Path = typer.Option(
        ..., "--calibration", help=".qca.txt, .toml (Pose2Sim, Caliscope, anipose), AIST++ .json, or intri.yml."
    ),
    output: Path = typer.Option(..., "-o", "--output", help="Data set folder; recordings already there stay."),
    truth: Path | None = typer.Option(None, "--truth", help="C3D or TRC with the truth.  [default: triangulate]"),
    markers: str = typer.Option(
        "", "--markers", help="Marker set of --truth: a name or a .toml file.  [default: the known one that fits]"
    ),
    person: str = typer.Option("one", help="one (whom MediaPipe finds), largest, or CAMERA=left,top,width,height."),
    unit: str = typer.Option("", help="Unit of the calibration: m, cm or mm.  [default: usual for its kind]"),
    up: str = typer.Option("", help="World axis against gravity: z, -y, ...  [default: the file's or the people's]"),
    timestamps: Path | None = typer.Option(None, help="Caliscope's timestamps.csv, when frames are not in step."),
    truth_2d: str = typer.Option(
        "heavy",
        "--truth-2d",
        help="Pose model whose keypoints are triangulated, or 'same': those of the first look, faster.",
    ),
    looks: str = typer.Option("full", help=LOOKS_HELP),
    mode: str = typer.Option("video", help="MediaPipe's running mode of the pairs: video or image."),
    workers: int = typer.Option(1, min=1, help="Videos looked at at a time."),
    sequence: str = typer.Option("", help="Name of the recording.  [default: the folder's]"),
    subject: str = typer.Option("", help="Who it is; people of one name stay in one split.  [default: the recording]"),
    split: str = typer.Option("train", help="train, val or test."),
    dataset: str = typer.Option("multiview", help="Name of the data set, for the files' meta."),
    licence: str = typer.Option("", help="Licence of the footage, for the files' meta."),
    json_progress: bool = typer.Option(False, "--json-progress", help="Report progress as JSON lines beside the text."),
) -> None:
    """Turn synchronised videos of calibrated cameras into training pairs.

    Truth comes from a marker file in the calibration's world, or is triangulated: every view through MediaPipe twice
    (mirrored), wrong views thrown out, exchanged sides put right, bones held at their length. Joints without a
    trustworthy solution are NaN. A video belongs to the camera whose name is in its file name. Look at the picture
    that is written beside the pairs.
    """
    from core.system.progress import Progress
    from models.data.multiview.footage import Footage, convert

    about = {"dataset": dataset, **({"licence": licence} if licence else {})}
    footage = Footage(
        videos=tuple(videos), calibration=calibration, unit=unit, up=up, timestamps=timestamps, truth=truth,
        markers=markers, person=person, truth_variant=truth_2d, looks=parse_looks(looks), mode=mode, workers=workers,
        sequence=sequence, subject=subject, split=split, about=about,
    )  # fmt: skip

    def progress(n_settled: int, n_videos: int) -> None:
        if json_progress:
            typer.echo(Progress(n_settled, n_videos, "videos").line(n_settled=n_settled, n_videos=n_videos))

    outcome = convert(footage, output, typer.echo, progress)
    typer.echo(f"{len(outcome.files)} pair files in {output}; look at {outcome.picture}")
