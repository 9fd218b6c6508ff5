import math
import os
import tomllib

import pytest
import tomli_w

from app.refiners.library import Model, import_model, list_models, remove_model
from app.refiners.model_card import card_text
from app.refiners.models_dialog import ModelsDialog
from app.refiners.runs import runs_folder
from core.errors import ModelError, OutputError
from core.refinement.card import ModelCard
from core.system.files.program import DEFAULT_REFINER


@pytest.fixture
def trained(tiny_refiner_path):
    """A refiner as a training run leaves it, with a fuller card."""
    folder = runs_folder() / "20260101-120000"
    folder.mkdir(parents=True)
    table = tomllib.loads(tiny_refiner_path.with_suffix(".toml").read_text())
    table["model"] |= {"name": "mine <3", "parameters": 1234}
    data = [{"name": "studio", "licence": "CC0"}, {"name": "studio", "licence": "MIT"}]
    table["training"] = {"n_pairs": 500, "n_epochs": 7, "data": data}
    table["metrics"] = {
        "validation": {"depth_mm": 66.0, "raw_depth_mm": 82.5},
        "dance_test": {"raw": {"depth_mm": 90.0, "mpjpe_mm": 120.0}, "refined": {"depth_mm": 70.0, "mpjpe_mm": 100.0}},
    }
    (folder / "refiner.onnx").write_bytes(tiny_refiner_path.read_bytes())
    (folder / "refiner.toml").write_text(tomli_w.dumps(table))
    return folder / "refiner.onnx"


def test_the_card_shows_the_licences_of_what_it_started_from(trained):
    card = trained.with_suffix(".toml")
    table = tomllib.loads(card.read_text())
    older = {"name": "older", "data": [{"name": "walk", "licence": "ODbL"}]}
    old = {"name": "old", "data": [{"name": "dance", "licence": "CC BY 4.0"}], "started_from": older}
    table["training"]["started_from"] = old
    card.write_text(tomli_w.dumps(table))
    text = card_text(next(model for model in list_models() if model.path == trained))
    assert all(licence in text for licence in ("CC0", "MIT", "CC BY 4.0", "ODbL"))
    card.write_text(tomli_w.dumps(table | {"training": table["training"] | {"started_from": "odd"}}))
    assert "MIT" in card_text(next(model for model in list_models() if model.path == trained))


def test_the_shipped_model_is_first_and_says_what_it_is():
    model = list_models()[0]
    assert model.is_shipped
    assert model.n_pairs > 0
    raw, refined = model.validation_mm
    assert refined < raw


def test_trained_and_imported_models_are_listed_newest_first(trained, tiny_refiner_path):
    os.utime(trained, (1, 1))
    imported = import_model(tiny_refiner_path)
    assert [model.path for model in list_models()] == [DEFAULT_REFINER, imported.path, trained]
    assert [model.path for model in list_models(trained)].count(trained) == 1


def test_a_model_without_a_card_is_not_listed_and_not_imported(trained, tmp_path):
    trained.with_suffix(".toml").unlink()
    assert [model.path for model in list_models()] == [DEFAULT_REFINER]
    (tmp_path / "bare.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match="card"):
        import_model(tmp_path / "bare.onnx")


def test_a_second_import_of_the_same_name_replaces_nothing(tiny_refiner_path):
    import_model(tiny_refiner_path)
    with pytest.raises(OutputError, match="already"):
        import_model(tiny_refiner_path)


def test_models_are_removed_but_never_the_shipped_one(trained):
    model = next(model for model in list_models() if model.path == trained)
    remove_model(model)
    assert [model.path for model in list_models()] == [DEFAULT_REFINER]
    with pytest.raises(OutputError):
        remove_model(list_models()[0])
    assert DEFAULT_REFINER.is_file()


def test_what_a_card_does_not_say_is_unknown(tiny_refiner_path):
    model = Model(tiny_refiner_path, ModelCard.load(tiny_refiner_path.with_suffix(".toml")))
    assert (model.created, model.n_pairs, model.data) == ("", 0, ())
    assert all(map(math.isnan, model.validation_mm))
    assert "tiny" in card_text(model)


def test_the_card_in_words(trained):
    text = card_text(Model(trained, ModelCard.load(trained.with_suffix(".toml"))))
    assert "mine &lt;3" in text
    assert "1,234 parameters" in text
    assert "CC0" in text
    assert "MIT" in text
    assert "depth 82.5 → 66.0 mm" in text
    assert "dance test" in text
    assert "MPJPE 120.0 → 100.0 mm" in text


def test_a_long_card_scrolls_instead_of_growing_past_the_screen(qtbot):
    dialog = ModelsDialog(DEFAULT_REFINER)
    qtbot.addWidget(dialog)
    dialog.show()
    assert "sha256" in dialog.card.text()
    assert dialog.height() <= 680  # a screen of 720 lines less its bars


def test_the_dialog_switches_models_and_protects_the_one_in_use(qtbot, trained, monkeypatch):
    dialog = ModelsDialog(DEFAULT_REFINER)
    qtbot.addWidget(dialog)
    assert dialog.selected.is_shipped
    assert not dialog.use_button.isEnabled()
    assert not dialog.remove_button.isEnabled()
    dialog.table.setCurrentItem(dialog.table.rows[1])
    assert "mine" in dialog.card.text()
    assert dialog.remove_button.isEnabled()
    with qtbot.waitSignal(dialog.model_chosen) as chosen:
        dialog.use_button.click()
    assert chosen.args[0] == trained
    assert dialog.selected.path == trained
    assert "in use" in dialog.table.rows[1].text(0)
    assert not dialog.remove_button.isEnabled()
    dialog.table.setCurrentItem(dialog.table.rows[0])
    dialog.use_button.click()
    dialog.table.setCurrentItem(dialog.table.rows[1])
    answer = "app.refiners.models_dialog.QMessageBox.question"
    monkeypatch.setattr(answer, lambda *_: 0)
    dialog.remove_button.click()
    assert trained.is_file()
    from PySide6.QtWidgets import QMessageBox

    monkeypatch.setattr(answer, lambda *_: QMessageBox.StandardButton.Yes)
    dialog.remove_button.click()
    assert not trained.is_file()
    assert len(dialog.table.rows) == 1
