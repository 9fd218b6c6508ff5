"""Names as disks may hold them: any bytes but zero and the slash, and what trips programs more often than not."""

import os

from hypothesis import settings
from hypothesis import strategies as st

LONGEST = 255
N_NAMES = 200 if settings.default.derandomize else 50_000
"""How many are tried: few in every run of the tests, and those alike; many in `make fuzz`."""
_AWKWARD = (
    "[bold red]", "[/]", "[id]", ":", "%03d", "\x1b[31m", "\n", "\r", "\t", "\u202e", "\u200d", "é", "e\u0301",
    "\udce9", "👩\u200d👩\u200d👧", "<b>", "&", "[*]", "~", "-", ".", "..", " ", "_angles", "_annotated", ".partial",
    ".settings", "\\", "'", '"', "$(x)",
)  # fmt: skip


def any_name(ending: bytes = b"") -> st.SearchStrategy[bytes]:
    """Draw a file name of 1 to 255 bytes with a given ending."""
    piece = st.one_of(
        st.sampled_from([os.fsencode(text) for text in _AWKWARD]),
        st.binary(min_size=1, max_size=6),
        st.text(min_size=1, max_size=8).filter(_is_text).map(os.fsencode),
        st.sampled_from([b"x" * 40, b"\xc3\xa9" * 50, b"\xe9" * 60]),
    )
    joined = st.lists(piece, min_size=1, max_size=8).map(lambda pieces: _cleaned(b"".join(pieces), len(ending)))
    return joined.map(lambda stem: stem + ending)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _cleaned(raw: bytes, n_kept_free: int) -> bytes:
    stem = raw.replace(b"\0", b"").replace(b"/", b"")[: LONGEST - n_kept_free]
    return b"x" if stem in (b"", b".", b"..") else stem
