"""How sure joint angles are: the refiner's own standard deviations, carried through the angles to first order.

The refiner expects an error of depth for every joint, along the view. An angle moves by its slope times that error; the
errors of different joints are taken for independent: sd^2 = sum over joints of (d angle / d depth)^2 sd_joint^2. What
errs sideways, filters, and the joints' common errors are not in it; docs/angles.md says how often angles lie within.
"""

from typing import Final

import numpy as np

from core.pose.angles.joint_angles import joint_angles
from core.pose.skeleton import (
    LANDMARK_JOINT,
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    N_JOINTS,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from core.pose.types import FloatArray

_SHARE: Final = 0.01
"""Of its standard deviation, by which a joint is moved to see how an angle follows."""
_TOGETHER: Final = (
    (LEFT_SHOULDER,), (RIGHT_SHOULDER,), (LEFT_HIP,), (RIGHT_HIP,), (RIGHT_EAR,),
    (NOSE, LEFT_ELBOW, RIGHT_ELBOW, LEFT_KNEE, RIGHT_KNEE),
    (LEFT_EAR, LEFT_WRIST, RIGHT_WRIST, LEFT_ANKLE, RIGHT_ANKLE),
)  # fmt: skip
"""Joints that may be moved at once, since no angle depends on two of them."""


def angles_sd_deg(points_y_up: FloatArray, depth_axis: FloatArray, sd_m: FloatArray) -> FloatArray:
    """Return the (n, 24) standard deviations of `core.pose.angles.joint_angles.ANGLE_NAMES`, degrees.

    Args:
        points_y_up: (n, 33, 3) landmarks in upright axes, y against gravity; hands and feet move with their limbs.
        depth_axis: (n, 3) unit direction of the view in the same axes.
        sd_m: (n, 17) expected standard deviation of each joint's depth, metres.

    Returns:
        NaN where the angle is, and where a standard deviation that it depends on is.

    Source: propagation of uncertainty to first order (JCGM 100:2008, 5.1.2).
    """
    angles = joint_angles(points_y_up)
    variance = np.zeros_like(angles)
    for joints in _TOGETHER:
        moving = np.isin(np.arange(N_JOINTS), joints)
        step_m = np.where(moving, _SHARE * sd_m, 0.0)[:, LANDMARK_JOINT]
        moved = joint_angles(points_y_up + step_m[..., None] * depth_axis[:, None])
        variance += (((moved - angles + 180.0) % 360.0 - 180.0) / _SHARE) ** 2
    return np.sqrt(variance)
