"""The options that say how a recording is made ready for files, the same for `process` and `export-sequence`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.sequence.export_choices import ExportChoices

COORDINATES = Annotated[
    str | None,
    typer.Option(
        "--coordinates",
        metavar="NAME",
        help="view-ray (hip-centred, x right, y down, z away), camera (its own axes) or upright (gravity from the "
        "predicted viewpoint). Left out: tables view-ray, everything else upright.",
    ),
]
UP = Annotated[
    str | None,
    typer.Option("--up", metavar="y|z", help="Which upright axis points up. Left out: z for C3D, y for the others."),
]
TRAVEL = Annotated[
    bool | None,
    typer.Option(
        "--root-trajectory/--no-root-trajectory",
        help="Let the hips move, as estimated from the picture, instead of staying at 0 (as they do if left out).",
    ),
]
FILTER = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="NAME[:KEY=VALUE,...]",
        help="none, one-euro, butterworth, butterworth-causal, savitzky-golay or kalman, such as "
        "butterworth:cutoff_hz=5,order=4. Left out: none for tables, kalman for everything else.",
    ),
]
MAX_GAP = Annotated[
    float | None,
    typer.Option(
        "--max-gap",
        metavar="MS",
        help="Longest time without a person that is interpolated, milliseconds. Left out: 0 for tables, else 250.",
    ),
]
OUTLIER_GATE = Annotated[
    float | None,
    typer.Option(
        "--outlier-gate",
        metavar="M",
        help="A landmark farther than this from its running median counts as missing, metres. Left out: off.",
    ),
]
FOV = Annotated[
    float | None,
    typer.Option(
        "--fov", metavar="DEG", help="The camera's horizontal field of view; 60 across the longer side if left out."
    ),
]
HEIGHT = Annotated[
    float | None, typer.Option("--height", metavar="M", help="The person's height, which scales the skeleton.")
]
ROLL = Annotated[
    float | None,
    typer.Option("--roll", metavar="DEG", help="The camera's roll; estimated from the body's axis if left out."),
]
RATE = Annotated[
    float | None, typer.Option("--rate", metavar="HZ", help="Frame rate of the files; the video's if left out.")
]
MIN_VISIBILITY = Annotated[
    float | None,
    typer.Option(
        "--min-visibility",
        metavar="0..1",
        help="Joints less visible than this, or beyond the picture, are unknown (held in BVH, MOT, GLB, VMC). 0.3 if "
        "left out; 0 takes every guess of MediaPipe for seen.",
    ),
]
ONLY = Annotated[
    str | None, typer.Option("--only", metavar="all|upper", help="upper leaves the legs out: knees, ankles, feet.")
]


def export_choices(*, filter_name: str | None, **others: str | bool | float | None) -> "ExportChoices":
    """Return what these options, by their names in the commands, ask for; None leaves a choice open.

    Raises:
        SettingsError: A value is unknown or out of range.
    """
    from core.sequence.export_choices import ExportChoices

    given = {"filter": filter_name, **others}
    return ExportChoices.from_table({name: value for name, value in given.items() if value is not None})
