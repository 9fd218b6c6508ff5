"""Names and texts that come from files, made safe for where they go: a terminal, Qt, FFmpeg, another file.

A name on disk is bytes; Python keeps those that are no UTF-8 as lone surrogates, which open the file but can neither
be printed nor saved as UTF-8. Other names hold what a terminal obeys (escape sequences, line ends), what reverses the
reading direction, or what markup languages take for markup. Everything else may hold what it likes.
"""

import html
import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.text import Text

_JOINERS: Final = "\u200c\u200d"
"""Invisible, but inside words of Persian and Hindi and inside emoji."""
_SKIN_TONES: Final = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_FIRST_BYTE, _LAST_BYTE = "\udc80", "\udcff"
_USUAL_NAME_MAX: Final = 255


def shown(text: str | Path) -> str:
    r"""Return a name or sentence on one line, as it can be printed and saved as UTF-8; the same each time.

    Bytes that are no UTF-8 become `\xe9`, and characters that are not seen (control characters, line ends, those that
    turn the reading direction) their escapes, and so does a name of nothing but accents and skin tones, which are
    drawn on what stands before them and so vanish in a table. Text without any is returned as it is.
    """
    plain = str(text)
    if plain and all(character in _SKIN_TONES or unicodedata.category(character)[0] == "M" for character in plain):
        return plain.encode("unicode_escape").decode("ascii")
    if plain.isprintable():
        return plain
    return "".join(_shown(character, before) for before, character in zip(f" {plain}", plain, strict=False))


def _shown(character: str, before: str) -> str:
    if character.isprintable() or unicodedata.category(character) in ("Zs", "Co", "Cn"):
        return character
    if character in _JOINERS and unicodedata.category(before)[0] in "LMS":
        return character
    if _FIRST_BYTE <= character <= _LAST_BYTE:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def for_terminal(text: str | Path) -> "Text":
    """Return text for a rich console or table, in which brackets are brackets."""
    from rich.text import Text

    return Text(shown(text))


def for_rich_text(text: str | Path) -> str:
    """Return text for the middle of Qt's rich text, in which `<b>` is not bold."""
    return html.escape(shown(text), quote=False)


def for_menu(text: str | Path) -> str:
    """Return text for a menu entry, tab or button of Qt, in which `&` underlines nothing."""
    return shown(text).replace("&", "&&")


def for_title(text: str | Path) -> str:
    """Return text for a window's title, in which Qt reads `[*]` as the place of its mark for changes."""
    return shown(text).replace("[*]", "[*][*]")


def for_plot(text: str | Path) -> str:
    r"""Return text for matplotlib, in which `$` begins no formula."""
    return shown(text).replace("$", r"\$")


def for_ffmpeg(path: Path) -> str:
    """Return a file's address for FFmpeg, which takes what stands before a colon for a protocol: `12:30 take.mp4`."""
    return os.path.abspath(path)


def longest_name(folder: Path) -> int:
    """Return how many bytes a name in a folder may have; the folder itself need not exist yet."""
    existing = next((place for place in (folder, *folder.absolute().parents) if os.path.exists(place)), None)
    try:
        return os.pathconf(existing, "PC_NAME_MAX") if existing is not None else _USUAL_NAME_MAX
    except (AttributeError, OSError, ValueError):  # Windows has no pathconf
        return _USUAL_NAME_MAX


def n_bytes(name: str) -> int:
    """Return how many bytes a name takes on disk."""
    return len(os.fsencode(name))


def shortened(name: str, n: int) -> str:
    """Return the longest beginning of a name that takes at most n bytes, no character cut in two."""
    kept = ""
    for character in name:
        n -= n_bytes(character)
        if n < 0:
            break
        kept += character
    return kept


def same_name_key(name: str) -> str:
    """Return what names have in common that some disk takes for one: of any case and any composition of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
