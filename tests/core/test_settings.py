import dataclasses

import pytest
import tomli_w

from core.errors import SettingsError
from core.settings import Settings, load_settings


def test_round_trip_and_defaults(tmp_path):
    settings = Settings(variant="lite", learned_depth_refinement=False, refiner="/tmp/ä b.onnx")
    (tmp_path / "s.toml").write_text(tomli_w.dumps(dataclasses.asdict(settings)), encoding="utf-8")
    assert load_settings(tmp_path / "s.toml") == settings
    assert load_settings(tmp_path / "none.toml") == Settings()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("variant = ", "cannot be read"),
        ('variant = "huge"', "lite, full, heavy"),
        ('learned_depth_refinement = "yes"', "cannot be 'yes'"),
        ("colour = 1", "unknown name: colour"),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path, text, sentence):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=sentence) as caught:
        load_settings(path)
    assert "s.toml" in str(caught.value)
