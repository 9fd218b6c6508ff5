"""Motion capture files of several kinds, reduced to the few joints that drive a body."""

from models.data.motion.collect import MotionReport, collect_motions
from models.data.motion.types import MOTION_JOINTS, NOMINAL_LEG_M, Motion

__all__ = ["MOTION_JOINTS", "NOMINAL_LEG_M", "Motion", "MotionReport", "collect_motions"]
