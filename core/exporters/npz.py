"""A sequence as a NumPy archive: everything, exactly.

Keys (T frames): `time_s` (T,), `frame_index` (T,), `joints_m` (T, 17, 3), `raw_m` (T, 17, 3), `uncertainty_m` (T, 17),
`visibility` (T, 17), `landmarks_px` (T, 33, 2), `landmarks_m` (T, 33, 3), `direction` (T, 3); derived, for those who
read it without this program: `azimuth_deg`, `elevation_deg`, `bone_cv`, `bone_cv_raw` (T,) and `joint_names` (17,);
of several looks (L), what each saw: `look_names` (L,), `looks_px` (T, L, 33, 2), `looks_m` (T, L, 33, 3) and
`looks_visibility` (T, L, 33), whose mean the landmarks are; ready to use, in the coordinates and with the filter that
`meta["export"]` says: `points_m` (T, 33, 3), with `point_names` (33,), and the joint angles `angles_deg`,
`raw_angles_deg`, `angles_sd_deg` (T, 24), with `angle_names`, NaN in gaps and where something was not seen; `seen`
(T, 33) says what was; once per file `image_size` (2,) and `meta` (JSON text with `schema` and `schema_version`). The
arrays of the sequence are as recorded, also where they are guesses, so that any other format can be made from this one.
"""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.exporters.schema import SCHEMA, SCHEMA_VERSION, check_schema, export_facts
from core.pose.angles.joint_angles import ANGLE_NAMES
from core.pose.angles.summary import summarise
from core.pose.skeleton import COCO_NAMES, LANDMARK_NAMES, N_LANDMARKS
from core.pose.types import LookLandmarks
from core.sequence.angle_series import angle_blocks, angle_sd_series, angle_series
from core.sequence.pose_sequence import ARRAY_NAMES, ARRAY_SHAPES, PoseSequence, frame_numbers
from core.sequence.prepared import PreparedMotion
from core.system.files.archive import load_npz
from core.system.files.atomic import atomic_path
from core.system.files.documents import parse_json

_DTYPES: dict[str, type] = {"time_s": np.float64, "frame_index": np.int64}
LOOKS = "looks"
"""Names what each look saw, for `load` without it."""
_LOOK_KEYS = {"landmarks_px": "looks_px", "landmarks_m": "looks_m", "visibility": "looks_visibility"}
_LOOK_NAMES = "look_names"
_NOTHING = np.zeros((0, N_LANDMARKS), dtype=bool)
_READ = frozenset({*ARRAY_NAMES, "image_size", "meta"})


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the archive atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    sequence = motion.sequence
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ARRAY_NAMES:
            dtype = _DTYPES.get(name, np.float32)  # a micrometre is lost by none of them
            _put(archive, name, np.asarray(getattr(sequence, name), dtype=dtype))
        if sequence.looks is not None:
            _put(archive, _LOOK_NAMES, np.array(sequence.looks.names))
            for name, key in _LOOK_KEYS.items():
                _put(archive, key, np.asarray(getattr(sequence.looks, name), dtype=np.float32))
        azimuth, elevation = sequence.angles_deg
        _put(archive, "azimuth_deg", azimuth)
        _put(archive, "elevation_deg", elevation)
        _put(archive, "bone_cv", sequence.bone_cv)
        _put(archive, "bone_cv_raw", sequence.bone_cv_raw)
        _put(archive, "joint_names", np.array(COCO_NAMES))
        _put(archive, "point_names", np.array(LANDMARK_NAMES))
        _put(archive, "seen", np.concatenate([motion.seen(part) for part in motion.blocks()] or [_NOTHING]))
        _put_blocks(archive, "points_m", (len(motion), N_LANDMARKS, 3), map(motion.points, motion.blocks()))
        _put(archive, "angle_names", np.array(ANGLE_NAMES))
        _put(archive, "image_size", np.array(sequence.image_size, dtype=np.int64))
        _put(archive, "meta", np.array(json.dumps(_put_angles(archive, motion))))


