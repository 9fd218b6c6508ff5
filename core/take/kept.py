"""Poses of a whole take, kept so that an hour of video is there again at once."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import NdrError
from core.refinement.refiners import Refiners
from core.system.files.archive import READ_ERRORS
from core.system.files.atomic import atomic_path
from core.take.detections import Detections
from core.take.instrument import Instrument
from core.take.poses import How, Poses

ENDING: Final = ".poses.npz"
_LEAST_FRAMES: Final = 1500
"""Of fewer frames poses are made anew before anybody notices."""
_MOST_FILES: Final = 4
_VERSION: Final = 1
_NAMES: Final = ("joints_m", "raw_m", "uncertainty_m", "direction", "bone_cv", "bone_cv_raw")


def kept_path(folder: Path, instrument: Instrument, how: How, seen: Detections) -> Path:
    """Return where poses made in this way of these detections are, whether they are there or not."""
    key = {
        "version": _VERSION,
        "refiner": _identity(how),
        "hold_bones": how.hold_bones,
        "filter": str(how.filter),
        # who was followed, and whether it was turned from a mirror, shows in where they are
        "seen": hashlib.sha256(np.ascontiguousarray(seen.look_px).tobytes()).hexdigest(),
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return folder / f"{instrument.stem}-{digest[:16]}{ENDING}"


def load_kept(folder: Path, instrument: Instrument, how: How, seen: Detections) -> Poses | None:
    """Return poses that were kept; None when there are none, or they are damaged."""
    if len(seen) < _LEAST_FRAMES:
        return None
    try:
        with np.load(kept_path(folder, instrument, how, seen), allow_pickle=False) as archive:
            arrays: dict[str, Any] = {name: archive[name] for name in _NAMES}
            if any(len(array) != len(seen) for array in arrays.values()):
                return None
            return Poses(seen, **arrays)
    except READ_ERRORS:
        return None


def save_kept(folder: Path, instrument: Instrument, how: How, poses: Poses) -> None:
    """Keep poses; without a word where that is not possible, since they can be made again."""
    if len(poses) < _LEAST_FRAMES:
        return
    path = kept_path(folder, instrument, how, poses.seen)
    try:
        with atomic_path(path) as temporary:
            np.savez(temporary, **{name: getattr(poses, name) for name in _NAMES})
        kept = sorted(folder.glob(f"*{ENDING}"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in kept[_MOST_FILES:]:
            old.unlink(missing_ok=True)
    except (NdrError, OSError):
        return


def _identity(how: How) -> Any:
    if how.refiner is None:
        return None
    return how.refiner.table if isinstance(how.refiner, Refiners) else how.refiner.card.sha256
