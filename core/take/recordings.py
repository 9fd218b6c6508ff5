"""Recordings (NPZ) as takes: what was seen is in them, so that no frame is looked at again.

With its video a recording is the take of that video; without it, a take of its own, whose pictures are blank.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.detection.looks import Look, look_names
from core.errors import DataError, SettingsError
from core.exporters import npz
from core.pose.skeleton import LANDMARK_JOINT
from core.refinement.refiners import Refiners
from core.sequence.pose_sequence import PoseSequence
from core.sources.reading import READING_KEYS
from core.system.files.append_only import RecordWriter
from core.take.detections import Completed, DetectionReader, Detections, layout, records_of
from core.take.instrument import Instrument
from core.take.refine import as_taken, refine
from core.take.store import TakeFolder, TakeStore
from core.take.take import Processing, Take

SUFFIX: Final = ".npz"
_UNKNOWN_MODEL: Final = "0" * 64


@dataclass(frozen=True)
class OpenedRecording:
    """A recording that has become a take.

    Attributes:
        video: Its video; None where it is not found.
        place: Of the take.
        take: What is known of it.
        sequence: What the file holds.
    """

    video: Path | None
    place: TakeFolder
    take: Take
    sequence: PoseSequence


def is_recording(path: Path) -> bool:
    """Whether a file's name says that it is one."""
    return path.suffix.lower() == SUFFIX


def open_recording(path: Path, store: TakeStore, processing: Processing) -> OpenedRecording:
    """Return the take of a recording, with what it holds among its detections.

    Args:
        path: The NPZ.
        store: Where takes are.
        processing: For a new one; the looks are the recording's own.

    Raises:
        DataError: It is no recording, or there is no frame in it.
        SourceError: It cannot be read.
        OutputError: Nothing can be kept.
    """
    sequence = npz.load(path)
    if not len(sequence):
        raise DataError(f"{path} is a recording without a single frame.")
    instrument = _instrument(sequence)
    looks = tuple(Look.from_name(name) for name in instrument.looks)
    own = replace(processing, looks=look_names(looks), variant="", carried="")
    video = _video_of(path, sequence.meta)
    place, take = store.open(path if video is None else video, own)
    if video is None:
        take = replace(take, recording=str(path.expanduser().absolute()))
        place.save(take)
    if place.completed(instrument) is None and (video is None or _is_all_of_it(sequence.meta)):
        _keep(sequence, instrument, place, take)
    return OpenedRecording(video, place, take, sequence)


def refined_recording(place: TakeFolder, take: Take) -> PoseSequence:
    """Return the poses of a recording without its video, refined as its take says.

    Raises:
        DataError: What was seen is gone, or was never seen in the way that is wanted now.
        ModelError: The refiner is missing or damaged.
    """
    settings, looks = take.processing.settings, take.processing.chosen_looks or ()
    instrument = kept_instrument(place.folder, [look.name for look in looks])
    if instrument is None:
        raise DataError(f"{take.recording} was not seen by {look_names(looks)}; choose the quality that it has.")
    refiners = Refiners.load(settings.refiner, looks) if settings.learned_depth_refinement else None
    seen = as_taken(DetectionReader(instrument.path(place.folder)).read(), take)
    meta = {"source": Path(take.recording).name, "take": take.facts()}
    return refine(seen, refiners, meta, hold_bones=take.processing.hold_bones)


def kept_instrument(folder: Path, looks: Iterable[str]) -> Instrument | None:
    """Return what looked at a take whose video is gone, None where nothing of these looks is kept."""
    wanted = tuple(looks)
    for path in sorted(folder.glob("*.detections")):
        found = Instrument.of_file(path)
        if found is not None and found.looks == wanted and Completed.load(path) is not None:
            return found
    return None


def _keep(sequence: PoseSequence, instrument: Instrument, place: TakeFolder, take: Take) -> None:
    looks = sequence.looks
    arrays: dict[str, Any] = (
        {
            "look_px": sequence.landmarks_px[:, None],
            "look_m": sequence.landmarks_m[:, None],
            "look_visibility": sequence.visibility[:, LANDMARK_JOINT][:, None],
        }
        if looks is None
        else {"look_px": looks.landmarks_px, "look_m": looks.landmarks_m, "look_visibility": looks.visibility}
    )
    seen = Detections(
        instrument.looks,
        sequence.time_s,
        sequence.frame_index.astype(np.int64),
        **arrays,
        image_size=sequence.image_size,
    )
    path = instrument.path(place.folder)
    path.unlink(missing_ok=True)
    meta = {**instrument.meta(), "content": take.content, "image_size": list(sequence.image_size)}
    writer = RecordWriter(path, layout(len(instrument.looks)), meta)
    try:
        writer.add(records_of(seen))
    finally:
        writer.close()
    fps = sequence.meta.get("fps")
    Completed(len(sequence), (), float(fps) if isinstance(fps, int | float) else float("nan")).save(path)


def _is_all_of_it(meta: dict[str, Any]) -> bool:
    """Whether it is what a take sees of the whole video: all frames as they are, of whoever is in them."""
    said = _settings(meta)
    return not meta.get("partial") and not any(said.get(name) for name in ("start_s", "end_s", "person", *READING_KEYS))


def _settings(meta: dict[str, Any]) -> dict[str, Any]:
    """Return what made it: in a table of its own, or, of what was recorded live, among everything else."""
    settings = meta.get("settings", meta)
    return settings if isinstance(settings, dict) else {}


def _instrument(sequence: PoseSequence) -> Instrument:
    """Return what looked, as far as the file says so."""
    said = _settings(sequence.meta)
    names = said.get("looks") if sequence.looks is None else ",".join(sequence.looks.names)
    names = names or said.get("pose_variant") or said.get("variant") or "full"
    try:
        looks = tuple(Look.from_name(name).name for name in str(names).split(","))
    except SettingsError as error:
        raise DataError(f"The recording was made by looks that this program does not know: {error}") from error
    models = said.get("pose_models")
    shas = {str(k): str(v) for k, v in models.items()} if isinstance(models, dict) else {}
    variants = {Look.from_name(name).variant for name in looks}
    return Instrument(looks, {variant: shas.get(variant, _UNKNOWN_MODEL) for variant in variants})


def _video_of(path: Path, meta: dict[str, Any]) -> Path | None:
    """Return the video of a recording, beside it or in the folder above; None where there is none of that name."""
    name = Path(str(meta.get("video") or meta.get("source") or "")).name
    if not name:
        return None
    for folder in (path.parent, path.parent.parent):
        candidate = folder / name
        if candidate.is_file() and candidate != path:
            return candidate
    return None
