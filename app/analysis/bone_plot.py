"""The length of one bone over time."""

from typing import ClassVar

import numpy as np

from app.analysis.time_plot import TimePlot
from app.language import fill
from app.session.track import Track
from core.pose.skeleton import BONE_NAMES
from core.pose.types import FloatArray


class BoneLengthPlot(TimePlot):
    """Raw and refined length of the bone chosen with `set_bone`, centimetres."""

    SERIES: ClassVar = {"raw": ("raw", "raw"), "refined": ("refined", "refined")}
    UNIT = "length, cm"

    bone = BONE_NAMES[0]

    def set_bone(self, name: str) -> None:
        """Show another bone from the next `redraw` on."""
        self.bone = name

    def read(self, track: Track, start_s: float, end_s: float) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return both lengths."""
        found = track.between(start_s, end_s, (f"raw_{self.bone}", self.bone))
        return found["time"], {"raw": 100 * found[f"raw_{self.bone}"], "refined": 100 * found[self.bone]}

    def say(self, track: Track, now_s: float) -> str:
        """Return the length under the cursor."""
        length_m = track.at(now_s, (self.bone,))[self.bone]
        return fill("{:.1f} cm", 100 * length_m) if np.isfinite(length_m) else ""

    def y_range(self, low: float, high: float) -> tuple[float, float]:
        """Show a few centimetres at least, so that a steady bone looks steady."""
        middle, half = (low + high) / 2, max((high - low) / 2 * 1.15, 4.0)
        return middle - half, middle + half
