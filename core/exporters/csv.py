"""A sequence as one wide table: a row per frame, the unit at the end of each column's name.

Columns: `frame`, `time_s`, the viewpoint `azimuth_deg`, `elevation_deg`, the bone-length CV `bone_cv_raw`, `bone_cv`,
then for each COCO joint the refined `_x_m _y_m _z_m`, its `_sd_m`, MediaPipe's `_raw_x_m _raw_y_m _raw_z_m`, the image
`_u_px _v_px` and `_visibility`; then refined hands and feet. Metres are hip-centred, x right, y down, z along the view,
unless other coordinates were chosen. An empty cell is an unknown number. Metres have six decimals, pixels three.
"""

import csv
from pathlib import Path

import numpy as np

from core.errors import DataError
from core.pose.geometry import direction_from_angles
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES, LANDMARK_TO_COCO, N_JOINTS, N_LANDMARKS, RIGID_ANCHORS
from core.pose.types import FloatArray
from core.sequence.pose_sequence import PoseSequence, frame_numbers
from core.sequence.prepared import PreparedMotion, body_joints
from core.system.files.atomic import atomic_path

_HEAD = ("frame", "time_s", "azimuth_deg", "elevation_deg", "bone_cv_raw", "bone_cv")
_OF_JOINT = (
    "x_m", "y_m", "z_m", "sd_m", "raw_x_m", "raw_y_m", "raw_z_m", "u_px", "v_px", "visibility",
)  # fmt: skip
_RIGID = sorted(RIGID_ANCHORS)
COLUMNS = (
    *_HEAD,
    *(f"{joint}_{what}" for joint in COCO_NAMES for what in _OF_JOINT),
    *(f"{LANDMARK_NAMES[rider]}_{what}" for rider in _RIGID for what in ("x_m", "y_m", "z_m")),
)
_ROW = ",".join(["{:d}", *("{:.3f}" if name.endswith("_px") else "{:.6f}" for name in COLUMNS[1:])]) + "\r\n"


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the table atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerow(COLUMNS)
        for part in motion.blocks():
            for index, row in zip(motion.sequence.frame_index[part], rows(motion, part).tolist(), strict=True):
                line = _ROW.format(int(index), *row)
                handle.write(line.replace("nan", "") if "nan" in line else line)


def rows(motion: PreparedMotion, part: slice) -> FloatArray:
    """Return the (n, columns - 1) numbers of a block, all columns but `frame`."""
    sequence = motion.sequence
    time_s = sequence.time_s[part]
    n = len(time_s)
    azimuth, elevation = sequence.angles_deg
    head = [time_s, azimuth[part], elevation[part], sequence.bone_cv_raw[part], sequence.bone_cv[part]]
    refined = motion.points(part)
    of_joint = [
        body_joints(refined),
        motion.uncertainty(part)[..., None],
        body_joints(motion.raw_points(part)),
        sequence.landmarks_px[part][:, LANDMARK_TO_COCO],
        sequence.visibility[part, :, None],
    ]
    flat = np.concatenate(of_joint, axis=2).reshape(n, N_JOINTS * len(_OF_JOINT))
    table = np.concatenate([np.stack(head, axis=1), flat, refined[:, _RIGID].reshape(n, 3 * len(_RIGID))], axis=1)
    table[~np.isfinite(table)] = np.nan
    return table


def load(path: Path) -> PoseSequence:
    """Read a table back that holds what was recorded, in the view-ray frame.

    Returns:
        What the table holds: landmarks that are not COCO joints are NaN, the image size is (0, 0), `meta` is empty.

    Raises:
        DataError: Not a table of this kind, or a cell is not a number.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.reader(handle)
            header = next(reader, [])
            if tuple(header) != COLUMNS:
                raise DataError(f"{path} is not a table of this program: its columns differ.")
            cells = [[float(cell) if cell else np.nan for cell in row] for row in reader]
            table = np.array(cells, dtype=float).reshape(len(cells), len(COLUMNS))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a table ({error}).") from error
    n = len(table)
    head, of_joint = table[:, : len(_HEAD)], table[:, len(_HEAD) : len(_HEAD) + N_JOINTS * len(_OF_JOINT)]
    joints = of_joint.reshape(n, N_JOINTS, len(_OF_JOINT))
    return PoseSequence(
        time_s=head[:, 1],
        frame_index=frame_numbers(head[:, 0]),
        joints_m=joints[..., 0:3],
        uncertainty_m=joints[..., 3],
        raw_m=joints[..., 4:7],
        landmarks_px=_among_landmarks(joints[..., 7:9]),
        landmarks_m=_among_landmarks(joints[..., 4:7]),
        visibility=joints[..., 9],
        direction=direction_from_angles(np.deg2rad(head[:, 2]), np.deg2rad(head[:, 3])),
        image_size=(0, 0),
        meta={},
    )


def _among_landmarks(joints: FloatArray) -> FloatArray:
    landmarks = np.full((len(joints), N_LANDMARKS, joints.shape[-1]), np.nan)
    landmarks[:, LANDMARK_TO_COCO] = joints
    return landmarks
