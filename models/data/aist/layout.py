"""How AIST++ lies on disk: names, lists and splits.

A sequence `gBR_sBM_cAll_d04_mBR0_ch01` has nine videos `gBR_sBM_c01_d04_mBR0_ch01.mp4` … `c09`; `gBR` is its genre,
`sBM` its situation, `d04` its dancer. The annotations folder holds `keypoints3d/SEQ.pkl`, `cameras/mapping.txt`,
`cameras/settingN.json`, `ignore_list.txt` and `splits/pose_{train,val,test}.txt`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import DataError, SettingsError

SPLITS: Final = {"pose_train": "train", "pose_val": "val", "pose_test": "test"}
"""The official list → the split of our index."""

VIEWS: Final = tuple(f"c{number:02d}" for number in range(1, 10))

_NAME: Final = re.compile(r"^(g[A-Z]{2}_s[A-Z]{2})_(c\d\d|cAll)_(d\d\d(?:_d\d\d)*_m[A-Z]{2}\d+_ch\d+)$")
_DANCER: Final = re.compile(r"_(d\d\d)_")
_KNOWN_BAD: Final = {
    "gBR_sBM_c05_d04_mBR0_ch01": "known bad view: it is not synchronised with the others",
    "gJB_sBM_c07_d07_mJB3_ch05": "known bad view: it has another picture size than its calibration",
}


@dataclass(frozen=True, order=True)
class VideoName:
    """One video of a sequence: the sequence's name with `cAll`, and the view."""

    sequence: str
    view: str

    def __str__(self) -> str:
        return self.sequence.replace("cAll", self.view)

    @property
    def dancer(self) -> str:
        """Return who dances, `d04`."""
        found = _DANCER.search(self.sequence)
        return found[1] if found else ""

    @property
    def genre(self) -> str:
        """Return the genre, `gBR`."""
        return self.sequence[:3]


def parse_name(stem: str) -> VideoName | None:
    """Split the name of a video or sequence; a sequence has the view `cAll`, anything else is None."""
    found = _NAME.match(stem)
    return VideoName(f"{found[1]}_cAll_{found[3]}", found[2]) if found else None


@dataclass(frozen=True)
class Annotations:
    """The lists of an annotations folder.

    Attributes:
        folder: Where it is.
        settings: Sequence → name of its camera setting.
        ignored: Sequences that the authors withdrew.
        splits: Sequence → train, val or test, where an official list has it.
        notes: What is missing, and what is done without it.
    """

    folder: Path
    settings: dict[str, str]
    ignored: frozenset[str]
    splits: dict[str, str]
    notes: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> "Annotations":
        """Read the lists; the folder may also be the one that the archive unpacks into.

        Raises:
            DataError: The folder, `cameras/mapping.txt` or `keypoints3d` is missing, or a list is damaged.
        """
        if not folder.is_dir():
            raise DataError(f"There is no annotations folder {folder}; get it with: download aist --annotations.")
        if not (folder / "cameras").is_dir():
            inner = [path.parent for path in sorted(folder.glob("*/cameras"))]
            folder = inner[0] if len(inner) == 1 else folder
        for name in ("cameras/mapping.txt", "keypoints3d"):
            if not (folder / name).exists():
                raise DataError(f"{folder} has no {name}; it is not the AIST++ annotations folder (fullset.zip).")
        splits: dict[str, str] = {}
        for listed, split in SPLITS.items():
            for name in _lines(folder / "splits" / f"{listed}.txt", is_optional=True):
                sequence = _sequence(name)
                if splits.setdefault(sequence, split) != split:
                    raise DataError(f"{folder / 'splits'} has {sequence} in two splits; fetch the annotations again.")
        settings = _mapping(folder / "cameras" / "mapping.txt")
        notes = []
        if not (folder / "splits").is_dir():
            splits = _by_dancer(settings)
            notes.append(
                f"{folder} has no splits: of the dancers every tenth is kept for val and every tenth for test."
            )
        if not (folder / "ignore_list.txt").is_file():
            notes.append(f"{folder} has no ignore_list.txt: nothing that its authors withdrew could be ignored.")
        ignored = frozenset(_sequence(name) for name in _lines(folder / "ignore_list.txt", is_optional=True))
        return cls(folder, settings, ignored, splits, tuple(notes))

    @property
    def has_official_splits(self) -> bool:
        """Whether the folder holds the published lists."""
        return (self.folder / "splits").is_dir()

    def keypoints_path(self, sequence: str) -> Path:
        """Return where the joints of a sequence are, whether or not they exist."""
        return self.folder / "keypoints3d" / f"{sequence}.pkl"

    def setting_path(self, sequence: str) -> Path:
        """Return where the cameras of a sequence that `mapping.txt` names are."""
        return self.folder / "cameras" / f"{self.settings[sequence]}.json"

    def split_of(self, video: VideoName) -> str | None:
        """Return the split of a video.

        A sequence in no official list goes where all other sequences of its dancer are; None when they are nowhere
        or in several, because putting it anywhere would let a dancer into two splits.
        """
        if video.sequence in self.splits:
            return self.splits[video.sequence]
        of_dancer = {split for name, split in self.splits.items() if f"_{video.dancer}_" in name}
        return of_dancer.pop() if len(of_dancer) == 1 else None

    def reason_to_skip(self, video: VideoName) -> str | None:
        """Return why a video is not used, None when it is."""
        if video.sequence in self.ignored:
            return "its sequence is in ignore_list.txt"
        if str(video) in _KNOWN_BAD:
            return _KNOWN_BAD[str(video)]
        if not self.keypoints_path(video.sequence).is_file():
            return f"no annotation: there is no keypoints3d/{video.sequence}.pkl"
        if video.sequence not in self.settings:
            return "cameras/mapping.txt does not name its sequence"
        if self.split_of(video) is None:
            return "it is in no official split, and its dancer's other sequences do not tell which"
        return None


