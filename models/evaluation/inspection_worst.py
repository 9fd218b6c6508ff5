"""The worst frames, drawn: MediaPipe's pose and the true one from in front and from the side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from core.pose.geometry import on_known_root
from core.pose.palette import edge_colour, hex_colour
from core.pose.skeleton import EDGES
from core.pose.types import FloatArray
from core.sequence.pairs import load_pairs
from core.system.files.atomic import atomic_path
from models.evaluation.pair_facts import PairFacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS: Final = 4
_ACROSS: Final = "#606060"
_RAW: Final = "#b4b4b4"


def draw_worst(worst: Sequence[tuple[float, str, int]], facts: Sequence[PairFacts], target: Path) -> bool:
    """Write a PNG with two views of each frame; return whether there was any.

    Args:
        worst: (mm, file name, frame_index), see `worst_frames`.
        facts: Of the files they are in.
        target: Where to.

    Raises:
        DataError: A file has changed meanwhile.
        OutputError: It cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not worst:
        return False
    path_of = {f.path.name: f.path for f in facts}
    n_rows = -(-len(worst) // _COLUMNS)
    figure = Figure(figsize=(16, 3.6 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(n_rows, 2 * _COLUMNS, squeeze=False)
    for each in axes.flat:
        each.axis("off")
    for number, (error, name, frame) in enumerate(worst):
        pairs = load_pairs(path_of[name])
        row = int(np.flatnonzero(pairs.frame_index == frame)[0])
        front, side = axes[number // _COLUMNS, 2 * (number % _COLUMNS) : 2 * (number % _COLUMNS) + 2]
        for view, horizontal in ((front, 0), (side, 2)):
            truth, raw = on_known_root(pairs.ground_truth[row], pairs.corrupted[row])
            _draw(view, raw, truth, horizontal)
        shown = name if len(name) <= 30 else f"…{name[-29:]}"
        front.set_title(f"{error:.0f} mm, frame {frame}\n{shown}", fontsize=9, loc="left")
        side.set_title("side; camera on the left", fontsize=8, color="#808080")
    with atomic_path(target) as temporary:
        figure.savefig(temporary, dpi=80)
    return True


def _draw(axes: "Axes", raw: FloatArray, truth: FloatArray, horizontal: int) -> None:
    for first, second in EDGES:
        for joints, colour, width in ((raw, _RAW, 2.5), (truth, None, 2.0)):
            ends = joints[[first, second]]
            if np.isfinite(ends).all():
                axes.plot(ends[:, horizontal], -ends[:, 1], color=colour or _side_colour(first, second), lw=width)
    axes.set_aspect("equal", adjustable="datalim")


def _side_colour(first: int, second: int) -> str:
    colour = hex_colour(edge_colour(first, second))
    # the light colour of lines across the body is for dark grounds
    return _ACROSS if colour == hex_colour(edge_colour(5, 6)) else colour
