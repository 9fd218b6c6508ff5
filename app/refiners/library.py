"""The refiners that this machine has: the one that comes along, and those trained or brought in."""

import contextlib
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from app.refiners.runs import runs_folder
from core.errors import ModelError, OutputError
from core.refinement.card import ModelCard
from core.system.files.atomic import atomic_path
from core.system.files.program import DEFAULT_REFINER


@dataclass(frozen=True)
class Model:
    """A refiner and its card.

    Attributes:
        path: The .onnx file.
        card: What it is, where it comes from, how good it is.
    """

    path: Path
    card: ModelCard

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the program; such a one is never deleted."""
        return self.path == DEFAULT_REFINER

    @property
    def created(self) -> str:
        """The day it was made, "" when the card does not tell."""
        return str(self.card.table.get("model", {}).get("created", ""))

    @property
    def n_pairs(self) -> int:
        """Pairs it was trained on; 0 when the card does not tell."""
        return int(_number(self.card.table.get("training", {}).get("n_pairs")) or 0)

    @property
    def data(self) -> tuple[str, ...]:
        """Names of what it was trained on, each once."""
        sources = self.card.table.get("training", {}).get("data", [])
        return tuple(dict.fromkeys(str(source.get("name", "")) for source in sources if isinstance(source, dict)))

    @property
    def validation_mm(self) -> tuple[float, float]:
        """Depth error on its own validation pairs, raw and refined, millimetres; NaN when unknown."""
        table = self.card.table.get("metrics", {}).get("validation", {})
        raw, refined = _number(table.get("raw_depth_mm")), _number(table.get("depth_mm"))
        return math.nan if raw is None else raw, math.nan if refined is None else refined


def model_name(path: Path) -> str:
    """Return what a refiner's card calls it; the file's name when it has none."""
    try:
        return ModelCard.load(path.with_suffix(".toml")).name
    except ModelError:
        return path.stem


def imported_folder() -> Path:
    """Return where refiners brought in from elsewhere are kept."""
    return Path(platformdirs.user_data_dir("neural-depth-refinement")) / "models"


def list_models(extra: Path | None = None) -> list[Model]:
    """Return all refiners with a readable card: the shipped one first, then the newest.

    Args:
        extra: One more, as the user's settings name it, wherever it is.
    """
    found = [*runs_folder().glob("*/refiner.onnx"), *imported_folder().glob("*.onnx")]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    if extra is not None and extra not in found:
        found.append(extra)
    paths = dict.fromkeys([DEFAULT_REFINER, *found])
    models = []
    for path in paths:
        with contextlib.suppress(ModelError):
            if path.is_file():
                models.append(Model(path, ModelCard.load(path.with_suffix(".toml"))))
    return models


def import_model(path: Path) -> Model:
    """Copy a refiner and its card to where the program keeps them.

    Raises:
        ModelError: No card beside it, or the card is not one of a refiner.
        OutputError: It cannot be copied, or another one of this name is there.
    """
    ModelCard.load(path.with_suffix(".toml"))
    target = imported_folder() / path.name
    if os.path.exists(target):  # in a folder that may not be entered there is none; copying says so
        raise OutputError(f"There is a model {path.name} already; rename the file or remove the other one first.")
    for source, copy in ((path.with_suffix(".toml"), target.with_suffix(".toml")), (path, target)):
        with atomic_path(copy) as temporary:
            shutil.copyfile(source, temporary)
    return Model(target, ModelCard.load(target.with_suffix(".toml")))


def remove_model(model: Model) -> None:
    """Delete a refiner and its card; the checkpoints of its run stay.

    Raises:
        OutputError: It is the shipped one, or cannot be deleted.
    """
    if model.is_shipped:
        raise OutputError("The model that comes with the program cannot be removed.")
    try:
        model.path.unlink(missing_ok=True)
        model.path.with_suffix(".toml").unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{model.path} cannot be deleted: {error.strerror}.") from error


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
