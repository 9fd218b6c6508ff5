"""Getting AIST++: annotations and videos from their official places, for who has accepted their terms."""

import shutil
import threading
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import requests

from core.errors import NdrError, OutputError, SettingsError, SourceError, brief
from core.system.files.archive import READ_ERRORS
from core.system.files.atomic import atomic_path, write_text
from models.data.aist.fetch import Line, StoppedError, fetch
from models.data.aist.layout import VIEWS, parse_name
from models.data.aist.wholeness import is_whole_mp4, is_whole_zip

TERMS: Final = (
    ("videos", "https://aistdancedb.ongaaccel.jp/terms_of_use/"),
    ("annotations (CC BY 4.0)", "https://google.github.io/aistplusplus_dataset/download.html"),
)
CHECKSUMS: Final = "SHA256SUMS"
_UNPACKED: Final = ("cameras", "keypoints3d", "splits", "ignore_list.txt")  # what a conversion needs
_NAMES_IN_MESSAGE: Final = 3


@dataclass(frozen=True)
class Places:
    """Where the official copies are."""

    videos: str = "https://aistdancedb.ongaaccel.jp/v1.0.0/video/10M/"
    video_list: str = "https://storage.googleapis.com/aist_plusplus_public/20121228/video_list.txt"
    annotations: str = "https://storage.googleapis.com/aist_plusplus_public/20210308/fullset.zip"


@dataclass(frozen=True)
class Choice:
    """Which of the videos; all restrictions hold together.

    Attributes:
        names: Videos, or sequences with cAll; empty: all that are listed.
        genres: Like gBR; empty: all.
        views: Like c01; empty: all nine.
        first: At most so many, in the order of the list; None: all.
    """

    names: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    first: int | None = None


@dataclass(frozen=True)
class Downloaded:
    """What became of the videos.

    Attributes:
        n_new: Fetched now.
        n_there: Were there before, whole.
        failed: Name → reason.
        n_bytes: That arrived.
    """

    n_new: int = 0
    n_there: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    n_bytes: int = 0


@dataclass(frozen=True)
class DownloadEvent:
    """A file is done or has failed, or bytes have arrived.

    Attributes:
        n_done: Files dealt with, of `n_files`.
        n_files: In all.
        n_bytes: Arrived so far.
        failed: A sentence about the file that failed, else empty.
    """

    n_done: int
    n_files: int
    n_bytes: int
    failed: str = ""


def list_videos(places: Places = Places()) -> list[str]:
    """Return the names of the published videos, in the order of the official list.

    Raises:
        SourceError: It cannot be fetched, or names something else than videos.
    """
    try:
        answer = requests.get(places.video_list, timeout=60)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise SourceError(
            f"The list of videos cannot be fetched from {places.video_list} ({type(error).__name__}); "
            "check the network or give names with --list."
        ) from error
    return _expanded(answer.text.split(), places.video_list)


def choose(listed: Sequence[str], choice: Choice) -> list[str]:
    """Return the chosen ones of the listed videos.

    Raises:
        SettingsError: A name is not listed, or nothing is left.
    """
    wanted = set(_expanded(choice.names, "--list"))
    if missing := sorted(wanted - set(listed)):
        raise SettingsError(f"There is no video {', '.join(missing[:_NAMES_IN_MESSAGE])} in the official list.")
    left = [
        name
        for name in listed
        if (not wanted or name in wanted)
        and (not choice.genres or name[:3] in choice.genres)
        and (not choice.views or name.split("_")[2] in choice.views)
    ][: choice.first]
    if not left:
        raise SettingsError("No video is left by these choices; genres are like gBR, views like c01.")
    return left


def fetch_videos(
    names: Sequence[str],
    folder: Path,
    n_jobs: int,
    places: Places = Places(),
    report: Callable[[DownloadEvent], None] = lambda _: None,
    wait_s: float = 1.0,
) -> Downloaded:
    """Fetch videos, `n_jobs` at a time; one that fails does not stop the others, and whole ones are not fetched again.

    Their sha256 go to `SHA256SUMS` in the folder, for `sha256sum -c`.

    Raises:
        OutputError: The folder cannot be written.
    """
    absent = [name for name in names if not _is_there(folder / f"{name}.mp4")]
    counter = _Counter(len(names), len(names) - len(absent), report)
    stop = threading.Event()
    sums = _Sums(folder / CHECKSUMS)
    failed: dict[str, str] = {}
    with requests.Session() as session, ThreadPoolExecutor(n_jobs, thread_name_prefix="download") as pool:
        session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=n_jobs))
        work = partial(_fetch_video, Line(session, stop, counter.add_bytes, wait_s), places.videos, folder)
        running: dict[Future[str], str] = {pool.submit(work, name): name for name in absent}
        try:
            for future in as_completed(running):
                name, error = running[future], future.exception()
                if isinstance(error, NdrError) and not isinstance(error, OutputError | StoppedError):
                    failed[name] = str(error)
                else:
                    sums.add(f"{name}.mp4", future.result())
                counter.done(failed.get(name, ""))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return Downloaded(len(absent) - len(failed), len(names) - len(absent), failed, counter.n_bytes)


