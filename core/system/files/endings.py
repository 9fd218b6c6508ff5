"""Names of files that are to be written or read: whether their ending says what they are to be."""

from pathlib import Path

from core.errors import SettingsError


def require_ending(path: Path, endings: tuple[str, ...], what: str) -> None:
    """Raise SettingsError unless a name ends in one of `endings`, in capitals or not, and is no folder's.

    To be asked before long work.

    Args:
        path: As a person typed it.
        endings: With their dot, the usual one first.
        what: What the file is, with its article: "a picture or report".
    """
    if path.is_dir():
        raise SettingsError(f"{path} is a folder; give the name of a file in it, ending in {' or '.join(endings)}.")
    if path.suffix.lower() not in endings:
        given = f"ends in {path.suffix}" if path.suffix else "has no ending"
        raise SettingsError(f"{path} {given}; {what} is called something that ends in {' or '.join(endings)}.")
