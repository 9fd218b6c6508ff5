"""The four-camera demo clips of Pose2Sim (BSD-3-Clause, perfanalytics/pose2sim): a real man, never trained on.

The clips are inside the `pose2sim` wheel on PyPI: four synchronised videos of 100 frames at 60 fps and a Qualisys
calibration; one man alone, and the same dance with a computer-drawn woman put between him and the cameras. Two videos
of the single clip had their faces blurred by a site that also shrank them to fit 1080x1920 between black bars, so
their size differs from the calibration's.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.detection.bundle import cache_folder
from core.errors import SettingsError, SourceError, brief
from core.system.files.archive import READ_ERRORS
from core.system.files.atomic import atomic_path
from core.system.telemetry import user_environment
from models.data.multiview.footage import ConvertedFootage, Footage, convert

VERSION: Final = "0.10.49"
_DEMOS: Final = {"single": "Pose2Sim/Demo_SinglePerson", "multi": "Pose2Sim/Demo_MultiPerson"}
_VIDEOS: Final = tuple(f"videos/cam{number:02d}.mp4" for number in range(1, 5))
_CALIBRATION: Final = "calibration/Calib.qca.txt"
_FILES: Final = (*_VIDEOS, _CALIBRATION)


def default_folder() -> Path:
    """Return where the pairs of the single-person clip go unless told otherwise."""
    return cache_folder() / "pairs" / "pose2sim"


def fetch_clip(wheel: Path | None = None, report: Callable[[str], None] = print, clip: str = "single") -> Path:
    """Return the folder of a clip in the cache, taking it out of the wheel first (downloaded when none is given).

    Args:
        wheel: A downloaded wheel.
        report: Told what takes time.
        clip: single or multi.

    Raises:
        SourceError: No network, or the wheel lacks a file.
        SettingsError: There is no such clip.
    """
    if clip not in _DEMOS:
        raise SettingsError(f"There is no clip '{clip}'; give single or multi.")
    folder = cache_folder() / "clips" / ("pose2sim" if clip == "single" else "pose2sim_multi")
    if all((folder / name).is_file() for name in _FILES):
        return folder
    if wheel is not None:
        _extract(wheel, folder, clip)
        return folder
    report("Fetching the Pose2Sim demo clips with pip (51 MB); this happens once.")
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                   "--dest", temporary, f"pose2sim=={VERSION}"]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=900, env=user_environment())  # noqa: S603 pip
        except subprocess.TimeoutExpired as error:
            raise SourceError("Cannot fetch the Pose2Sim clips: no answer in 15 minutes; check the network.") from error
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SourceError(f"Cannot fetch the Pose2Sim clips: {last}; check the network.") from error
        _extract(next(Path(temporary).glob("*.whl")), folder, clip)
    return folder


def build(
    folder: Path | None = None,
    wheel: Path | None = None,
    *,
    clip: str = "single",
    person: str = "",
    looks: tuple[str, ...] = ("full",),
    mode: str = "video",
    workers: int = 1,
    report: Callable[[str], None] = print,
) -> ConvertedFootage:
    """Make the four pair files of a clip, with index, report and picture.

    Args:
        folder: Where to; None: `default_folder()`.
        wheel: A downloaded pose2sim wheel; None: fetch it when the cache has not got the clip.
        clip: single or multi.
        person: As in `Footage`; "" = the only one, or the largest.
        looks: Who makes the pairs; several get a folder each.
        mode: Their running mode, video or image.
        workers: Videos looked at at a time.
        report: Told each line of the outcome.

    Raises:
        SourceError: The clip cannot be fetched or read.
        DataError: Its calibration is damaged.
        SettingsError: An option makes no sense.
    """
    source = fetch_clip(wheel, report, clip)
    sequence = f"{clip}_person"
    footage = Footage(
        videos=(source / "videos",),
        calibration=source / _CALIBRATION,
        person=person or ("one" if clip == "single" else "largest"),
        looks=looks,
        mode=mode,
        workers=workers,
        sequence=sequence,
        subject=f"pose2sim_{clip}",
        split="test",
        about={
            "dataset": "pose2sim",
            "licence": "BSD-3-Clause",
            "source": f"pose2sim {VERSION} (PyPI), {_DEMOS[clip].rpartition('/')[2]}",
        },
    )
    return convert(footage, folder or default_folder(), report)


def _extract(wheel: Path, folder: Path, clip: str) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in _FILES:
                with atomic_path(folder / name) as temporary:
                    temporary.write_bytes(archive.read(f"{_DEMOS[clip]}/{name}"))
    except READ_ERRORS as error:
        raise SourceError(f"{wheel} is not a wheel of pose2sim with its demo clips ({brief(error)}).") from error
