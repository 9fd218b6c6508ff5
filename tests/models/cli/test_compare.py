import cv2
import pytest

from core.errors import SettingsError
from core.sequence.pairs import save_pairs
from models.cli.compare import compare_command
from models.cli.shown import shown_command

pytestmark = pytest.mark.render


def test_the_folder_holds_two_pictures_and_the_table(tmp_path, pair_folder, pairs_of, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    real = tmp_path / "real people"
    save_pairs(real / "a.npz", pairs_of(50, 9))
    out = tmp_path / "out"

    compare_command(pair_folder, real, out, "train", [], ("studio", "real"))

    for name in ("coverage.png", "realism.png"):
        image = cv2.imread(str(out / name))
        assert min(image.shape[:2]) > 400
        assert image.std() > 10
    text = (out / "realism.md").read_text()
    assert "| studio | 192 |" in text
    assert "`python main.py compare pairs 'real people' -o out --split train`" in text
    assert "192" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="two different"):
        compare_command(pair_folder, real, out, None, [], ("a", "a"))


def test_a_command_is_shown_as_it_can_be_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    options = {
        "--pairs": tmp_path / "my pairs",
        "--fit": tmp_path.parent / "other",
        "--motion": [tmp_path / "a", tmp_path / "b"],
        "--names": ("one", "two words"),
        "--split": None,
        "--quick": True,
    }
    assert shown_command("x", options) == (
        "x --pairs 'my pairs' --fit ~/other --motion a --motion b --names one 'two words' --quick"
    )
