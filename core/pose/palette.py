"""The colours of sides and sources, the same in every picture (Okabe and Ito: told apart by the colour-blind)."""

from typing import Final

from core.pose.skeleton import SIDE

Rgb = tuple[int, int, int]

LEFT: Final[Rgb] = (56, 160, 232)
RIGHT: Final[Rgb] = (240, 150, 20)
MIDDLE: Final[Rgb] = (235, 235, 235)
RAW: Final[Rgb] = (150, 150, 150)
REFINED: Final[Rgb] = (0, 114, 178)
TRUTH: Final[Rgb] = (0, 0, 0)

_OF_SIDE: Final = {1: LEFT, -1: RIGHT, 0: MIDDLE}


def edge_colour(first: int, second: int) -> Rgb:
    """Return the colour of the line between two COCO joints: of their side, neutral where sides meet."""
    sides = {int(SIDE[first]), int(SIDE[second])} - {0}
    return _OF_SIDE[sides.pop()] if len(sides) == 1 else MIDDLE


def hex_colour(colour: Rgb) -> str:
    """Return a colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
