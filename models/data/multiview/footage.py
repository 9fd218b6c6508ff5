"""Calibrated footage → pairs: the whole way, one function."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DataError, SettingsError, brief
from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from core.sequence.pairs import save_pairs
from core.system.files.atomic import write_text
from core.system.files.documents import parse_json
from models.data.calibration.camera import CalibratedCamera
from models.data.calibration.files import read_calibration
from models.data.look_folders import look_files, write_look_indices
from models.data.looks import LoadedLook, load_looks
from models.data.multiview.marker_truth import marker_truth
from models.data.multiview.matching import Timeline, find_videos, match_videos
from models.data.multiview.pairing import is_seated, pair_camera, raw_errors_mm, same_person, without_rare_hips
from models.data.multiview.picture import draw_views
from models.data.multiview.reconstruction.quality import (
    reconstruction_figures,
    reconstruction_lines,
    truth_figures,
    truth_line,
)
from models.data.multiview.reconstruction.reconstruct import reconstruct
from models.data.multiview.timeline import Detections, Looking, look
from models.data.multiview.upright import check_unit, resolve_up

_PICTURED: Final = 6
_LEAST_CAMERAS: Final = 2
SAME: Final = "same"


@dataclass(frozen=True)
class Footage:
    """What to convert, and how.

    Attributes:
        videos: Files, or folders of them.
        calibration: See `read_calibration`.
        unit: Of the calibration's lengths; "" = usual for its kind.
        up: World axis against gravity; "" = as the calibration or the people say.
        timestamps: Caliscope's timestamps.csv; None: the videos run frame by frame.
        truth: C3D or TRC with the true markers or joints in the calibration's world; None: triangulate.
        markers: Name of a known marker set, or a TOML file, for `truth`.
        person: "one" (whom MediaPipe finds), "largest", or CAMERA=left,top,width,height in pixels.
        truth_variant: MediaPipe's pose model for triangulation; "same": use the first look's own detections.
        looks: Who makes the pairs; several get a folder each.
        mode: Their running mode.
        workers: Processes that detect.
        sequence: Name of this recording, first part of its files' names; "" = of the videos' folder.
        subject: Who it is; "" = the sequence.
        split: train, val or test.
        about: More for `meta`: dataset, licence, source.
    """

    videos: tuple[Path, ...]
    calibration: Path
    unit: str = ""
    up: str = ""
    timestamps: Path | None = None
    truth: Path | None = None
    markers: str = ""
    person: str = "one"
    truth_variant: str = "heavy"
    looks: tuple[str, ...] = ("full",)
    mode: str = "video"
    workers: int = 1
    sequence: str = ""
    subject: str = ""
    split: str = "train"
    about: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConvertedFootage:
    """What came of it.

    Attributes:
        files: The pair files, one per look and camera.
        picture: All views with truth and MediaPipe drawn.
        lines: The report in sentences.
        figures: The report in numbers.
    """

    files: list[Path]
    picture: Path
    lines: list[str]
    figures: dict[str, Any]


@dataclass(frozen=True)
class _Truth:
    joints_world_m: FloatArray
    cameras: list[CalibratedCamera]
    source: str
    lines: list[str]
    figures: dict[str, Any]

    def settled(self) -> "_Truth":
        """Return the truth with one root for all of it, and a line that says so if it is not the hips."""
        joints = without_rare_hips(self.joints_world_m)
        if not is_seated(joints):
            return self
        line = "the hips are never seen: the truth is centred on the middle of the shoulders and has no viewpoint"
        return replace(self, joints_world_m=joints, lines=[*self.lines, line])


def convert(
    footage: Footage,
    folder: Path,
    report: Callable[[str], None] = print,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ConvertedFootage:
    """Make one pair file per camera, `index.json`, a report (`.txt`, `.json`) and a picture in `folder`.

    Files of other recordings in the folder stay and stay in its index. What MediaPipe saw is kept in
    `folder/detections`, so that a run that was stopped goes on and other settings are tried in seconds.
    `progress` is told how many of how many looks at a video are done.

    Raises:
        SourceError: A video cannot be read.
        DataError: Calibration, truth or videos do not fit together.
        SettingsError: An option makes no sense.
        OutputError: The folder cannot be written.
    """
    if footage.split not in ("train", "val", "test"):
        raise SettingsError(f"There is no split '{footage.split}'; give train, val or test.")
    cameras = read_calibration(footage.calibration, unit=footage.unit, up=footage.up)
    matched = match_videos(cameras, find_videos(footage.videos))
    if footage.truth is None and len(matched) < _LEAST_CAMERAS:
        raise SettingsError(
            f"One video ({matched[0][1].name}) cannot be triangulated; give those of two calibrated cameras or more, "
            "or the truth with --truth."
        )
    for camera, video in matched:
        report(f"{camera.name}: {video.name}")
    looking = Looking(
        cameras=[camera for camera, _ in matched],
        videos=[video for _, video in matched],
        timestamps=footage.timestamps,
        person=footage.person,
        looks=footage.looks,
        mode=footage.mode,
        truth_variant="" if footage.truth or footage.truth_variant == SAME else footage.truth_variant,
        workers=footage.workers,
    )
    seen = look(looking, folder, report, progress)
    truth = _truth(footage, seen).settled()
    if not (np.isfinite(mid_hip(truth.joints_world_m)).any() or is_seated(truth.joints_world_m)):
        raise DataError(
            "Neither both hips nor both shoulders are ever known at once, and pairs are centred on them: film more of "
            "the body with three cameras or more, or give the truth with --truth."
        )
    check_unit(truth.joints_world_m)
    upright, up_note = resolve_up(truth.cameras, truth.joints_world_m)
    sequence = footage.sequence or _folder_name(looking.videos[0])
    files: list[str] = []
    lines = [line for line in (seen.timeline.note, up_note) if line] + truth.lines
    raw_figures: dict[str, Any] = {}
    for each in load_looks(footage.looks):
        meta = _meta(footage, each, sequence, seen.timeline, truth.source)
        for camera, watched in zip(upright, seen.looks[each.name], strict=True):
            is_same = same_person(camera, watched, truth.joints_world_m)
            pairs = pair_camera(camera, watched, truth.joints_world_m, meta, is_same)
            files.append(look_files(footage.looks, f"{sequence}_{camera.name}.npz")[each.name])
            save_pairs(folder / files[-1], pairs)
            error, depth = raw_errors_mm(pairs)
            n_other = int((~is_same & watched.is_found).sum())
            name = f"{each.name} {camera.name}" if len(footage.looks) > 1 else camera.name
            raw_figures[name] = {"n_pairs": len(pairs), "mpjpe_mm": error, "depth_mm": depth, "n_other": n_other}
            aside = f"; {n_other} frames set aside, MediaPipe looked at something else" if n_other else ""
            found = f"{len(pairs)} pairs; raw MediaPipe MPJPE {error:.1f} mm, |depth| {depth:.1f} mm{aside}"
            lines.append(f"{name}: {found}")
    _add_to_index(folder, files, footage)
    picture = folder / f"{sequence}_views.png"
    moments = [int(t) for t in np.linspace(0, len(seen.timeline.time_s) - 1, _PICTURED)]
    draw_views(picture, looking.videos, seen, upright, truth.joints_world_m, moments)
    figures = {"truth": {"source": truth.source, **truth.figures}, "raw": raw_figures}
    write_text(folder / f"{sequence}_report.txt", "\n".join(lines) + "\n")
    write_text(folder / f"{sequence}_report.json", json.dumps(figures, indent=1))
    for line in lines:
        report(line)
    return ConvertedFootage([folder / file for file in files], picture, lines, figures)


def _truth(footage: Footage, seen: Detections) -> _Truth:
    if footage.truth is not None:
        found = marker_truth(footage.truth, footage.markers, seen)
        lines = [*found.lines, truth_line(found.joints_world_m)]
        figures = {**found.figures, **truth_figures(found.joints_world_m)}
        return _Truth(found.joints_world_m, seen.cameras, f"markers: {footage.truth.name}", lines, figures)
    rebuilt = reconstruct(seen.cameras, seen.keypoints_px, seen.trust, seen.timeline.fps)
    of = footage.looks[0] if footage.truth_variant == SAME else f"{footage.truth_variant}, mirrored and averaged"
    source = f"triangulated from MediaPipe's 2D ({of}) of {len(seen.cameras)} calibrated cameras"
    return _Truth(
        rebuilt.joints_world_m, rebuilt.cameras, source, reconstruction_lines(rebuilt), reconstruction_figures(rebuilt)
    )


def _meta(footage: Footage, by: LoadedLook, sequence: str, timeline: Timeline, source: str) -> dict[str, Any]:
    return {
        "dataset": "multiview", **footage.about,
        "sequence": sequence, "subject": footage.subject or sequence, "fps": timeline.fps,
        "mediapipe": version("mediapipe"), **by.meta,
        "running_mode": footage.mode, "units": "m", "truth": source,
    }  # fmt: skip


def _folder_name(video: Path) -> str:
    parent = video.resolve().parent
    return parent.parent.name if parent.name.lower() in ("videos", "video") else parent.name


def _add_to_index(folder: Path, names: list[str], footage: Footage) -> None:
    path = folder / "index.json"
    files: dict[str, str] = {}
    old_about: dict[str, Any] = {}
    if path.is_file():
        try:
            old = parse_json(path.read_text(encoding="utf-8"))
            files, old_about = dict(old["files"]), dict(old["about"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} is damaged ({brief(error)}); move it away and convert again.") from error
    splits = {**files, **dict.fromkeys(names, footage.split)}
    write_look_indices(folder, footage.looks, splits, {**old_about, **footage.about})
