"""The coverage of several data sets in one picture, a row each."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from core.system.files.atomic import atomic_path
from models.evaluation.coverage import LIMBS, Coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = ("#8c8c8c", "#3b75af", "#d9772b")
_DENSEST: Final = 30.0
_SPARSEST: Final = 0.03


def draw_coverage(sets: Sequence[Coverage], path: Path) -> None:
    """Draw limb directions, a map per limb and set, then viewpoints and pelvis heights; the last set is compared.

    Raises:
        OutputError: The picture cannot be written.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.1 * len(LIMBS) + 1, 1.9 * len(sets) + 3.4), dpi=110, layout="constrained")
    maps, graphs = np.asarray(figure.subfigures(2, 1, height_ratios=(1.9 * len(sets), 3.2)))
    grid = maps.subplots(len(sets), len(LIMBS), squeeze=False, sharex=True, sharey=True)
    norm = LogNorm(_SPARSEST, _DENSEST)
    image = None
    for row, held in zip(grid, sets, strict=True):
        for axes, limb in zip(row, LIMBS, strict=True):
            density = np.clip(held.density(limb), _SPARSEST, None)
            image = axes.imshow(
                density, norm=norm, cmap="magma", origin="lower", extent=(-180, 180, -1, 1), aspect="auto"
            )
            title = limb if held is sets[0] else ""
            if held is not sets[-1]:
                missing = 100 * sets[-1].uncovered_share(held, limb)
                title = f"{title}\n{missing:.1f} % of {sets[-1].name} not here".lstrip("\n")
            axes.set_title(title, fontsize=9)
            axes.set_xticks([-180, -90, 0, 90, 180], ["behind", "inward", "ahead", "outward", "behind"], fontsize=7)
            axes.set_yticks([-1, -0.5, 0, 0.5, 1], ["down", "−30°", "level", "30°", "up"], fontsize=7)
        row[0].set_ylabel(f"{held.name}\n{held.n_frames:,} frames", fontsize=9)
    maps.colorbar(image, ax=grid, label="density; 1: as if all directions were alike", shrink=0.8)
    _draw_graphs(graphs.subplots(1, 3), sets)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def _draw_graphs(axes: "Sequence[Axes]", sets: Sequence[Coverage]) -> None:
    edges = (np.arange(0, 361, 15), np.arange(-90, 91, 5), np.arange(-0.5, 1.31, 0.05))
    colours = _COLOURS[-len(sets) :]
    for column, attribute in enumerate(("azimuth_deg", "elevation_deg", "pelvis_height")):
        for held, colour in zip(sets, colours, strict=True):
            values = getattr(held, attribute)
            if len(values):
                values = np.clip(values, edges[column][0], edges[column][-1])
                weights = np.full(len(values), 100 / len(values))
                axes[column].hist(
                    values,
                    edges[column].tolist(),
                    weights=weights,
                    histtype="step",
                    lw=1.8,
                    color=colour,
                    label=held.name,
                )
        axes[column].set_ylabel("% of frames")
    axes[0].set(title="Azimuth of the camera", xlabel="degrees; 0 in front, 90 at the subject's right")
    axes[0].set_xticks(range(0, 361, 90))
    axes[1].set(title="Elevation of the camera", xlabel="degrees above the pelvis")
    axes[2].set(title="Pelvis above the lower ankle", xlabel="leg lengths; 1 upright, 0 sitting or lying on the floor")
    axes[2].legend(fontsize=8)
