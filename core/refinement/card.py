"""The card beside a refiner: what it is, what it was trained on, how well it does."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.system.files.documents import parse_toml

CONTRACTS = (1, 2)
"""Versions of the contract of `core.refinement.refiner`: one frame, or a window of them."""


@dataclass(frozen=True)
class ModelCard:
    """What is known about a refiner.

    Attributes:
        name: Shown in the status line.
        sha256: Of the .onnx file, 64 hex digits.
        pose_variants: The MediaPipe variants whose errors it learned, of lite, full, heavy; in the file one or a list.
        running_mode: The MediaPipe mode whose errors it learned: video or image.
        table: The whole card as read, with training data, licences and metrics.
    """

    name: str
    sha256: str
    pose_variants: tuple[str, ...]
    running_mode: str
    table: dict[str, Any] = field(repr=False)

    @property
    def pose_variant(self) -> str:
        """Those variants in words."""
        return ", ".join(self.pose_variants)

    @classmethod
    def load(cls, path: Path) -> "ModelCard":
        """Read a TOML card.

        Raises:
            ModelError: Missing, not TOML, a key is absent, or another contract.
        """
        try:
            table = parse_toml(path.read_text(encoding="utf-8"))
            model = table["model"]
            card = cls(
                name=str(model["name"]),
                sha256=str(model["sha256"]),
                pose_variants=_words(model["pose_variant"]),
                running_mode=str(model["running_mode"]),
                table=table,
            )
            contract = model["contract"]
        except FileNotFoundError as error:
            raise ModelError(f"The model card {path} is missing; keep it beside the .onnx file.") from error
        except (OSError, ValueError) as error:
            raise ModelError(f"The model card {path} cannot be read ({error}); export the model again.") from error
        except (KeyError, TypeError) as error:
            raise ModelError(f"The model card {path} lacks {error}; export the model again.") from error
        if contract not in CONTRACTS:
            raise ModelError(
                f"The refiner of {path} follows contract {contract}, this program 1 and 2; export it anew."
            )
        return card


def _words(value: Any) -> tuple[str, ...]:
    """Return the words of a list, or the one that stands alone; KeyError where there is none."""
    words = tuple(str(word) for word in value) if isinstance(value, list) else (str(value),)
    if not words:
        raise KeyError("pose_variant")
    return words
