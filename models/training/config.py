"""The one saved configuration of a training run, as TOML in its folder."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from core.errors import SettingsError
from core.system.files.atomic import write_text
from core.system.files.documents import parse_toml
from models.network.refiner_network import NetworkConfig
from models.training.augmentation import AugmentConfig
from models.training.checkpoint import design_of
from models.training.losses import LossWeights
from models.training.projection import ProjectionConfig

CONFIG_NAME = "config.toml"
_Section = TypeVar("_Section")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a run learns.

    Attributes:
        pairs: Pair files or folders; training takes the split `train` of folders with an index, validation `val`.
        epochs: Passes over the training pairs.
        batch_size: Frames a step and process.
        lr: Peak learning rate: linear warm-up over 3 % of the steps, then a cosine to zero.
        weight_decay: Of AdamW.
        seed: Of the weights, the shuffling and the augmentation.
        fp16: Mixed precision: float16 on CUDA, bfloat16 on the CPU, where it is slower (900 against 2,300 frames/s
            on one thread of an EPYC with AVX512-BF16): the network is too small for it there.
        start_from: Checkpoint, or exported refiner of one network, whose weights to start from; empty for random ones.
        keep: Share of the weights it starts from that stays (`models.training.weight_interpolation`).
        poses: Pose pool (NPZ) for the projection teacher; empty for none.
        film_share: Share of projected poses in a step, on top of `batch_size` pairs.
        teachers: Checkpoints whose average is to be learned (`distillation`), instead of the pairs themselves.
        n_lessons: Windows that the teachers answer; an epoch is one pass over them.
        network: Sizes.
        loss: Weights of the parts of the loss.
        augment: How training frames are changed at random.
        film: Cameras of the projection teacher.
    """

    pairs: tuple[str, ...]
    epochs: int = 50
    batch_size: int = 64
    lr: float = 1e-3
    weight_decay: float = 0.01
    seed: int = 0
    fp16: bool = False
    start_from: str = ""
    keep: float = 0.0
    poses: str = ""
    film_share: float = 0.5
    teachers: tuple[str, ...] = ()
    n_lessons: int = 300_000
    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossWeights = field(default_factory=LossWeights)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    film: ProjectionConfig = field(default_factory=ProjectionConfig)

    def __post_init__(self) -> None:
        if not self.pairs:
            raise SettingsError("No pairs to train on are named; give --pairs FILE_OR_FOLDER.")
        for name, low in (("epochs", 1), ("batch_size", 1), ("n_lessons", 1), ("lr", 1e-9)):
            if not getattr(self, name) >= low:
                raise SettingsError(f"A training run cannot have {name} {getattr(self, name)}; give {low} or more.")
        if not 0.0 <= self.keep < 1.0:
            raise SettingsError(f"A training run cannot have keep {self.keep}; give 0 or more, below 1.")
        if self.keep and not self.start_from:
            raise SettingsError("Random weights are not worth keeping; name what to start from with --start-from.")
        if not 0.0 <= self.film_share < 1.0:
            raise SettingsError(f"A training run cannot have film_share {self.film_share}; give 0 or more, below 1.")

    def save(self, folder: Path) -> None:
        """Write `config.toml` into a run folder.

        Raises:
            OutputError: The folder cannot be written.
        """
        write_text(folder / CONFIG_NAME, tomli_w.dumps(dataclasses.asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> "TrainConfig":
        """Read the `config.toml` of a run folder.

        Raises:
            SettingsError: Missing, not TOML, or with keys or values that make no sense.
        """
        path = folder / CONFIG_NAME
        try:
            table = parse_toml(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path} is not the settings of a training run ({error}); start a new run.") from error
        is_of_start = "network" not in table and bool(table.get("start_from"))
        try:
            sections = {
                "network": _section(NetworkConfig, table.pop("network", {})),
                "loss": _section(LossWeights, table.pop("loss", {})),
                "augment": _section(AugmentConfig, table.pop("augment", {})),
                "film": _section(ProjectionConfig, table.pop("film", {})),
            }
            if is_of_start:  # a network of another shape could not start from those weights
                sections |= design_started_from(Path(table["start_from"]))
            return _section(cls, {**table, **sections})
        except (TypeError, AttributeError) as error:
            raise SettingsError(f"{path}: {error}; correct it or start a new run.") from error


def design_started_from(path: Path) -> dict[str, Any]:
    """Return `network` and `augment` of what a run starts from: what it goes on with, unless others are named.

    Raises:
        DataError: The file cannot be used.
    """
    network, is_handed = design_of(path)
    return {"network": network, "augment": AugmentConfig(mirror=0.0) if is_handed else AugmentConfig()}


def _section(kind: type[_Section], table: dict[str, Any]) -> _Section:
    """Make a dataclass from a TOML table, lists as tuples."""
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})
