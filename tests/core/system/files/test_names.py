"""Names and texts of files, wherever they go."""

import io
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from rich.console import Console
from rich.table import Table

from core.errors import SourceError
from core.sources import VideoFile, is_camera
from core.system.files.documents import parse_json, parse_toml
from core.system.files.names import (
    for_ffmpeg,
    for_menu,
    for_rich_text,
    for_terminal,
    longest_name,
    n_bytes,
    shortened,
    shown,
)
from tests.fuzz.names import N_NAMES, any_name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"dance.mp4", "dance.mp4"),
        ("Tänze 👩‍👩‍👧 १.mp4".encode(), "Tänze 👩‍👩‍👧 १.mp4"),
        (b"caf\xe9.mp4", "caf\\xe9.mp4"),
        (b"two\nlines\r.mp4", "two\\nlines\\r.mp4"),
        (b"\x1b[2Jgone.mp4", "\\x1b[2Jgone.mp4"),
        ("a\u202e4pm.exe".encode(), "a\\u202e4pm.exe"),
        (b"Dance [id] [bold red].mp4", "Dance [id] [bold red].mp4"),
        ("\U0001f3fb".encode(), "\\U0001f3fb"),
        ("\u0301".encode(), "\\u0301"),
        ("\U0001f44b\U0001f3fb e\u0301".encode(), "\U0001f44b\U0001f3fb e\u0301"),
    ],
)
def test_a_name_is_shown_on_one_line_without_anything_that_a_terminal_obeys(raw, expected):
    assert shown(os.fsdecode(raw)) == expected


@settings(max_examples=N_NAMES, deadline=None, database=None)
@given(any_name())
@example(b"[bold red]<b>&[/]")
@example("\U0001f3fb".encode())
@example("\u0301\u20dd".encode())
def test_any_name_can_be_printed_saved_and_shown_anywhere(raw):
    name = os.fsdecode(raw)
    text = shown(name)
    assert shown(text) == text
    assert text.encode("utf-8").decode("utf-8") == text
    assert not any(line for line in text.splitlines()[1:])
    assert "\x1b" not in text
    page = io.StringIO()
    table = Table()
    table.add_column(overflow="fold")
    table.add_row(for_terminal(name))
    console = Console(file=page, width=4000, force_terminal=True, color_system="truecolor")
    console.print(for_terminal(name), table)
    assert _seen(page.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")).count(_seen(text)) >= 2
    assert "<" not in for_rich_text(name)
    assert for_menu(name).replace("&&", "&") == text
    assert os.path.isabs(for_ffmpeg(Path(name)))
    for n in (0, 5, 40, 300):
        short = shortened(name, n)
        assert n_bytes(short) <= n
        assert name.startswith(short)


@pytest.mark.parametrize("raw", [b"12:30:00 take.mp4", b"caf\xe9.mp4", b"[bold red]x.mp4", b"a%03d?#.mp4", b"-f.mp4"])
def test_a_video_of_any_name_is_read_from_where_it_lies(raw, make_video, tmp_path, monkeypatch):
    video = make_video(n=3)
    os.rename(video, os.path.join(os.fsencode(tmp_path), raw))
    monkeypatch.chdir(tmp_path)
    assert len(list(VideoFile(Path(os.fsdecode(raw))).frames())) == 3


def test_a_day_is_a_folder_and_a_digit_a_camera(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "20240115").mkdir()
    (tmp_path / "0").mkdir()
    (tmp_path / "7").touch()
    assert [is_camera(text) for text in ("0", "1", "20240115", "20240116", "7")] == [True, True, False, True, False]
    with pytest.raises(SourceError, match="20240115 is a folder"):
        VideoFile(Path("20240115"))


def _seen(text):
    """What takes room on a terminal: rich may drop the rest at the end of a line."""
    return "".join(c for c in text if unicodedata.category(c)[0] in "LNPS")


def test_documents_may_begin_with_the_mark_of_some_editors():
    assert parse_toml("\ufeffa = 1") == {"a": 1}
    assert parse_json("\ufeff[1]") == [1]
    assert parse_json("\ufeff[1]".encode()) == [1]


def test_how_long_a_name_may_be_is_asked_of_the_disk(tmp_path):
    assert longest_name(tmp_path / "not" / "yet") == longest_name(tmp_path) > 100
