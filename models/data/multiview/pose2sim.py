"""The four-camera demo clip of Pose2Sim (BSD-3-Clause, perfanalytics/pose2sim): a real person, never trained on.

The clip is inside the `pose2sim` wheel on PyPI: four synchronised videos of 100 frames at 60 fps and a Qualisys
calibration. Two of the videos had their faces blurred by a site that also shrank them to fit 1080x1920 between black
bars, so their size differs from the calibration's.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.atomic import atomic_path
from core.errors import DataError, SourceError
from core.pairs import save_pairs, write_index
from core.pose_model import cache_folder, load_pose_model
from models.data.multiview.calibration import read_qca
from models.data.multiview.detect import DetectedVideo, detect_video
from models.data.multiview.pairing import pair_camera, raw_errors_mm
from models.data.multiview.picture import draw_views
from models.data.multiview.reconstruct import reconstruct

VERSION: Final = "0.10.49"
_DEMO: Final = "Pose2Sim/Demo_SinglePerson"
_VIDEOS: Final = tuple(f"videos/cam{number:02d}.mp4" for number in range(1, 5))
_CALIBRATION: Final = "calibration/Calib.qca.txt"
_FILES: Final = (*_VIDEOS, _CALIBRATION)
_PICTURED: Final = 6


@dataclass(frozen=True)
class Clip:
    """Where the clip's files are."""

    videos: list[Path]
    calibration: Path


def default_folder() -> Path:
    """Return where the pairs go unless told otherwise."""
    return cache_folder() / "pairs" / "pose2sim"


def fetch_clip(wheel: Path | None = None, report: Callable[[str], None] = print) -> Clip:
    """Return the clip from the cache, taking it out of the wheel first (downloaded when none is given).

    Raises:
        SourceError: No network, or the wheel lacks a file.
    """
    folder = cache_folder() / "clips" / "pose2sim"
    clip = Clip([folder / name for name in _VIDEOS], folder / _CALIBRATION)
    if all((folder / name).is_file() for name in _FILES):
        return clip
    if wheel is not None:
        _extract(wheel, folder)
        return clip
    report("Fetching the Pose2Sim demo clip with pip (51 MB); this happens once.")
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                   "--dest", temporary, f"pose2sim=={VERSION}"]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
        except subprocess.TimeoutExpired as error:
            raise SourceError("Cannot fetch the Pose2Sim clip: no answer in 15 minutes; check the network.") from error
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SourceError(f"Cannot fetch the Pose2Sim clip: {last}; check the network.") from error
        _extract(next(Path(temporary).glob("*.whl")), folder)
    return clip


def build(
    folder: Path | None = None,
    wheel: Path | None = None,
    *,
    variant: str = "full",
    mode: str = "video",
    report: Callable[[str], None] = print,
) -> list[Path]:
    """Make the four pair files, `index.json`, `report.txt` and the picture `views.png`.

    Args:
        folder: Where to; None: `default_folder()`.
        wheel: A downloaded pose2sim wheel; None: fetch it when the cache has not got the clip.
        variant: MediaPipe's pose model.
        mode: Its running mode, video or image.
        report: Told each line of the outcome.

    Returns:
        The pair files, one per camera.

    Raises:
        SourceError: The clip cannot be fetched or read.
        DataError: Its calibration is damaged.
    """
    folder = folder or default_folder()
    clip = fetch_clip(wheel, report)
    model = load_pose_model(variant, report)
    videos = [detect_video(path, model, mode) for path in clip.videos]
    fps = _common_rate(videos)
    cameras = [
        camera.fitted_to(video.image_size)
        for camera, video in zip(read_qca(clip.calibration), videos, strict=True)
    ]  # fmt: skip
    found = reconstruct(
        cameras, np.stack([v.joints_px for v in videos]), np.stack([v.joint_visibility for v in videos]), fps
    )
    meta: dict[str, Any] = {
        "dataset": "pose2sim", "sequence": "single_person", "subject": "pose2sim_single", "fps": fps,
        "mediapipe": version("mediapipe"), "pose_variant": variant, "pose_sha256": model.sha256,
        "running_mode": mode, "units": "m", "licence": "BSD-3-Clause",
        "source": f"pose2sim {VERSION} (PyPI), Demo_SinglePerson",
        "truth": "triangulated from MediaPipe's 2D of four calibrated cameras",
    }  # fmt: skip
    files, lines = [], found.report()
    for camera, video in zip(found.cameras, videos, strict=True):
        pairs = pair_camera(camera, video, found.joints_world_m, meta)
        files.append(folder / f"single_person_{camera.name}.npz")
        save_pairs(files[-1], pairs)
        error, depth = raw_errors_mm(pairs)
        lines.append(f"{camera.name}: {len(pairs)} pairs; raw MediaPipe MPJPE {error:.1f} mm, |depth| {depth:.1f} mm")
    write_index(folder, {path.name: "test" for path in files}, {"dataset": "pose2sim", "licence": "BSD-3-Clause"})
    with atomic_path(folder / "report.txt") as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    n_frames = len(videos[0].time_s)
    pictured = [int(t) for t in np.linspace(0, n_frames - 1, _PICTURED)]
    draw_views(folder / "views.png", clip.videos, videos, found, pictured)
    for line in lines:
        report(line)
    return files


def _common_rate(videos: list[DetectedVideo]) -> float:
    lengths = {len(video.time_s) for video in videos}
    if len(lengths) > 1:
        raise DataError(f"The videos have {sorted(lengths)} frames; synchronised ones have the same number.")
    return float(1 / np.median(np.diff(videos[0].time_s)))


def _extract(wheel: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in _FILES:
                with atomic_path(folder / name) as temporary:
                    temporary.write_bytes(archive.read(f"{_DEMO}/{name}"))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise SourceError(f"{wheel} is not a wheel of pose2sim with its demo clip ({error}).") from error
