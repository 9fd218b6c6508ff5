"""Find and read every motion file below some folders."""

import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

import numpy as np

from core.errors import DataError, brief
from core.system.files.archive import load_npz
from models.data.motion.aist import AIST_FOLDER, load_aist
from models.data.motion.amc import Skeleton, parse_amc, parse_asf
from models.data.motion.bvh import parse_bvh
from models.data.motion.deepmimic import DEEPMIMIC_PREFIX, parse_deepmimic
from models.data.motion.reduce import reduce_motion
from models.data.motion.types import Motion, RawMotion

_CMU_NAME: Final = re.compile(r"^0*(\d+)_(\d+)")
_CMU_LICENCE: Final = "CMU Graphics Lab motion capture: free for all uses"
_DEEPMIMIC_LICENCE: Final = "DeepMimic clips of pybullet_data: zlib"
_UNKNOWN_LICENCE: Final = "as the file's owner says"
_FOLDER_LICENCES: Final = {"animated_drawings": "facebookresearch/AnimatedDrawings: MIT"}  # part of a path → licence
_LARGEST_BYTES: Final = 512 * 2**20
_READ_ERRORS: Final = (
    OSError, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile, EOFError, UnicodeDecodeError,
)  # fmt: skip
_SUFFIXES: Final = (".bvh", ".bvh.xz", ".npz", ".amc", ".tar", ".tar.xz", ".tar.gz", ".tgz", ".whl")


@dataclass(frozen=True)
class MotionReport:
    """What was found.

    Attributes:
        motions: By name, in a fixed order.
        rejected: One sentence for each file that could not be used.
    """

    motions: tuple[Motion, ...]
    rejected: tuple[str, ...]


def collect_motions(paths: list[Path]) -> MotionReport:
    """Read all motion in files and folders; a bad file is reported, not fatal.

    Raises:
        DataError: A path does not exist, or nothing usable is found.
    """
    motions: dict[str, Motion] = {}
    rejected: list[str] = []
    for path in paths:
        for file in _files(path):
            try:
                for motion in load_motions(file):
                    if motion.name in motions:
                        rejected.append(f"{file} holds a second motion named {motion.name}; only the first is used.")
                    else:
                        motions[motion.name] = motion
            except DataError as error:
                rejected.append(str(error))
    if not motions:
        where = ", ".join(str(p) for p in paths)
        reason = f" ({rejected[0]})" if rejected else ""
        raise DataError(
            f"No usable motion in {where}{reason}; give folders with BVH, ASF and AMC, NPZ, DeepMimic or AIST++ files."
        )
    return MotionReport(tuple(motions[name] for name in sorted(motions)), tuple(rejected))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"There is no motion file or folder {path}.")
    known = (p for p in path.rglob("[!.]*") if p.name.lower().endswith(_SUFFIXES) or _is_deepmimic(p) or _is_aist(p))
    return sorted(p for p in known if p.is_file())


def _is_deepmimic(path: PurePath) -> bool:
    return path.name.startswith(DEEPMIMIC_PREFIX) and path.suffix == ".txt"


def _is_aist(path: Path) -> bool:
    return path.suffix == ".pkl" and path.parent.name == AIST_FOLDER


def load_motions(path: Path) -> Iterator[Motion]:
    """Read one file; NPZ, tar and wheel files hold several motions.

    Raises:
        DataError: Unreadable, of an unknown kind, or its joints are not known.
    """
    name = path.name.lower()
    try:
        if name.endswith((".bvh", ".bvh.xz")):
            data = path.read_bytes()
            text = (_unpacked(data, path) if name.endswith(".xz") else data).decode("ascii", errors="replace")
            stem = re.sub(r"(_scaled)?\.bvh(\.xz)?$", "", path.name, flags=re.IGNORECASE)
            yield _named(parse_bvh(text, str(path)), stem, path)
        elif name.endswith(".npz"):
            yield from _load_positions(path)
        elif name.endswith(".amc"):
            skeletons = sorted(path.parent.glob("*.asf"))
            if not skeletons:
                raise DataError(f"{path} has no ASF skeleton beside it; put the subject's .asf there.")
            skeleton = parse_asf(skeletons[0].read_text("ascii", errors="replace"), str(skeletons[0]))
            yield _named(parse_amc(path.read_text("ascii", errors="replace"), skeleton, str(path)), path.stem, path)
        elif name.endswith((".tar", ".tar.xz", ".tar.gz", ".tgz")):
            yield from _load_archive(path)
        elif name.endswith(".whl"):
            yield from _load_wheel(path)
        elif name.endswith(".pkl"):
            yield load_aist(path)
        elif _is_deepmimic(path):
            yield _deepmimic(path.read_text("utf-8", errors="replace"), path, str(path))
        else:
            raise DataError(
                f"{path} is no motion file that is known: BVH, AMC, NPZ, {DEEPMIMIC_PREFIX}*.txt, a pickle of "
                "AIST++, a tar of AMC files or the pybullet wheel."
            )
    except (*_READ_ERRORS, RuntimeError, NotImplementedError) as error:  # the last two: encrypted, or packed unusually
        raise DataError(f"{path} cannot be read ({brief(error)}); fetch it again.") from error


