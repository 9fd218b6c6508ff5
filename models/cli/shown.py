"""Commands as another person would type them, for the files that say how they were made."""

import shlex
from collections.abc import Mapping
from pathlib import Path


def shown_command(command: str, options: Mapping[str, object]) -> str:
    """Return the command line; options that are None, False, empty or () are left out, lists repeat their option."""
    words = [command]
    for name, value in options.items():
        for item in value if isinstance(value, list) else [value]:
            if item is None or item is False or item in ("", ()):
                continue
            parts = item if isinstance(item, tuple) else () if item is True else (item,)
            words += [name, *(shown_path(p) if isinstance(p, Path) else shlex.quote(str(p)) for p in parts)]
    return " ".join(words)


def shown_path(path: Path) -> str:
    """Return a path from the working folder, or from the home folder, where it lies below one of them."""
    absolute = path.absolute()
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if absolute.is_relative_to(base):
            return prefix + shlex.quote(absolute.relative_to(base).as_posix())
    return shlex.quote(absolute.as_posix())
