"""Joint angles of a whole motion, refined and raw, for formats and figures."""

from collections.abc import Iterator

import numpy as np

from core.angles import ANGLE_NAMES, joint_angles
from core.prepared import PreparedMotion, with_choices
from core.types import FloatArray


def upright(motion: PreparedMotion) -> PreparedMotion:
    """Return the motion with y against gravity, whatever was chosen: angles of the trunk need gravity."""
    return motion if motion.is_y_up else with_choices(motion, coordinates="upright", up="y")


def angle_series(motion: PreparedMotion, *, is_raw: bool = False) -> FloatArray:
    """Return the (T, 24) angles of `ANGLE_NAMES`, degrees, float32; NaN in gaps and where an angle cannot be seen.

    Args:
        motion: As prepared; angles are taken after its filter. Raw ones free its refined landmarks.
        is_raw: From MediaPipe's own joints instead of the refined ones.
    """
    result = np.empty((len(motion), len(ANGLE_NAMES)), np.float32)
    for part, angles in zip(motion.blocks(), angle_blocks(motion, is_raw=is_raw), strict=True):
        result[part] = angles
    return result


def angle_blocks(motion: PreparedMotion, *, is_raw: bool = False) -> Iterator[FloatArray]:
    """Yield the (n, 24) angles of one block after the other."""
    motion = upright(motion)
    if is_raw:
        motion.forget_refined()
    for part in motion.blocks():
        yield joint_angles(motion.raw_points(part) if is_raw else motion.points(part))
