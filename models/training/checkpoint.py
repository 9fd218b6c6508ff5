"""Checkpoints of training runs: read without unpickling code."""

import io
import pickle
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError

from core.errors import DataError
from models.network.refiner_network import TRANSFORMER, NetworkConfig, PoseAwareDepthRefiner

_PREFIX = "network."
TURNED = ".T"
"""Behind the name of a weight that a graph holds transposed."""
# What torch's restricted unpickler raises on damaged files; none of these runs code that the file brings.
_READ_ERRORS = (
    pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, KeyError, TypeError, ValueError, AttributeError,
    IndexError, OverflowError, MemoryError, AssertionError, ImportError, struct.error, zlib.error,
)  # fmt: skip


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Return a checkpoint of `models.training.trainer`: `state_dict` and, under `refiner`, config, provenance, history.

    Raises:
        DataError: Missing, damaged, or of something else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"The checkpoint {path} cannot be read ({error.strerror}); train first.") from error
    try:
        checkpoint: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        network = checkpoint["refiner"]["config"]["network"]
        NetworkConfig(**network)
        checkpoint["state_dict"].items()
    except _READ_ERRORS as error:
        raise DataError(f"{path} is not a checkpoint of the refiner ({type(error).__name__}); train again.") from error
    return checkpoint


def design_of(path: Path) -> tuple[NetworkConfig, bool]:
    """Return what the network in a checkpoint or an exported refiner is like, and whether it is handed.

    A handed one knows a variant of MediaPipe that errs on one side, and is not averaged with its mirror image.

    Raises:
        DataError: The file cannot be used.
    """
    if path.suffix != ".onnx":
        config = load_checkpoint(path)["refiner"]["config"]
        return NetworkConfig(**config["network"]), config["augment"]["mirror"] == 0
    model = _load_onnx(path)
    names = {i.name for i in model.graph.initializer}
    is_averaged = any(name.startswith(_PREFIX) for name in names)
    is_dense = not any(name.endswith(".joint_identity") for name in names)  # a token for each joint
    ages = next((prop.value for prop in model.metadata_props if prop.key == "ages_s"), "")
    try:
        ages_s = tuple(float(age) for age in ages.split())
    except ValueError as error:
        raise DataError(f"{path} is not an exported refiner ({error}); name another file.") from error
    return replace(NetworkConfig() if is_dense else TRANSFORMER, ages_s=ages_s), not is_averaged


def start_from(network: PoseAwareDepthRefiner, path: Path) -> None:
    """Copy the weights that a run starts from into its network, from a checkpoint or from an exported refiner.

    An exported refiner must be of one network of the same sizes; those that come along are.

    Raises:
        DataError: The file cannot be used, or holds a network of another shape.
    """
    if path.suffix != ".onnx":
        load_weights(network, load_checkpoint(path), path)
        return
    graph = _load_onnx(path).graph
    inside = (i for i in graph.initializer if i.data_location != onnx.TensorProto.EXTERNAL)
    try:
        found = dict(_named_weight(i) for i in inside)
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} is not an exported refiner ({type(error).__name__}); name another file.") from error
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    weights = {name: found[name] for name in shapes if name in found}
    if {name: value.shape for name, value in weights.items()} != shapes:
        raise DataError(f"{path} holds a network of another shape; name a refiner of one network of the same sizes.")
    network.load_state_dict(weights)


def _load_onnx(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(path, load_external_data=False)  # what other files a file names is not read
    except (OSError, DecodeError, ValueError, TypeError) as error:
        raise DataError(f"{path} is not an exported refiner ({type(error).__name__}); name another file.") from error


def _named_weight(initializer: onnx.TensorProto) -> tuple[str, torch.Tensor]:
    """Return a constant of a graph under the name it has in the network, whichever way it was exported."""
    value = torch.from_numpy(np.array(onnx.numpy_helper.to_array(initializer)))
    name = initializer.name.removeprefix(_PREFIX)  # of a network that is averaged with its mirror image
    return (name.removesuffix(TURNED), value.T.contiguous()) if name.endswith(TURNED) else (name, value)


def load_weights(network: PoseAwareDepthRefiner, checkpoint: dict[str, Any], path: Path) -> None:
    """Copy the weights of a checkpoint into a network.

    Raises:
        DataError: The network has another shape; `path` names the checkpoint.
    """
    weights = {
        name.removeprefix(_PREFIX): value
        for name, value in checkpoint["state_dict"].items()
        if name.startswith(_PREFIX)
    }
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError(f"{path} holds a network of another shape; use the sizes that it was trained with.") from error


def network_of(checkpoint: dict[str, Any], path: Path) -> PoseAwareDepthRefiner:
    """Make the network of a checkpoint, in evaluation mode."""
    network = PoseAwareDepthRefiner(NetworkConfig(**checkpoint["refiner"]["config"]["network"]))
    load_weights(network, checkpoint, path)
    return network.eval()
