"""A sequence as a NumPy archive: everything, exactly.

Keys (T frames): `time_s` (T,), `frame_index` (T,), `joints_m` (T, 17, 3), `raw_m` (T, 17, 3), `uncertainty_m` (T, 17),
`visibility` (T, 17), `landmarks_px` (T, 33, 2), `landmarks_m` (T, 33, 3), `direction` (T, 3); derived, for those who
read it without this program: `azimuth_deg`, `elevation_deg`, `bone_cv`, `bone_cv_raw` (T,) and `joint_names` (17,);
once per file `image_size` (2,) and `meta` (JSON text with `schema` and `schema_version`).
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from core.atomic import atomic_path
from core.errors import DataError
from core.exporters.schema import SCHEMA, SCHEMA_VERSION, check_schema
from core.sequence import ARRAY_NAMES, PoseSequence
from core.skeleton import COCO_NAMES


def save(sequence: PoseSequence, path: Path) -> None:
    """Write the archive atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    azimuth, elevation = sequence.angles_deg
    meta = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, **sequence.meta}
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(
            handle,
            **{name: getattr(sequence, name) for name in ARRAY_NAMES},
            image_size=np.array(sequence.image_size, dtype=np.int64),
            meta=np.array(json.dumps(meta)),
            azimuth_deg=azimuth,
            elevation_deg=elevation,
            bone_cv=sequence.bone_cv,
            bone_cv_raw=sequence.bone_cv_raw,
            joint_names=np.array(COCO_NAMES),
        )


def load(path: Path) -> PoseSequence:
    """Read and check an archive.

    Raises:
        DataError: Not an NPZ of this kind, from a newer program, or an array is missing or misshapen.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            data = {name: archive[name] for name in archive.files}
        meta = json.loads(str(data["meta"]))
        width, height = (int(v) for v in data["image_size"])
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a readable pose sequence ({error}); process the video again.") from error
    meta = check_schema(meta, path)
    missing = [name for name in ARRAY_NAMES if name not in data]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; process the video again.")
    if not all(np.issubdtype(data[name].dtype, np.number) for name in ARRAY_NAMES):
        raise DataError(f"{path} has an array that does not hold numbers.")
    try:
        return PoseSequence(**{name: data[name] for name in ARRAY_NAMES}, image_size=(width, height), meta=meta)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
