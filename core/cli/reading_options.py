"""The options by which a person says what a video or camera cannot know, shared by `process` and `stream`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.detection.chosen_point import ChosenPoint

CAPTURE_RATE = Annotated[
    float | None,
    typer.Option(
        "--capture-rate",
        metavar="HZ",
        help="Frames a second that the camera took, for slow motion, which plays slower, and for folders of pictures. "
        "All times, --start and --end too, are then those of the camera.",
    ),
]
TURN = Annotated[
    int,
    typer.Option("--turn", metavar="DEG", help="Turn the picture clockwise by 90, 180 or 270: it was filmed that way."),
]
MIRRORED = Annotated[
    bool,
    typer.Option(
        "--mirrored", help="The picture is a mirror image, as of many selfies: turn it back, so left is left."
    ),
]
PERSON = Annotated[
    str | None,
    typer.Option(
        metavar="X,Y[@S]",
        help="Whom to follow, of several: who is nearest to this place (pixels) at first, or after S seconds.",
    ),
]


def chosen_point(text: str | None) -> "ChosenPoint | None":
    """Return the place that was typed.

    Raises:
        SettingsError: It is none.
    """
    from core.detection.chosen_point import ChosenPoint

    return None if text is None else ChosenPoint.parse(text)