def _unpacked(data: bytes, path: Path) -> bytes:
    decompressor = lzma.LZMADecompressor()
    content = decompressor.decompress(data, _LARGEST_BYTES)
    if not decompressor.eof:
        raise DataError(f"{path} is cut off or implausibly large; fetch it again.")
    return content


def _named(raw: RawMotion, stem: str, path: Path) -> Motion:
    """Derive the subject from CMU's `subject_trial` names; any other file is its own subject."""
    match = _CMU_NAME.match(stem)
    if match:
        subject = f"cmu{int(match[1]):02d}"
        return reduce_motion(raw, name=f"{subject}_{int(match[2]):02d}", subject=subject, licence=_CMU_LICENCE)
    licence = next((known for part, known in _FOLDER_LICENCES.items() if part in str(path)), _UNKNOWN_LICENCE)
    return reduce_motion(raw, name=stem, subject=stem, licence=licence)


def _load_positions(path: Path) -> Iterator[Motion]:
    """Read an NPZ of (T, J, 3) arrays with `joint_names` and `fps`."""
    arrays = load_npz(path, "a motion NPZ", "fetch it again")
    try:
        names = tuple(str(n) for n in arrays["joint_names"].ravel())
        fps = float(arrays["fps"])
        clips = {k: a for k, a in arrays.items() if a.ndim == 3 and np.issubdtype(a.dtype, np.floating)}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is no motion NPZ ({error}): joint_names, fps and (T, J, 3) clips are needed."
        ) from error
    for key, positions in clips.items():
        if positions.shape[1:] != (len(names), 3):
            raise DataError(f"{path}: clip {key} has shape {positions.shape}, not (T, {len(names)}, 3).")
        # <split>__<action>__<trial>: people are not named, so an action stands for its people
        parts = key.split("__")
        action = parts[1] if len(parts) == 3 else key
        yield reduce_motion(
            RawMotion(positions, names, fps),
            name=key.replace("__", "-"),
            subject=f"action_{action}",
            licence=_CMU_LICENCE,
        )


def _deepmimic(text: str, path: PurePath, where: str) -> Motion:
    """Read a clip of the humanoid; `dance_a` and `dance_b` are one subject."""
    subject = re.sub(r"_[a-z]$", "", path.stem)
    return reduce_motion(parse_deepmimic(text, where), name=path.stem, subject=subject, licence=_DEEPMIMIC_LICENCE)


def _load_wheel(path: Path) -> Iterator[Motion]:
    """Read the clips of the humanoid from the pybullet wheel without unpacking it."""
    with zipfile.ZipFile(path) as archive:
        clips = [info for info in archive.infolist() if _is_deepmimic(PurePosixPath(info.filename))]
        if not clips:
            raise DataError(f"{path} holds no {DEEPMIMIC_PREFIX}*.txt; the pybullet wheel does.")
        for info in sorted(clips, key=lambda i: i.filename):
            if info.file_size > _LARGEST_BYTES:
                raise DataError(f"{path}: {info.filename} is implausibly large.")
            text = archive.read(info).decode("utf-8", errors="replace")
            yield _deepmimic(text, PurePosixPath(info.filename), f"{path}:{info.filename}")


def _load_archive(path: Path) -> Iterator[Motion]:
    """Read AMC files from a tar without unpacking it; nothing is written, so member paths cannot do harm."""
    skeletons: dict[str, Skeleton] = {}
    texts: list[tuple[PurePosixPath, str]] = []
    with tarfile.open(path) as archive:
        for member in archive:
            inside = PurePosixPath(member.name)
            if not member.isfile() or inside.suffix.lower() not in (".asf", ".amc"):
                continue
            if member.size > _LARGEST_BYTES:
                raise DataError(f"{path}: {member.name} is implausibly large.")
            handle = archive.extractfile(member)
            text = io.TextIOWrapper(handle, "ascii", errors="replace").read() if handle else ""
            if inside.suffix.lower() == ".asf":
                skeletons[str(inside.parent)] = parse_asf(text, f"{path}:{member.name}")
            else:
                texts.append((inside, text))
    for inside, text in sorted(texts):
        if str(inside.parent) not in skeletons:
            raise DataError(f"{path}: {inside} has no ASF skeleton beside it.")
        yield _named(parse_amc(text, skeletons[str(inside.parent)], f"{path}:{inside}"), inside.stem, path)
