"""Where the refiner of a variant lies."""

from pathlib import Path


def refiner_path(path: Path, variant: str) -> Path:
    """Return the file that refines a variant: the one of its own beside `path`, or `path`."""
    own = path.with_name(f"{path.stem}-{variant}{path.suffix}")
    return own if own.is_file() else path
