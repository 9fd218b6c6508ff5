"""Options of commands that look at people: how good, by which looks."""

from typing import Annotated

import typer

QUALITY = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How much work goes into a pose: fast (one look), balanced (two), best (four) or automatic: best for "
        "files, and for cameras the best that this machine carries at their rate.",
    ),
]
LOOKS = Annotated[
    str,
    typer.Option(
        metavar="LIST",
        help="These looks exactly, such as full,heavy-mirrored: MediaPipe's lite, full or heavy, each also on the "
        "mirror image. Goes before --quality.",
    ),
]
VARIANT = Annotated[
    str,
    typer.Option(metavar="NAME", help="One look of MediaPipe's lite, full or heavy. Goes before --quality."),
]
