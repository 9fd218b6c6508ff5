"""The files and addresses that were opened last."""

from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QSettings

from core.sources import is_url
from core.system.files.names import shown

_KEY: Final = "recent"
_MOST: Final = 8


def recent_sources() -> list[str]:
    """Return paths and addresses, the newest first; files that are gone are left out."""
    value: Any = QSettings().value(_KEY, [])
    entries = [value] if isinstance(value, str) else list(value or [])
    return [entry for entry in map(str, entries) if is_url(entry) or Path(entry).is_file()]


def remember_source(spec: object) -> None:
    """Put a file or an address in front; cameras are not remembered."""
    if not isinstance(spec, (str, Path)) or str(spec).isdecimal():
        return
    entry = str(spec) if is_url(spec) else str(Path(spec).expanduser().absolute())
    entries = [entry, *(other for other in recent_sources() if other != entry)]
    QSettings().setValue(_KEY, entries[:_MOST])


def forget_sources() -> None:
    """Forget all of them."""
    QSettings().remove(_KEY)


def source_label(entry: str) -> str:
    """Return how an entry is shown: the file's name and its folder, or the address."""
    if is_url(entry):
        return entry
    path = Path(entry)
    return shown(f"{path.name}   ({path.parent})")