def find_videos(folder: Path) -> tuple[dict[VideoName, Path], list[Path]]:
    """Return the AIST++ videos below a folder in the order of their names, and the mp4 files that are not.

    Raises:
        DataError: There is no such folder, or no mp4 file in it.
        SettingsError: A video is there twice.
    """
    if not folder.is_dir():
        raise DataError(f"There is no videos folder {folder}; get videos with: download aist --first 90.")
    named: dict[VideoName, Path] = {}
    others = []
    # the name of a file that is being downloaded ends in another suffix
    for path in sorted(path for path in folder.rglob("*.mp4") if not path.name.startswith(".")):
        video = parse_name(path.stem)
        if video is None or video.view == "cAll":
            others.append(path)
        elif video in named:
            raise SettingsError(f"{named[video]} and {path} are the same video; keep one.")
        else:
            named[video] = path
    if not named:
        raise DataError(
            f"{folder} holds no AIST++ video (like gBR_sBM_c01_d04_mBR0_ch01.mp4)"
            f"{f', only other files such as {others[0].name}' if others else ''}; give the folder that has them."
        )
    return dict(sorted(named.items())), others


def _sequence(name: str) -> str:
    """Return the sequence of a listed name; lists may name sequences or single views."""
    parsed = parse_name(name)
    return parsed.sequence if parsed else name


def _by_dancer(sequences: Iterable[str]) -> dict[str, str]:
    """Return a split for every sequence: the same dancers in the same split whichever videos are there."""
    dancer_of = {name: VideoName(name, "cAll").dancer for name in sequences}
    dancers = sorted(set(dancer_of.values()))
    kept_back = {8: "val", 9: "test"}
    return {name: kept_back.get(dancers.index(dancer) % 10, "train") for name, dancer in dancer_of.items()}


def _lines(path: Path, *, is_optional: bool = False) -> list[str]:
    if is_optional and not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}); fetch the annotations again.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _mapping(path: Path) -> dict[str, str]:
    settings: dict[str, str] = {}
    for number, line in enumerate(_lines(path), start=1):
        columns = line.split()
        if len(columns) != 2 or not re.fullmatch(r"[\w-]+", columns[1]):
            raise DataError(f"{path}, line {number}: 'SEQUENCE SETTING' is needed, not '{line[:80]}'.")
        settings[columns[0]] = columns[1]
    return settings