def _put_angles(archive: zipfile.ZipFile, motion: PreparedMotion) -> dict[str, Any]:
    """Write refined, then raw angles, never both in memory; return the archive's meta with what they say."""
    angles = angle_series(motion)
    _put(archive, "angles_deg", angles)
    _put(archive, "angles_sd_deg", angle_sd_series(motion))
    facts = {**export_facts(motion), "angles": summarise(angles)}
    shape = angles.shape
    del angles
    _put_blocks(archive, "raw_angles_deg", shape, angle_blocks(motion, is_raw=True))
    return {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, **motion.sequence.meta, "export": facts}


def _opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(f"{name}.npy", "w", force_zip64=True)


def _put_blocks(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], blocks: Iterable[npt.NDArray[Any]]
) -> None:
    """Write an array of 32-bit floats that comes in pieces."""
    with _opened(archive, name) as handle:
        np.lib.format.write_array_header_1_0(handle, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for block in blocks:
            handle.write(block.astype("<f4").tobytes())


def _put(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    with _opened(archive, name) as handle:
        np.lib.format.write_array(handle, np.asanyarray(array), allow_pickle=False)


def facts(path: Path) -> dict[str, Any]:
    """Return the meta of an archive, without reading its arrays; nothing for a file of another kind."""
    try:
        data = load_npz(path, "a readable pose sequence", "process the video again", {"meta"})
        return check_schema(parse_json(str(data["meta"])), path)
    except (DataError, ValueError, KeyError):
        return {}


def load(path: Path, *, without: frozenset[str] = frozenset()) -> PoseSequence:
    """Read and check an archive.

    Args:
        path: The NPZ.
        without: Arrays that are not needed: they are NaN throughout and take no memory. `LOOKS` for what each look
            saw, which is then None.

    Raises:
        DataError: Not an NPZ of this kind, from a newer program, or an array is missing or misshapen.
    """
    looks_keys = () if LOOKS in without else (_LOOK_NAMES, *_LOOK_KEYS.values())
    data = load_npz(path, "a readable pose sequence", "process the video again", {*(_READ - without), *looks_keys})
    try:
        meta = parse_json(str(data["meta"]))
        width, height = (int(v) for v in data["image_size"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise DataError(f"{path} is not a readable pose sequence ({error}); process the video again.") from error
    meta = check_schema(meta, path)
    meta.pop("export", None)  # says how `points_m` was made, which is not read
    if isinstance(settings := meta.get("settings"), dict):
        settings.pop("export", None)  # of version 0.3 and older: of the files made then, not of those made from now on
    for name in without - {LOOKS}:
        shape = (len(data.get("time_s", ())), *ARRAY_SHAPES[name])
        data[name] = np.broadcast_to(np.float32(np.nan), shape)
    missing = [name for name in ARRAY_NAMES if name not in data]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; process the video again.")
    if not all(data[name].dtype.kind in "iuf" for name in ARRAY_NAMES):
        raise DataError(f"{path} has an array that does not hold numbers.")
    try:
        data["frame_index"] = frame_numbers(data["frame_index"])
        arrays = {name: data[name] for name in ARRAY_NAMES}
        return PoseSequence(**arrays, image_size=(width, height), meta=meta, looks=_looks(data))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _looks(data: dict[str, npt.NDArray[Any]]) -> LookLandmarks | None:
    """Return what each look saw, None for a recording of one look or of an earlier version.

    Raises:
        DataError: An array is missing or misshapen.
    """
    if _LOOK_NAMES not in data:
        return None
    arrays = {name: data.get(key) for name, key in _LOOK_KEYS.items()}
    if data[_LOOK_NAMES].dtype.kind != "U" or data[_LOOK_NAMES].ndim != 1:
        raise DataError("the names of its looks are no list of words")
    if not all(array is not None and array.dtype.kind == "f" and array.ndim > 2 for array in arrays.values()):
        raise DataError("it lacks what its looks saw; process the video again")
    return LookLandmarks(tuple(str(name) for name in data[_LOOK_NAMES]), **arrays)  # type: ignore[arg-type]
