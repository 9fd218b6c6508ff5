"""Inputs that got past a parser, kept as files: `make fuzz` puts them here, every `make test` tries them again.

A file is called PARSER-WHATEVER, the parser as `slug` writes it. Commit it with what makes the parser refuse it.
"""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).with_name("found")


def slug(name: str) -> str:
    """Return the name of a parser as it stands in names of files."""
    return name.replace(" ", "_").replace("+", "p").replace("-", "_")


def keep(name: str, content: bytes) -> Path:
    """Keep an input that got past a parser."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{slug(name)}-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    return path


def kept(name: str) -> list[Path]:
    """Return the files of what got past a parser once."""
    return sorted(FOLDER.glob(f"{slug(name)}-*"))
