"""Which names are videos, which are pictures, and which videos are results of this program: the one list of each."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

VIDEO_SUFFIXES: Final = tuple(
    [
        ".mp4",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".m4v",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".flv",
        ".3gp",
        ".mts",
        ".m2ts",
        ".ts",
        ".ogv",
        ".mjpeg",
        ".gif",
    ]
)
IMAGE_SUFFIXES: Final = tuple([".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"])
ANNOTATED, COMPARED = "_annotated.mp4", "_raw_and_refined.mp4"
"""What follows a video's name in the videos that are drawn of it."""
_LEAST_IMAGES: Final = 2
_NUMBER: Final = re.compile(r"(\d+)")


def is_video_name(name: str) -> bool:
    """Whether a file among others is taken for a video by its name; those that this program drew are none."""
    low = name.lower()
    return os.path.splitext(low)[1] in VIDEO_SUFFIXES and not low.endswith((ANNOTATED, COMPARED))


def name_filter(suffixes: Iterable[str] = VIDEO_SUFFIXES) -> str:
    """Return the patterns of file dialogs, "*.mp4 *.MP4 ...": some tell capitals apart."""
    return " ".join(f"*{suffix} *{suffix.upper()}" for suffix in suffixes)


def videos_in(folder: Path) -> list[Path]:
    """Return the videos directly in a folder, by name.

    Raises:
        OSError: It cannot be read.
    """
    return sorted(path for path in folder.iterdir() if is_video_name(path.name) and path.is_file())


def images_in(folder: Path) -> list[Path]:
    """Return the pictures directly in a folder, of the kind that most are of, in the order of their numbers.

    Returns:
        Empty where there are fewer than two: a single picture is no film.

    Raises:
        OSError: It cannot be read.
    """
    every = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")]
    kinds = Counter(path.suffix.lower() for path in every).most_common(1)
    found = [path for path in every if kinds and path.suffix.lower() == kinds[0][0] and path.is_file()]
    return sorted(found, key=lambda path: _by_number(path.name)) if len(found) >= _LEAST_IMAGES else []


def last_number(name: str) -> int | None:
    """Return the last number in a file's name without its suffix, None where there is none."""
    numbers = _NUMBER.findall(os.path.splitext(name)[0])
    return int(numbers[-1]) if numbers and len(numbers[-1]) < 16 else None


def _by_number(name: str) -> list[tuple[int, int, str]]:
    """Return what sorts frame 10 behind frame 9."""
    parts = _NUMBER.split(name)
    return [(0, int(part), "") if i % 2 and len(part) < 16 else (1, 0, part) for i, part in enumerate(parts)]
