"""How cost grows, as one picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from core.system.files.atomic import atomic_path

_PANELS: Final = (
    ("growth", "us_per_frame_of_minutes", "length of the video, minutes", "refine and collect, µs per frame"),
    ("growth", "save_us_per_frame_of_minutes", "length of the video, minutes", "save as NPZ, µs per frame"),
    ("growth", "resident_mib_after_minutes", "length of the video, minutes", "memory held, MiB"),
    ("refiner", "us_per_pose_in_batch", "poses at once", "refine, µs per pose"),
    ("pairs", "load_us_per_pair", "training pairs", "load, µs per pair"),
    ("pairs", "batch_us_per_pair", "training pairs", "cut into shuffled batches, µs per pair"),
)


def draw_growth(document: Mapping[str, Any], path: Path) -> None:
    """Draw a panel for every figure that was measured at several sizes, on logarithmic sizes.

    Raises:
        OutputError: The file cannot be written.
    """
    panels = [panel for panel in _PANELS if panel[1] in document.get(panel[0], {})]
    n_rows = max(1, -(-len(panels) // 3))
    figure = Figure(figsize=(12, 3.2 * n_rows), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for number, (bench, name, x_label, y_label) in enumerate(panels):
        values = document[bench][name]
        sizes, costs = [float(size) for size in values], list(values.values())
        axes = figure.add_subplot(n_rows, 3, number + 1)
        axes.plot(sizes, costs, "o-", color="#0072b2")
        axes.set_xscale("log")
        axes.set_xticks(sizes, [_short(size) for size in sizes])
        axes.minorticks_off()
        axes.set_ylim(0, max(costs) * 1.25)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(True, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(path) as temporary:
        canvas.print_png(str(temporary))


def _short(size: float) -> str:
    if size >= 1e6:
        return f"{size / 1e6:g}M"
    return f"{size / 1e3:g}K" if size >= 10_000 else f"{size:g}"
