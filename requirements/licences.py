"""List the licence of every package of the lock that is installed here: `python requirements/licences.py`.

Writes docs/licences.md. Ends with 1 when a package says none, or one that forbids what this project does.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
FORBIDDING = re.compile(r"\b(AGPL|GPL|non-?commercial|proprietary)", re.IGNORECASE)
ALLOWING = re.compile(r"\bLGPL|Lesser General", re.IGNORECASE)
_PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
_LONGEST = 60
KNOWN = {"anny": "Apache-2.0", "ezc3d": "MIT"}
"""Licence of packages whose metadata does not say it, from their repositories."""


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
    rows, problems = [], []
    for name, version in sorted(listed().items()):
        try:
            licence = licence_of(name) or KNOWN.get(name, "")
        except PackageNotFoundError:
            continue
        rows.append(f"| {name} | {version} | {licence} |")
        if wrong := problem(licence):
            problems.append(f"{name} {version} {wrong}: {licence}")
    head = (
        "# Licences\n\nWhat the lock of the tests installs, as the packages state it; `make licences` makes this page."
    )
    table = ["| package | version | licence |", "|---|---|---|", *rows]
    PAGE.write_text(head + "\n\n" + "\n".join(table) + "\n", encoding="utf-8")
    print("\n".join(problems) or f"{len(rows)} packages, no problem; {PAGE} is written.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
