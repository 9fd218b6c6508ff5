from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError, SettingsError
from core.exporters import npz
from core.sequence.pairs import load_pairs
from core.system.files.endings import require_ending


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("NAME", "NAME has no ending; a picture is called something that ends in .png or .html."),
        ("a.xyz", "a.xyz ends in .xyz; a picture is called something that ends in .png or .html."),
    ],
)
def test_a_name_that_does_not_say_what_it_is_to_be_is_refused(name, sentence):
    with pytest.raises(SettingsError) as caught:
        require_ending(Path(name), (".png", ".html"), "a picture")
    assert str(caught.value) == sentence


def test_capitals_do_not_matter_and_a_folder_is_no_file(tmp_path):
    require_ending(Path("A.PNG"), (".png",), "a picture")
    (tmp_path / "a.png").mkdir()
    with pytest.raises(SettingsError, match=r"a\.png is a folder; give the name of a file in it, ending in \.png\."):
        require_ending(tmp_path / "a.png", (".png",), "a picture")


@pytest.mark.parametrize("load", [npz.load, load_pairs])
def test_a_folder_and_another_kind_of_file_are_no_archive(tmp_path, load):
    with pytest.raises(DataError, match=r"is a folder, not a readable .*; give the \.npz file in it\."):
        load(tmp_path)
    (tmp_path / "a.mp4").write_bytes(bytes(100))
    with pytest.raises(DataError, match=r"a\.mp4 is not a readable .* \(it is no \.npz archive\)"):
        load(tmp_path / "a.mp4")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(DataError, match="other.npz"):
        load(tmp_path / "other.npz")


@pytest.mark.parametrize("name", ["NAME", "a.xyz"])
def test_inspect_refuses_such_a_name_before_it_reads(run, tmp_path, name):
    code, out, err = run("inspect", str(tmp_path / "pairs.npz"), "-o", name)
    assert code == 2
    assert "a picture or a report is called something that ends in .png or .html" in err
    assert "part" not in err
    assert not out
