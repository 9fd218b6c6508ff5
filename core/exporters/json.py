"""A sequence as JSON: one object per frame, null for an unknown number; metres to six decimals, pixels to three.

{"schema", "schema_version", "meta", "image_size", "joint_names", "landmark_names", "frames": [{"frame_index", "time_s",
"azimuth_deg", "elevation_deg", "bone_cv", "bone_cv_raw", and the arrays of PoseSequence}]}. `joints_m` and `raw_m`
are in the coordinates that `meta["export"]` names, everything else is as recorded.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DataError
from core.exporters.schema import SCHEMA, SCHEMA_VERSION, check_schema, export_facts
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES
from core.pose.types import FloatArray
from core.sequence.pose_sequence import ARRAY_NAMES, ARRAY_SHAPES, PoseSequence, frame_numbers
from core.sequence.prepared import PreparedMotion, body_joints
from core.system.files.atomic import atomic_path
from core.system.files.documents import parse_json


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the file atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    head = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "meta": {**motion.sequence.meta, "export": export_facts(motion)},
        "image_size": list(motion.sequence.image_size),
        "joint_names": list(COCO_NAMES),
        "landmark_names": list(LANDMARK_NAMES),
    }
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as handle:
        handle.write(_text(head)[:-1] + ',"frames":[')
        for part in motion.blocks():
            columns = _columns(motion, part)
            frames = (_text(dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True))
            handle.write(("," if part.start else "") + ",".join(frames))
        handle.write("]}")


def _columns(motion: PreparedMotion, part: slice) -> dict[str, list[Any]]:
    """Return name → one entry per frame of a block."""
    sequence = motion.sequence
    arrays = {name: getattr(sequence, name)[part] for name in ARRAY_NAMES}
    arrays["joints_m"], arrays["raw_m"] = body_joints(motion.points(part)), body_joints(motion.raw_points(part))
    arrays["uncertainty_m"] = motion.uncertainty(part)
    azimuth, elevation = sequence.angles_deg
    columns = {name: _numbers(array, 3 if name.endswith("_px") else 6) for name, array in arrays.items()}
    columns["azimuth_deg"], columns["elevation_deg"] = _numbers(azimuth[part], 4), _numbers(elevation[part], 4)
    columns["bone_cv"] = _numbers(sequence.bone_cv[part], 6)
    columns["bone_cv_raw"] = _numbers(sequence.bone_cv_raw[part], 6)
    return columns


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def load(path: Path) -> PoseSequence:
    """Read a file back.

    Raises:
        DataError: Not JSON of this kind, or an array is missing or misshapen.
    """
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not readable JSON ({error}).") from error
    check_schema(document, path)
    try:
        frames = document["frames"]
        arrays: dict[str, Any] = {
            name: np.array([f[name] for f in frames], dtype=float).reshape(len(frames), *shape)
            for name, shape in ARRAY_SHAPES.items()
        }
        arrays["frame_index"] = frame_numbers(arrays["frame_index"])
        width, height = document["image_size"]
        meta = dict(document["meta"])
        export = meta.pop("export", {"coordinates": "view-ray"})
        if export.get("coordinates") != "view-ray":
            raise DataError(f"its joints are in {export.get('coordinates')} coordinates; load the NPZ instead")
        return PoseSequence(**arrays, image_size=(int(width), int(height)), meta=meta)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, DataError) as error:
        raise DataError(f"{path} is not a complete pose sequence ({error}).") from error


def _numbers(array: FloatArray, decimals: int) -> list[Any]:
    """Return (T, ...) numbers as nested lists with None for NaN and infinities, which JSON lacks."""
    rounded = np.round(np.asarray(array, dtype=float), decimals)
    unknown = ~np.isfinite(rounded)
    if not unknown.any():
        return list(array.tolist() if np.issubdtype(array.dtype, np.integer) else rounded.tolist())
    holes = rounded.astype(object)
    holes[unknown] = None
    return list(holes.tolist())