def fetch_annotations(
    folder: Path,
    places: Places = Places(),
    report: Callable[[DownloadEvent], None] = lambda _: None,
    wait_s: float = 1.0,
) -> Path:
    """Fetch the annotations and unpack what a conversion needs; return the folder of it.

    Raises:
        SourceError: They cannot be fetched, or the archive is damaged.
        OutputError: The folder cannot be written.
    """
    archive = folder / PurePosixPath(places.annotations).name
    if not (archive.is_file() and is_whole_zip(archive)):
        counter = _Counter(1, 0, report)
        with requests.Session() as session:
            line = Line(session, threading.Event(), counter.add_bytes, wait_s)
            checksum = fetch(line, places.annotations, archive, is_whole_zip)
        _Sums(folder / CHECKSUMS).add(archive.name, checksum)
        counter.done("")
    return unpack(archive, folder / "annotations")


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack cameras, joints, splits and the ignore list; whatever folder the archive puts around them is left out.

    Raises:
        SourceError: The archive is damaged or holds none of them.
        OutputError: The folder cannot be written.
    """
    n = 0
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                inside = _inside(member.filename)
                if inside is None or member.is_dir():
                    continue
                with (
                    atomic_path(folder / inside) as temporary,
                    packed.open(member) as source,
                    temporary.open("wb") as handle,
                ):
                    shutil.copyfileobj(source, handle)
                n += 1
    except READ_ERRORS as error:
        raise SourceError(f"{archive} is damaged ({brief(error)}); delete it and fetch it again.") from error
    if not n:
        raise SourceError(f"{archive} holds no AIST++ annotations; delete it and fetch it again.")
    return folder


def _inside(name: str) -> PurePosixPath | None:
    """Return the path of a member from the annotations folder on; None for what is not needed or leads elsewhere."""
    parts = PurePosixPath(name).parts
    start = next((i for i, part in enumerate(parts[:2]) if part in _UNPACKED), None)
    if start is None or ".." in parts or "\\" in name or ":" in name:
        return None
    return PurePosixPath(*parts[start:])


def _fetch_video(line: Line, base: str, folder: Path, name: str) -> str:
    if line.stop.is_set():
        raise StoppedError("Stopped.")
    return fetch(line, f"{base}{name}.mp4", folder / f"{name}.mp4", is_whole_mp4)


def _is_there(path: Path) -> bool:
    return path.is_file() and is_whole_mp4(path)


def _expanded(names: Sequence[str], where: str) -> list[str]:
    """Return the videos that names stand for; a sequence is its nine. No other name gets near a path."""
    videos = []
    for name in names:
        parsed = parse_name(name.removesuffix(".mp4"))
        if parsed is None:
            raise SourceError(f"{where} names '{name[:60]}', which is no AIST++ video.")
        views = VIEWS if parsed.view == "cAll" else (parsed.view,)
        videos += [parsed.sequence.replace("cAll", view) for view in views]
    return list(dict.fromkeys(videos))


class _Counter:
    """Counts files and bytes of several threads."""

    def __init__(self, n_files: int, n_done: int, report: Callable[[DownloadEvent], None]) -> None:
        self._lock = threading.Lock()
        self._n_files, self._n_done, self._report = n_files, n_done, report
        self.n_bytes = 0
        report(DownloadEvent(n_done, n_files, 0))

    def add_bytes(self, n: int) -> None:
        with self._lock:
            self.n_bytes += n
            self._report(DownloadEvent(self._n_done, self._n_files, self.n_bytes))

    def done(self, failed: str) -> None:
        with self._lock:
            self._n_done += 1
            self._report(DownloadEvent(self._n_done, self._n_files, self.n_bytes, failed))


class _Sums:
    """The `SHA256SUMS` of a folder, in the form of coreutils; one thread writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        self._sums = {name: checksum for checksum, name in (line.split(maxsplit=1) for line in lines if "  " in line)}

    def add(self, name: str, checksum: str) -> None:
        self._sums[name] = checksum
        write_text(self._path, "".join(f"{self._sums[key]}  {key}\n" for key in sorted(self._sums)))
