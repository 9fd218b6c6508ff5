"""MediaPipe's depth bias and spread per joint and azimuth, two sets side by side and their difference."""

from pathlib import Path
from typing import Final

import numpy as np

from core.system.files.atomic import atomic_path
from models.evaluation.realism import BIN_NAMES, JOINT_NAMES, Errors, bias_by_azimuth, spread_by_azimuth

_BIAS_MM: Final = 150
_SPREAD_MM: Final = 200


def draw_realism(a: Errors, b: Errors, path: Path) -> None:
    """Draw two rows, bias and spread, of three maps: a, b, and a - b.

    Raises:
        OutputError: The picture cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 8), dpi=100, layout="constrained")
    grid = figure.subplots(2, 3, sharex=True, sharey=True)
    for row, (what, measure, limits, colours) in zip(
        grid,
        (
            ("bias", bias_by_azimuth, (-_BIAS_MM, _BIAS_MM), "RdBu_r"),
            ("spread", spread_by_azimuth, (0, _SPREAD_MM), "viridis"),
        ),
        strict=True,
    ):
        of_a, of_b = measure(a), measure(b)
        for axes, values, title in zip(row, (of_a, of_b, of_a - of_b), (a.name, b.name, "difference"), strict=True):
            is_difference = title == "difference"
            low, high = (-_BIAS_MM, _BIAS_MM) if is_difference else limits
            image = axes.imshow(values, cmap="RdBu_r" if is_difference else colours, vmin=low, vmax=high, aspect="auto")
            axes.set_title(f"Depth {what}, {title}" + (f": {a.name} − {b.name}" if is_difference else ""))
            axes.set_facecolor("#e6e6e6")
            figure.colorbar(image, ax=axes, label="mm", shrink=0.9)
            for (joint, number), value in np.ndenumerate(values):
                if np.isfinite(value):
                    dark = abs(value) > 0.65 * high if low < 0 else value < 0.5 * high
                    axes.text(number, joint, f"{value:.0f}", ha="center", va="center", fontsize=6.5,
                              color="white" if dark else "black")  # fmt: skip
    for axes in grid[1]:
        axes.set_xticks(range(len(BIN_NAMES)), BIN_NAMES, rotation=60, fontsize=8)
        axes.set_xlabel("azimuth of the camera, degrees")
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(JOINT_NAMES)), JOINT_NAMES, fontsize=8)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
