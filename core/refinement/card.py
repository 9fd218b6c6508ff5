"""The card beside a refiner: what it is, what it was trained on, how well it does."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.files.documents import parse_toml

CONTRACTS = (1, 2)
"""Versions of the contract of `core.refinement.refiner`: one frame, or a window of them."""


@dataclass(frozen=True)
class ModelCard:
    """What is known about a refiner.

    Attributes:
        name: Shown in the status line.
        sha256: Of the .onnx file, 64 hex digits.
        pose_variant: The MediaPipe variant whose errors it learned: lite, full or heavy.
        running_mode: The MediaPipe mode whose errors it learned: video or image.
        table: The whole card as read, with training data, licences and metrics.
    """

    name: str
    sha256: str
    pose_variant: str
    running_mode: str
    table: dict[str, Any] = field(repr=False)

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
                pose_variant=str(model["pose_variant"]),
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
