"""Places in a file as people type them."""

import re
from typing import Final

from core.errors import SettingsError

_TIME: Final = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)\s*s?", re.ASCII)


def parse_place(text: str) -> int | float:
    """Return what a text means: 218 is a frame (int); 7.25, 7 s, 1:02.5 and 1:00:00 are times (float), seconds.

    Raises:
        SettingsError: It is neither.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    found = _TIME.fullmatch(text)
    if found is None:
        raise SettingsError(f"'{text[:40]}' is neither a frame (218) nor a time (7.25 s, 1:02.5).")
    hours, minutes, seconds = found.groups()
    return 3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + float(seconds.replace(",", "."))
