"""Which markers stand for which joint.

A joint is the mean of the markers listed for it: the two sides of a hinge give its middle, a single marker on the skin
is taken as it is (off by half the joint's width, 4-6 cm at knee and elbow). Hips are computed from the four pelvis
markers where they are given: the regression of Harrington et al. 2007, which needs no leg length. Names are compared
without case, spaces, underscores or a subject's prefix ("Anna:LKNE").

Joints that a file lacks stay unknown; without both hips and both shoulders nothing can be made of it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError, SettingsError
from core.pose.geometry import normalise
from core.pose.skeleton import COCO_NAMES, LEFT_HIP, LEFT_SHOULDER, N_JOINTS, RIGHT_HIP, RIGHT_SHOULDER
from core.pose.types import FloatArray
from core.system.files.documents import parse_toml
from models.data.multiview.marker_files import Markers

MarkerSet = Mapping[str, tuple[str, ...]]
_PELVIS: Final = ("left_asis", "right_asis", "left_psis", "right_psis")
_JOINTS_NEEDED: Final = {LEFT_HIP: "left_hip", RIGHT_HIP: "right_hip", LEFT_SHOULDER: "left_shoulder",
                         RIGHT_SHOULDER: "right_shoulder"}  # fmt: skip


def _both(**left: str) -> dict[str, tuple[str, ...]]:
    """Return entries for both sides from space-separated left names: a leading L becomes R."""
    entries = {}
    for joint, names in left.items():
        entries[f"left_{joint}"] = tuple(names.split())
        entries[f"right_{joint}"] = tuple(re.sub("^L", "R", name) for name in names.split())
    return entries


MARKER_SETS: Final[dict[str, MarkerSet]] = {
    "coco": {name: (name,) for name in COCO_NAMES},
    "body25": {"nose": ("Nose",)} | _both(eye="LEye", ear="LEar", shoulder="LShoulder", elbow="LElbow",
                                          wrist="LWrist", hip="LHip", knee="LKnee", ankle="LAnkle"),
    "plug-in-gait": _both(shoulder="LSHO", elbow="LELB LELBM", wrist="LWRA LWRB", knee="LKNE LKNM",
                          ankle="LANK LMED", asis="LASI", psis="LPSI"),
    "plug-in-gait-centres": _both(shoulder="LSJC", elbow="LEJC", wrist="LWJC", hip="LHJC", knee="LKJC", ankle="LAJC"),
}  # fmt: skip
"""coco: COCO names, as this program exports them. body25: OpenPose's names, as Pose2Sim writes TRC files.
plug-in-gait: Vicon's markers (and medial ones, if stuck on), as HumanEva's actors wore. plug-in-gait-centres: the
joint centres that Vicon's model adds."""


def load_marker_set(name: str) -> MarkerSet:
    """Return a known set by name, or one from a TOML file: `left_knee = ["LKNE", "LKNM"]`, a line per joint.

    Raises:
        SettingsError: No such set or file, or the file names something that is no joint.
    """
    if name in MARKER_SETS:
        return MARKER_SETS[name]
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise SettingsError(f"There is no marker set '{name}'; give a .toml file or {', '.join(MARKER_SETS)}.")
    try:
        content = parse_toml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is not TOML ({error}).") from error
    known = {*COCO_NAMES, *_PELVIS}
    for joint, markers in content.items():
        if joint not in known or not isinstance(markers, list) or not all(isinstance(m, str) for m in markers):
            raise SettingsError(f"{path}: '{joint}' must be a COCO joint or a pelvis marker: left_knee = [\"LKNE\"].")
    return {joint: tuple(markers) for joint, markers in content.items()}


def guess_marker_set(markers: Markers) -> str:
    """Return the known set that most joints are in.

    Raises:
        DataError: None has hips and shoulders.
    """
    counts = {}
    for name, chosen in MARKER_SETS.items():
        joints = joints_of(markers, chosen)
        if all(np.isfinite(joints[:, joint]).any() for joint in _JOINTS_NEEDED):
            counts[name] = int(np.isfinite(joints).any(axis=(0, 2)).sum())
    if not counts:
        listed = ", ".join(markers.names[:12])
        raise DataError(f"No known marker set fits the names ({listed}, ...); give --markers FILE.toml.")
    return max(counts, key=lambda name: counts[name])


def joints_of(markers: Markers, chosen: MarkerSet) -> FloatArray:
    """Return (F, 17, 3) joints, metres; NaN for those whose markers are missing in the file or in a frame."""
    column = {_plain(name): number for number, name in enumerate(markers.names)}
    joints = np.full((len(markers.points_m), N_JOINTS, 3), np.nan)
    for number, name in enumerate(COCO_NAMES):
        joints[:, number] = _mean(markers, column, chosen.get(name, ()))
    pelvis = [_mean(markers, column, chosen.get(name, ())) for name in _PELVIS]
    for number, hip in zip((LEFT_HIP, RIGHT_HIP), _hips(*pelvis), strict=True):
        joints[:, number] = np.where(np.isfinite(joints[:, number]), joints[:, number], hip)
    return joints


def missing_joints(joints: FloatArray) -> list[str]:
    """Return the names of hips and shoulders that are never known."""
    return [name for joint, name in _JOINTS_NEEDED.items() if not np.isfinite(joints[:, joint]).any()]


def _mean(markers: Markers, column: Mapping[str, int], names: tuple[str, ...]) -> FloatArray:
    found = [markers.points_m[:, column[_plain(name)]] for name in names if _plain(name) in column]
    return np.mean(found, axis=0) if found else np.full((len(markers.points_m), 3), np.nan)


def _hips(left_asis: FloatArray, right_asis: FloatArray, left_psis: FloatArray, right_psis: FloatArray) -> FloatArray:
    """Return (2, F, 3) the hip centres, left and right.

    Source: Harrington et al. 2007, J. Biomech. 40, table 4, in mm: forward -0.24 PD - 9.9, up -0.30 PW - 10.9, sideways
    0.33 PW + 7.3 from the middle of the ASIS; PW the distance of the ASIS, PD that of the middles of ASIS and PSIS.
    """
    front, back = (left_asis + right_asis) / 2, (left_psis + right_psis) / 2
    width = np.linalg.norm(left_asis - right_asis, axis=-1, keepdims=True)
    depth = np.linalg.norm(front - back, axis=-1, keepdims=True)
    left = normalise(left_asis - right_asis)
    forward = normalise(front - back - ((front - back) * left).sum(axis=-1, keepdims=True) * left)
    up = np.cross(forward, left)
    middle = front + (-0.24 * depth - 0.0099) * forward + (-0.30 * width - 0.0109) * up
    aside = (0.33 * width + 0.0073) * left
    return np.stack([middle + aside, middle - aside])


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name.rpartition(":")[2]).lower()
