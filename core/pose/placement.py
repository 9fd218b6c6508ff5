"""Where a person is in front of the camera, from one frame: for showing, not for measuring.

One camera cannot see size and distance apart. The skeleton has a size in metres, so its size in the picture gives its
distance once the field of view is known.
"""

import numpy as np

from core.pose.geometry import mid_hip, pixel_rays
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import FloatArray, Refined


def place_m(packet: Refined, intrinsics: FloatArray, scale: float = 1.0) -> FloatArray:
    """Return the (3,) middle of the hips in the camera frame, metres; NaN when nobody is seen.

    The distance is the focal length times the skeleton's spread across the view ray over its spread in the picture
    (weak perspective): right to a few percent when the person is farther away than they are deep.

    Args:
        packet: One frame.
        intrinsics: (3, 3), pixels.
        scale: Factor on the joints.
    """
    pixels = packet.detection.landmarks_px[LANDMARK_TO_COCO]
    spread_px = float(np.sqrt(((pixels - pixels.mean(axis=0)) ** 2).sum()))
    flat = packet.joints_m[:, :2] * scale
    spread_m = float(np.sqrt(((flat - flat.mean(axis=0)) ** 2).sum()))
    if not spread_px > 0.0 or not np.isfinite(spread_m):
        return np.full(3, np.nan)
    ray = pixel_rays(mid_hip(pixels), intrinsics)
    return np.asarray(ray * float(intrinsics[0, 0]) * spread_m / spread_px)
