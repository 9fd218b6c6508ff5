"""Joint angles as OpenSim's motion file (.mot), by the coordinate names and signs of the Rajagopal 2016 model.

Degrees and metres; OpenSim's ground: x towards the camera, y up, z to the picture's left. A motion file knows no
unknown values: where nobody is seen the last ones are held, which the header says, and a coordinate that is never seen
is 0. Lumbar extension is 0 throughout, since hips and shoulders do not show it.
"""

from pathlib import Path
from typing import Final

import numpy as np

from core.pose.angles.joint_angles import (
    ANGLE_NAMES as ANGLES,
)
from core.pose.angles.joint_angles import (
    SIDES,
    cardan_of_axes,
    hip_cardan,
    joint_angles,
    pelvis_axes,
    shoulder_cardan,
    thorax_axes,
)
from core.pose.skeleton import LANDMARK_NAMES
from core.pose.types import FloatArray
from core.sequence.absences import held
from core.sequence.prepared import PreparedMotion, upright
from core.system.files.atomic import atomic_path

_OF_SIDE: Final = (
    "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle",
    "arm_flex", "arm_add", "arm_rot", "elbow_flex",
)  # fmt: skip
_ROOT: Final = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz")
_LUMBAR: Final = ("lumbar_extension", "lumbar_bending", "lumbar_rotation")
COORDINATES: Final = (*_ROOT, *(f"{name}_{side[0]}" for side in SIDES for name in _OF_SIDE), *_LUMBAR)
_TRANSLATIONS: Final = frozenset({"pelvis_tx", "pelvis_ty", "pelvis_tz"})

_GROUND: Final = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
"""Rows: OpenSim's ground axes in upright ones."""


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the file atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    motion = upright(motion)
    table = np.empty((len(motion), len(COORDINATES)), np.float32)
    for part in motion.blocks():
        table[part] = coordinates(motion.points(part))
    for column, name in enumerate(COORDINATES):
        table[:, column] = _without_holes(table[:, column], is_angle=name not in _TRANSLATIONS)
    start_s = float(motion.time_s[0]) if len(motion) else 0.0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(f"Coordinates\nversion=1\nnRows={len(motion)}\nnColumns={len(COORDINATES) + 1}\ninDegrees=yes\n\n")
        handle.write("Units are S.I. units (second, meters, Newtons, ...)\n")
        handle.write("Angles are in degrees.\n")
        handle.writelines(f"{note}\n" for note in motion.notes)
        handle.write("endheader\n" + "\t".join(("time", *COORDINATES)) + "\n")
        for i, row in enumerate(table.tolist()):
            cells = "\t".join(f"{value:.6f}" for value in row)
            handle.write(f"{start_s + i / motion.rate_hz:.6f}\t{cells}\n")


def coordinates(points: FloatArray) -> FloatArray:
    """Return the (n, 27) values of `COORDINATES` of (n, 33, 3) upright landmarks, y up; NaN where unknown."""
    pelvis, thorax = pelvis_axes(points), thorax_axes(points)
    ground = cardan_of_axes(pelvis @ _GROUND.T)
    lumbar = cardan_of_axes(thorax @ np.swapaxes(pelvis, 1, 2))
    hips = (points[:, LANDMARK_NAMES.index("left_hip")] + points[:, LANDMARK_NAMES.index("right_hip")]) / 2
    angles = dict(zip(ANGLES, joint_angles(points).T, strict=True))
    columns = [ground.about_z, ground.about_x, ground.about_y, *(hips @ _GROUND.T).T]
    for side in SIDES:
        mirror = 1.0 if side == "right" else -1.0
        hip, arm = hip_cardan(points, side), shoulder_cardan(points, side)
        columns += [hip.about_z, mirror * hip.about_x, mirror * hip.about_y]
        columns += [angles[f"{side}_knee_flexion"], angles[f"{side}_ankle_dorsiflexion"]]
        columns += [arm.about_z, mirror * arm.about_x, mirror * arm.about_y, angles[f"{side}_elbow_flexion"]]
    columns += [lumbar.about_z, lumbar.about_x, lumbar.about_y]
    return np.stack(columns, axis=1)


def _without_holes(values: FloatArray, *, is_angle: bool) -> FloatArray:
    known = np.isfinite(values)
    if not known.any():
        return np.zeros_like(values)
    kept = held(values, known).astype(float)
    return np.unwrap(kept, period=360.0) if is_angle else kept  # nobody turns from 179 to -179 through 0
