"""What belongs together in time: the one place for the rule by which a stream of frames begins anew."""

import numpy as np
import numpy.typing as npt

from core.pose.types import FloatArray

GAP_S = 0.5
"""A longer pause between frames starts a new stream."""


def is_new_stream(step_s: float) -> bool:
    """Whether a frame that comes `step_s` after another begins a new stream: after a pause, or with no step ahead.

    Asked once for each frame that is live (`core.refinement.stream_refiner` on behalf of all that remembers poses).
    """
    return not 0.0 < step_s <= GAP_S


def stream_starts(time_s: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (T,) which frames at (T,) times begin a new stream; the first does."""
    steps = np.diff(time_s)
    starts: npt.NDArray[np.bool_] = np.r_[np.ones(min(len(time_s), 1), bool), ~((steps > 0) & (steps <= GAP_S))]
    return starts
