"""Inputs that fuzzing found to get past a parser, each kept from coming back; and what reads every text."""

import io
import zipfile

import pytest

from core.errors import NdrError
from core.system.files.documents import parse_json, parse_toml
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.fuzz
LONG, LONGER, DEEP = b"9" * 400, b"9" * 5000, b"[" * 3000
NESTED = b'{"a":' * 3000 + b"1" + b"}" * 3000


def _header_without_end(seed):
    """An array whose header says `(` where its bracket ends; the checksum is right."""
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b"}", b"(", 1))
    return stream.getvalue()


def _name_in_no_code(seed):
    """A member's name that is marked as UTF-8 and is none."""
    start = seed.rindex(b"PK\x01\x02")
    seed = seed[: start + 8] + b"\x00\x08" + seed[start + 10 :]
    return seed[: start + 46] + b"\xff" + seed[start + 47 :]


FOUND = [
    ("motion NPZ", _header_without_end),
    ("NPZ sequence", _header_without_end),
    ("pairs", _header_without_end),
    ("pose pool", _header_without_end),
    ("motion wheel", _name_in_no_code),
    ("BVH", lambda seed: seed.replace(b"HIERARCHY", b"HIERARCHY" + DEEP)),
    ("ASF", lambda seed: seed.replace(b"length", b"length " + b"0.3" * 1000, 1)),
    ("AMC", lambda seed: seed + b"\nroot " + DEEP),
    ("DeepMimic", lambda seed: seed.replace(b"0.9", LONG)),
    ("TOML calibration", lambda seed: seed.replace(b"60.0", LONG)),
    ("TOML calibration", lambda seed: seed.replace(b"60.0", LONGER)),
    ("TOML calibration", lambda seed: b"a = " + DEEP),
    ("AIST++ calibration", lambda seed: seed.replace(b"60.0", LONG)),
    ("AIST++ calibration", lambda seed: DEEP),
    ("intrinsics TOML", lambda seed: seed.replace(b"60.0", LONG)),
    ("intrinsics TOML", lambda seed: b"a = " + DEEP),
    ("intrinsics JSON", lambda seed: seed.replace(b"320", LONG)),
    ("JSON sequence", lambda seed: seed.replace(b'"time_s": 0.0', b'"time_s": ' + LONG)),
    ("JSON sequence", lambda seed: seed.replace(b"[64, 48]", b"[1e309, 48]")),
    ("JSON sequence", lambda seed: seed.replace(b'"frame_index": 1', b'"frame_index": NaN')),
    ("JSON sequence", lambda seed: NESTED),
    ("CSV sequence", lambda seed: seed.replace(b"\n1,", b"\ninf,")),
    ("settings", lambda seed: b"a = " + DEEP),
    ("marker set", lambda seed: b"left_knee = " + LONGER),
    ("options per file", lambda seed: b"a = " + DEEP),
    ("card", lambda seed: b"a = " + DEEP),
    ("training settings", lambda seed: b"a = " + DEEP),
    ("pair index", lambda seed: NESTED),
    ("OpenCV calibration", lambda seed: seed.replace(b'"1"', b"9" * 5000).replace(b"_1:", b"_" + b"9" * 5000 + b":")),
]


@pytest.mark.parametrize(("name", "change"), FOUND, ids=[f"{i} {name}" for i, (name, _) in enumerate(FOUND)])
def test_what_got_past_a_parser_once_does_no_more(name, change, tmp_path, bounded_memory):
    target = TARGETS[name]
    path = tmp_path / target.name
    path.write_bytes(change(target.seed))
    assert path.read_bytes() != target.seed
    with pytest.raises(NdrError) as caught:
        target.read(path)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("asks", [b"r\xff\xff\xff\x0f", b"p268435455\n"], ids=["binary", "text"])
def test_a_pickle_that_asks_for_a_table_of_gigabytes_is_refused_unread(asks, tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04}" + asks + b".")
    with pytest.raises(NdrError, match="more room than it is long"):
        TARGETS["AIST++ pickle"].read(tmp_path / "a.pkl")


@pytest.mark.parametrize("parse", [parse_json, lambda text: parse_toml(f"a = {text}")], ids=["JSON", "TOML"])
def test_no_document_brings_numbers_or_depths_beyond_reason(parse):
    for text in ("9" * 20, "9" * 5000, "-" + "9" * 20, "[" * 3000 + "]" * 3000, "["):
        with pytest.raises(ValueError):  # noqa: PT011 - each says it otherwise
            parse(text)
    assert parse_json("[123456789012345678, -5, 1.5]") == [123456789012345678, -5, 1.5]
    assert parse_toml("a = [-9223372036854775808, true]\n[b]\nc = 1e3") == {"a": [-(2**63), True], "b": {"c": 1e3}}
