"""The names of formats as people type them."""

from collections.abc import Collection

from core.errors import SettingsError
from core.exporters import EXPORTERS


def require_formats(formats: tuple[str, ...], known: Collection[str]) -> None:
    """Raise SettingsError for an unknown format, for none at all, or for one whose package is missing."""
    unknown = [name for name in formats if name not in known]
    if unknown or not formats:
        raise SettingsError(f"There is no format '{', '.join(unknown)}'; choose from {', '.join(known)}.")
    for name in formats:
        if name in EXPORTERS:
            EXPORTERS[name].require_package()


def format_names(text: str) -> tuple[str, ...]:
    """Return the names in "npz, CSV,trc", without repetition."""
    return tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
