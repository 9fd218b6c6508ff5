"""Bytes to try on a parser: arbitrary ones, and sound files with pieces cut, doubled, exchanged or made absurd."""

import re

from hypothesis import strategies as st

_ABSURD = [
    b"nan", b"inf", b"-1", b"0", b"1e309", b"-1e309", b"99999999999999999999", b"2147483648", b"4294967295", b"1e-320",
    b"", b" ", b"\n", b"\t", b"\x00", b"\xff\xfe", b"{", b"}", b"[", b"]", b'"', b"'", b"<", b">", b"null", b"true",
    b"[[[[[[[[[[", b"[" * 3000, b'{"a":' * 3000, b"../../etc/passwd", b"$(touch executed)", b"__import__('os')",
    b"\xf0\x9f\x92\x83", b"root", b"End",
]  # fmt: skip
_NUMBERS = [
    b"nan", b"-inf", b"1e309", b"1e200", b"1e-320", b"-0.0", b"0", b"-1", b"true", b"null", b'"1"', b"[1]",
    b"2147483648", b"18446744073709551616", b"9" * 400, b"9" * 5000, b"1" + b"0" * 30, b"0.5", b"1_000",
    b"0x10", b"1e", b"3,5",
]  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d[\d.]*([eE][-+]?\d+)?")
_TOKEN = re.compile(rb"[\w.+-]+|[^\w\s]|\s+")


@st.composite
def mutated(draw, seed: bytes) -> bytes:
    """Return the seed after a few changes to its bytes or its words."""
    content = seed
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()) and b"\x00" not in seed:
            content = draw(_words_changed(content))
        else:
            content = draw(_bytes_changed(content))
    return content


@st.composite
def absurd_numbers(draw, seed: bytes) -> bytes:
    """Return the seed with one to three of its numbers exchanged, so that nothing else keeps them from being used."""
    words = _TOKEN.findall(seed)
    numbers = [i for i, word in enumerate(words) if _NUMBER.fullmatch(word)]
    for _ in range(draw(st.integers(1, 3)) if numbers else 0):
        words[draw(st.sampled_from(numbers))] = draw(st.sampled_from(_NUMBERS))
    return b"".join(words)


@st.composite
def _words_changed(draw, content: bytes) -> bytes:
    words = _TOKEN.findall(content) or [b""]
    place = draw(st.integers(0, len(words) - 1))
    kind = draw(st.sampled_from(["replace", "delete", "double", "swap", "cut"]))
    if kind == "replace":
        words[place] = draw(st.sampled_from(_ABSURD) | st.binary(max_size=8))
    elif kind == "delete":
        del words[place : place + draw(st.integers(1, 10))]
    elif kind == "double":
        words[place:place] = words[place : place + draw(st.integers(1, 20))] * draw(st.integers(1, 30))
    elif kind == "swap":
        other = draw(st.integers(0, len(words) - 1))
        words[place], words[other] = words[other], words[place]
    else:
        del words[place:]
    return b"".join(words)


@st.composite
def _bytes_changed(draw, content: bytes) -> bytes:
    start = draw(st.integers(0, len(content)))
    length = draw(st.sampled_from([0, 1, 1, 1, 2, 4, 8, 64, 1000]))
    piece = draw(st.binary(max_size=8) | st.sampled_from([b"\xff" * 4, b"\x00" * 8, b"\x7f\xff\xff\xff", b"\x80" * 8]))
    return content[:start] + piece + content[start + length :]


def inputs(seed: bytes) -> st.SearchStrategy[bytes]:
    """Return what to try on the parser of a file."""
    nonsense = st.lists(st.sampled_from(_ABSURD), max_size=60).map(b" ".join)
    texts = [] if b"\x00" in seed else [absurd_numbers(seed)] * 2
    return st.one_of(mutated(seed), mutated(seed), mutated(seed), *texts, st.binary(max_size=300), nonsense)
