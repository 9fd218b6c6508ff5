import os

import pytest

from core.errors import OutputError
from core.system.files.atomic import atomic_path, write_text


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "result.csv"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["result.csv"]


def test_folders_are_made_and_the_suffix_kept(tmp_path):
    target = tmp_path / "a" / "ünï code" / "clip.mp4"
    with atomic_path(target) as temporary:
        assert temporary.suffix == ".mp4"
        assert not target.exists()
        temporary.write_bytes(b"x")
    assert target.read_bytes() == b"x"


def test_a_file_where_a_folder_should_be_is_said_in_a_sentence(tmp_path):
    (tmp_path / "busy").write_text("")
    with pytest.raises(OutputError, match="Cannot write .*result.csv"):
        write_text(tmp_path / "busy" / "result.csv", "text")


def test_a_name_that_cannot_be_is_said_before_the_work(tmp_path):
    (tmp_path / "folder").mkdir()
    for target, sentence in (
        (tmp_path / "folder", "is a folder; give the name"),
        (tmp_path / ("x" * 300), "45 bytes too"),
    ):
        with pytest.raises(OutputError, match=sentence), atomic_path(target):
            pytest.fail("the work began")


@pytest.mark.parametrize("name", ["x" * 251 + ".csv", "caf\udce9.csv", ".csv", "a" * 20 + "." + "b" * 200])
def test_any_name_that_a_disk_takes_can_be_written(tmp_path, name):
    write_text(tmp_path / name, "text")
    assert os.listdir(tmp_path) == [name]
