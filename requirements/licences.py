"""List the licence of every package of the lock that is installed here: `python requirements/licences.py`.

Writes docs/licences.md. Ends with 1 when a package says none, or one that forbids what this project does.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, files, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
FORBIDDING = re.compile(r"\b(AGPL|GPL|non-?commercial|proprietary)", re.IGNORECASE)
ALLOWING = re.compile(r"\bLGPL|Lesser General", re.IGNORECASE)
_PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
_LONGEST = 60
KNOWN = {"anny": "Apache-2.0", "ezc3d": "MIT"}
"""Licence of packages whose metadata does not say it, from their repositories."""
BUNDLED = {
    "libx264": "GPL-2.0-or-later", "libx265": "GPL-2.0-or-later",
    "libavcodec": "LGPL-2.1-or-later; GPL where x264 is beside it",
    "libQt5Core": "LGPL-3.0", "libQt6Core": "LGPL-3.0", "libgfortran": "GPL-3.0 with the GCC runtime exception",
    "libquadmath": "LGPL-2.1", "libgomp": "GPL-3.0 with the GCC runtime exception", "libgnutls": "LGPL-2.1",
    "libgmp": "LGPL-3.0 or GPL-2.0", "libnettle": "LGPL-3.0 or GPL-2.0", "libunistring": "LGPL-3.0 or GPL-2.0",
    "libmp3lame": "LGPL-2.0", "libasound": "LGPL-2.1",
}  # fmt: skip
"""Compiled libraries under the GPL or LGPL that wheels bring along: their metadata speaks of the package alone."""
_BUNDLES = """
## Brought along by wheels

Compiled libraries under the GPL or LGPL inside wheels that are licensed otherwise. PyAV's wheels hold FFmpeg with x264
and x265, which are under the GPL: whoever hands out an installer that contains them hands out those under the GPL, with
its duties. This repository contains none of them; pip fetches them from their makers. A PyAV built without x264 works
too: videos are then written with OpenH264 or MPEG-4.
"""


def licence_of(name: str) -> str:
    """Return a package's licence as its metadata states it, "" when it states none.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    about = metadata(name)
    stated = about.get("License-Expression") or ""
    if not stated:
        classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
        stated = "; ".join(c.rpartition(" :: ")[2] for c in classifiers if not c.endswith("OSI Approved"))
    if not stated:
        text = (about.get("License") or "").strip()
        stated = text.splitlines()[0] if text and text.upper() != "UNKNOWN" else ""
    return stated if len(stated) <= _LONGEST else f"{stated[:_LONGEST]}…"


def bundled_in(name: str) -> dict[str, str]:
    """Return library → licence of what a package's wheel holds of BUNDLED.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    held = {path.name for path in files(name) or []}
    return {
        library: licence
        for library, licence in BUNDLED.items()
        if any(re.match(rf"{library}[-.]", file) for file in held)
    }


def listed() -> dict[str, str]:
    """Return package → version of the lock of this Python."""
    lock = ROOT / "requirements" / f"ci-{sys.version_info.major}.{sys.version_info.minor}.txt"
    return dict(_PIN.findall(lock.read_text(encoding="utf-8")))


def problem(licence: str) -> str:
    """Return what is wrong with a licence, "" when nothing is."""
    if not licence:
        return "states no licence"
    if FORBIDDING.search(licence) and not ALLOWING.search(licence):
        return "may not be used here"
    return ""


def main() -> int:
    """Write the page; return 1 when a licence is a problem."""
    rows, problems, bundled = [], [], []
    for name, version in sorted(listed().items()):
        try:
            licence = licence_of(name) or KNOWN.get(name, "")
        except PackageNotFoundError:
            problems.append(f"{name} {version} is locked but not installed here: run `make test` first")
            continue
        bundled += [f"| {name} | {library} | {its} |" for library, its in bundled_in(name).items()]
        rows.append(f"| {name} | {version} | {licence} |")
        if wrong := problem(licence):
            problems.append(f"{name} {version} {wrong}: {licence}")
    head = (
        "# Licences\n\nWhat the lock of the tests installs, as the packages state it; `make licences` makes this page."
    )
    table = ["| package | version | licence |", "|---|---|---|", *rows]
    table += [_BUNDLES, "| package | library | licence |", "|---|---|---|", *bundled]
    PAGE.write_text(head + "\n\n" + "\n".join(table) + "\n", encoding="utf-8")
    print("\n".join(problems) or f"{len(rows)} packages, no problem; {PAGE} is written.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
