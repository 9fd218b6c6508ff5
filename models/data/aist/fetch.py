"""One file over HTTP: resumed where it broke off, checked before it gets its name."""

import base64
import binascii
import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from core.errors import NdrError, OutputError, SourceError

_CHUNK: Final = 1 << 14  # what a lost connection costs at most
_TIMEOUT_S: Final = (10.0, 60.0)
_TRIES: Final = 6  # in a row without a single new byte
_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
_TEMPORARY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class StoppedError(NdrError):
    """The user stopped; what has arrived is kept."""


@dataclass(frozen=True)
class Line:
    """How files are fetched.

    Attributes:
        session: Keeps connections.
        stop: Set to end all fetching.
        on_bytes: Told how many bytes arrived, from any thread.
        wait_s: Before the second try; it doubles with each.
    """

    session: requests.Session
    stop: threading.Event
    on_bytes: Callable[[int], None] = lambda _: None
    wait_s: float = _WAIT_S


class _BrokenOffError(Exception):
    """The transfer ended early or cannot start now; what has arrived is good."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class _StaleError(Exception):
    """What has arrived before cannot be gone on with."""


def fetch(line: Line, url: str, target: Path, is_whole: Callable[[Path], bool]) -> str:
    """Fetch a file and return its sha256 (64 hex digits).

    Bytes go to `NAME.part`; they are gone on with, by this call or a later one, as long as the server says that the
    file is the same (ETag or date). The length that the server states, the MD5 if it states one, and `is_whole` must
    all agree before the file gets its name.

    Raises:
        SourceError: Refused, not there, broken off again and again, or not what was promised.
        OutputError: It cannot be written.
        StoppedError: The user stopped.
    """
    part, version = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.version")
    failures, before = 0, _size(part)
    while True:
        try:
            checksums = _transfer(line, url, part, version)
            break
        except _StaleError:
            part.unlink(missing_ok=True)
            version.unlink(missing_ok=True)
            reason, wait_s = "the server does not go on where it broke off", 0.0
        except _BrokenOffError as error:
            reason, wait_s = str(error), error.wait_s
        except requests.RequestException as error:
            reason, wait_s = _plain(error), 0.0
        except OSError as error:
            raise OutputError(f"Cannot write {part}: {error.strerror}; free space and start again.") from error
        size = _size(part)
        failures = 0 if size > before else failures + 1
        before = size
        if failures >= _TRIES:
            raise SourceError(f"{url} cannot be fetched: {reason}; try again later, {size:,} bytes of it are kept.")
        if line.stop.wait(min(max(wait_s, line.wait_s * 2**failures), _LONGEST_WAIT_S)):
            raise StoppedError("Stopped.")
    if problem := checksums.problem() or ("" if is_whole(part) else "it is cut off or damaged inside"):
        part.unlink(missing_ok=True)
        version.unlink(missing_ok=True)
        raise SourceError(f"{url} is not what it should be: {problem}; it was not kept.")
    part.replace(target)
    version.unlink(missing_ok=True)
    return checksums.sha256


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@dataclass(frozen=True)
class _Checksums:
    sha256: str
    md5: str
    promised_md5: str

    def problem(self) -> str:
        if self.promised_md5 and self.promised_md5 != self.md5:
            return f"its MD5 is {self.md5}, the server states {self.promised_md5}"
        return ""


def _transfer(line: Line, url: str, part: Path, version: Path) -> _Checksums:
    known = version.read_text("utf-8") if version.is_file() else ""
    offset = part.stat().st_size if known and part.is_file() else 0
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": known}
    with line.session.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as answer:
        total = _length(answer, url, offset)
        if answer.status_code != requests.codes.partial:
            offset = 0
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        part.parent.mkdir(parents=True, exist_ok=True)
        if not offset:
            part.unlink(missing_ok=True)
            version.write_text(_version(answer.headers), "utf-8")
        with part.open("ab+") as handle:
            handle.seek(0)
            while block := handle.read(_CHUNK):
                sha256.update(block)
                md5.update(block)
            for block in answer.iter_content(_CHUNK):
                if line.stop.is_set():
                    raise StoppedError("Stopped.")
                handle.write(block)
                sha256.update(block)
                md5.update(block)
                line.on_bytes(len(block))
        size = part.stat().st_size
        if total is not None and size != total:
            raise _BrokenOffError(f"it ends after {size:,} of {total:,} bytes")
        return _Checksums(sha256.hexdigest(), md5.hexdigest(), _promised_md5(answer.headers))


def _length(answer: requests.Response, url: str, offset: int) -> int | None:
    """Return the length of the whole file as the server states it; raise where there is nothing to read."""
    status = answer.status_code
    if status == requests.codes.partial:
        stated = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if stated is None or int(stated[1]) != offset:
            raise _StaleError
        return int(stated[2])
    if status == requests.codes.requested_range_not_satisfiable:
        raise _StaleError
    if status in _TEMPORARY:
        wait = answer.headers.get("Retry-After", "")
        raise _BrokenOffError(f"the server answers {status}", float(wait) if wait.isdecimal() else 0.0)
    if status != requests.codes.ok:
        raise SourceError(f"{url} cannot be fetched: the server answers {status} {answer.reason}.")
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _version(headers: Any) -> str:
    """Return what tells this copy from a later one; empty where the server does not say."""
    tag = str(headers.get("ETag", ""))
    return tag if tag and not tag.startswith("W/") else str(headers.get("Last-Modified", ""))


def _promised_md5(headers: Any) -> str:
    """Return the MD5 of the whole file as hex digits, from Google's or the standard header; empty without."""
    found = re.search(r"md5=([A-Za-z0-9+/=]+)", headers.get("x-goog-hash", "")) or re.fullmatch(
        r"([A-Za-z0-9+/=]+)", headers.get("Content-MD5", "")
    )
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else ""
    except binascii.Error:
        return ""


def _plain(error: requests.RequestException) -> str:
    """Return what happened, without the nest of exceptions that requests wraps it in."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return "the connection was lost or refused"
    return type(error).__name__
