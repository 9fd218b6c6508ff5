"""Writes the card beside a refiner; `core.refinement.card` reads it."""

import datetime
import hashlib
import math
from pathlib import Path
from typing import Any

import tomli_w

from core.pose.skeleton import COCO_NAMES
from core.system.files.atomic import write_text

UNSTATED_LICENCES = ("not stated", "as the file's owner says")
INPUTS = {
    "pose": "(N, 17, 3) metres",
    "visibility": "(N, 17) 0..1",
    "pose_2d": "(N, 17, 2) pixels, any scale and origin",
}
"""Of a frame; windows have a K after the N, the present first."""
OUTPUTS = {
    "refined": "(N, 17, 3) metres, hip-centred",
    "camera": "(N, 3) unit vector from the pelvis to the camera, subject frame",
    "sigma": "(N, 17) standard deviation of the depth error, metres",
}


def contract_of(ages_s: tuple[float, ...]) -> int:
    """Return the version of the agreement on inputs and outputs that a network of these ages follows."""
    return 2 if ages_s else 1


def card_table(
    *,
    name: str,
    onnx_content: bytes,
    n_parameters: int,
    checkpoint: dict[str, Any],
    ages_s: tuple[float, ...],
    command: str,
    unstated_licence: str = "",
) -> dict[str, Any]:
    """Return the card of an exported checkpoint.

    Args:
        name: Shown in the status line.
        onnx_content: The exported file, whose sha256 the card vouches for.
        n_parameters: Of the network.
        checkpoint: Of `models.training.trainer`; its last history row becomes `[metrics.validation]`.
        ages_s: Of the past frames that it looks at, seconds.
        command: The command that trained it.
        unstated_licence: Said of training data whose files do not state a licence.
    """
    state = checkpoint["refiner"]
    provenance, history = state["provenance"], state["history"]
    return {
        "model": {
            "name": name,
            "contract": contract_of(ages_s),
            "sha256": hashlib.sha256(onnx_content).hexdigest(),
            "parameters": n_parameters,
            "pose_variant": provenance["pose_variant"],
            "running_mode": provenance["running_mode"],
            "created": datetime.datetime.now(datetime.UTC).date(),
        },
        "io": {
            "inputs": {k: v.replace("(N", f"(N, {1 + len(ages_s)}") if ages_s else v for k, v in INPUTS.items()},
            "ages_s": list(ages_s),
            "outputs": OUTPUTS,
            "joints": list(COCO_NAMES),
            "units": "metres",
            "frame": "view-ray: x right, y down, z away from the camera along the ray to the pelvis; origin mid-hip",
        },
        "training": {
            "command": command,
            "n_pairs": state["n_pairs"],
            "n_epochs": len(history),
            "data": [_source(dict(source), unstated_licence) for source in provenance["sources"]],
        },
        "metrics": {
            "validation": {
                key.removeprefix("val_"): round(value, 3)
                for key, value in (history[-1] if history else {}).items()
                if key.startswith("val_")
            }
        },
    }


def _source(source: dict[str, Any], unstated_licence: str) -> dict[str, Any]:
    if unstated_licence and source["licence"] in UNSTATED_LICENCES:
        source["licence"] = unstated_licence
    return source


def metrics_table(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a card keeps of a result of `evaluate_pairs`; what is not known is left out."""
    kept = {
        group: {key: round(value, 4) for key, value in result[group].items() if math.isfinite(value)}
        for group in ("raw", "refined", "viewpoint_raw", "viewpoint", "uncertainty")
    }
    return {"n_frames": result["n_frames"], **kept}


def save_card(path: Path, table: dict[str, Any]) -> None:
    """Write a card as TOML.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, tomli_w.dumps(table, multiline_strings=True))
