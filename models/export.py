"""A checkpoint becomes an ONNX file and its card; parity with torch is checked before anything is written."""

import logging
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import nn

from core.errors import DataError, ModelError
from core.pose.skeleton import N_JOINTS
from core.refinement.card import ModelCard
from core.refinement.onnx_session import CPU, create_session
from core.refinement.refiner import DepthRefiner
from core.system.files.atomic import atomic_path
from models.card import INPUTS, OUTPUTS, card_table, contract_of, metrics_table, save_card
from models.evaluation.measure import evaluate_pairs
from models.network.flip_ensemble import Averaged, FlipEnsemble
from models.network.refiner_network import NetworkConfig, count_parameters
from models.training.checkpoint import TURNED, load_checkpoint, network_of

OPSET = 20
PARITY_BATCHES = (1, 2, 7, 64)
PARITY_TOLERANCE = 1e-4  # metres for joints and sigma, length of a unit vector for the camera
_LATENCY_RUNS = 300
_OF_TRAINING = ("command", "n_pairs", "data", "started_from")  # of a card, what one that goes on from it repeats


@dataclass(frozen=True)
class ExportResult:
    """What was exported.

    Attributes:
        path: The ONNX file; its card lies beside it.
        n_parameters: Of the network.
        n_bytes: Of the ONNX file.
        parity: Largest difference between torch and ONNX Runtime over all outputs and batch sizes.
        latency_us: Median time of one frame on one CPU thread, microseconds.
    """

    path: Path
    n_parameters: int
    n_bytes: int
    parity: float
    latency_us: float


def to_onnx(network: nn.Module, metadata: dict[str, str], ages_s: tuple[float, ...] = ()) -> bytes:
    """Return a network that looks back at these ages as one self-contained ONNX file with a dynamic batch."""
    example = tuple(torch.from_numpy(array) for array in _random_inputs(3, 0, ages_s))
    batch = torch.export.Dim("N", min=1)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(torch|onnxscript|onnx_ir|copyreg)(\.|$)")
            program = torch.onnx.export(
                network.eval(),
                example,
                input_names=list(INPUTS),
                output_names=list(OUTPUTS),
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=tuple({0: batch} for _ in INPUTS),
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None  # noqa: S101 only export without dynamo returns nothing
    model = program.model_proto
    for node in model.graph.node:  # source lines of this machine and names of modules: no use to a reader
        del node.metadata_props[:]
        node.doc_string = ""
    name_weights(model.graph, network)
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def name_weights(graph: onnx.GraphProto, network: nn.Module) -> None:
    """Give every weight in a graph its own name again, so that training can go on from the file (`start_from`).

    The exporter turns a matrix that multiplies joints one by one, and calls it something else; such a one gets its
    name with `TURNED` behind it.
    """
    constants = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    renamed: dict[str, str] = {}
    for name, value in network.state_dict().items():
        weight = value.numpy()
        if name in constants or weight.ndim != 2:
            continue
        for number, constant in constants.items():
            if number not in renamed and np.array_equal(constant, weight.T):
                renamed[number] = name + TURNED
                break
    for initializer in graph.initializer:
        initializer.name = renamed.get(initializer.name, initializer.name)
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)


def check_parity(
    network: nn.Module,
    content: bytes,
    path: Path,
    ages_s: tuple[float, ...] = (),
    batch_sizes: Sequence[int] = PARITY_BATCHES,
) -> float:
    """Return the largest difference between torch and ONNX Runtime on random people.

    Raises:
        ModelError: It exceeds `PARITY_TOLERANCE`; `path` names the file that was to be written.
    """
    session = create_session(path, content, [CPU])
    worst = 0.0
    for n in batch_sizes:
        inputs = _random_inputs(n, n, ages_s)
        with torch.inference_mode():
            expected = network(*(torch.from_numpy(array) for array in inputs))
        found = session.run(list(OUTPUTS), dict(zip(INPUTS, inputs, strict=True)))
        for name, a, b in zip(OUTPUTS, expected, found, strict=True):
            difference = float(np.abs(a.numpy() - b).max()) if a.shape == b.shape else np.inf
            if not difference <= PARITY_TOLERANCE:  # NaN fails too
                raise ModelError(
                    f"{path} was not written: '{name}' of the ONNX model differs by {difference:.2g} from torch at "
                    f"batch size {n}; use the torch and onnxscript versions of pyproject.toml."
                )
            worst = max(worst, difference)
    return worst


def measure_latency_us(
    content: bytes, path: Path, ages_s: tuple[float, ...] = (), n_runs: int = _LATENCY_RUNS
) -> float:
    """Return the median time of one frame on one CPU thread, microseconds."""
    session = create_session(path, content, [CPU])
    feed = dict(zip(INPUTS, _random_inputs(1, 0, ages_s), strict=True))
    times = []
    for _ in range(n_runs):
        start_s = time.perf_counter()
        session.run(list(OUTPUTS), feed)
        times.append(time.perf_counter() - start_s)
    return float(np.median(times) * 1e6)


def export(
    checkpoint_path: Path,
    output: Path,
    *,
    others: Sequence[Path] = (),
    name: str = "",
    unstated_licence: str = "",
    measure_on: Mapping[str, Sequence[Path]] | None = None,
) -> ExportResult:
    """Write a checkpoint as `output` and its card beside it.

    A network that was trained with mirror images answers with the mean of the scene and its mirror image; one that
    was not (`train --handed`) knows a variant that errs on one side, and answers alone.

    Args:
        checkpoint_path: Of `models.training.trainer`; the card is about its run.
        output: The .onnx file; the card takes the ending .toml.
        others: More checkpoints, whose networks are averaged with the first one's.
        name: Shown in the status line; the file's stem by default.
        unstated_licence: What the card says of training data whose files do not state a licence.
        measure_on: Name → pair files that the exported refiner is measured on, for the card.

    Raises:
        DataError: A checkpoint or a pair file cannot be used, or the networks do not go together.
        ModelError: The output has another ending, or ONNX and torch disagree.
        OutputError: A file cannot be written.
    """
    if output.suffix != ".onnx":
        raise ModelError(f"A refiner is an .onnx file; name the output so, not {output.name}.")
    checkpoint = load_checkpoint(checkpoint_path)
    plain = network_of(checkpoint, checkpoint_path)
    ages_s, provenance = plain.config.ages_s, checkpoint["refiner"]["provenance"]
    networks, commands = [plain], [_command(checkpoint["refiner"]["config"])]
    for path in others:
        other = load_checkpoint(path)
        networks.append(network_of(other, path))
        commands.append(_command(other["refiner"]["config"]))
        kinds = [
            (c["refiner"]["provenance"]["pose_variant"], n.config.ages_s)
            for c, n in ((checkpoint, plain), (other, networks[-1]))
        ]
        if kinds[0] != kinds[1]:
            raise DataError(f"{path} cannot be averaged with {checkpoint_path}: other variant or past frames.")
    is_handed = checkpoint["refiner"]["config"]["augment"]["mirror"] == 0
    averaged = Averaged(networks) if others else plain
    network = averaged if is_handed else FlipEnsemble(averaged)
    content = to_onnx(
        network,
        {
            "ndr_contract": str(contract_of(ages_s)),
            "ages_s": " ".join(map(str, ages_s)),
            "pose_variant": provenance["pose_variant"],
            "running_mode": provenance["running_mode"],
        },
        ages_s,
    )
    parity = check_parity(network, content, output, ages_s)
    table = card_table(
        name=name or output.stem,
        onnx_content=content,
        n_parameters=count_parameters(network),
        checkpoint=checkpoint,
        ages_s=ages_s,
        command="; ".join(commands),
        unstated_licence=unstated_licence,
    )
    if started := _started_from(checkpoint["refiner"]["config"]["start_from"]):
        table["training"]["started_from"] = started
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    save_card(output.with_suffix(".toml"), table)
    if measure_on:
        refiner = DepthRefiner(output)
        for set_name, files in measure_on.items():
            table["metrics"][set_name] = metrics_table(evaluate_pairs(files, refiner))
        save_card(output.with_suffix(".toml"), table)
    return ExportResult(
        output, count_parameters(network), len(content), parity, measure_latency_us(content, output, ages_s)
    )


def _started_from(path_text: str) -> dict[str, Any]:
    """Return name, command and data of the refiner that a run went on from, and of what that one went on from.

    Nothing if it is no longer there.

    What a checkpoint went on from is in its command: it is no refiner that anybody was given.
    """
    path = Path(path_text)
    if path.suffix != ".onnx" or not path.with_suffix(".toml").is_file():
        return {}
    card = ModelCard.load(path.with_suffix(".toml"))
    training = card.table.get("training", {})
    return {"name": card.name, **{key: training[key] for key in _OF_TRAINING if key in training}}


def _command(config: dict[str, Any]) -> str:
    """Return the command line that repeats a run; files by name only, since folders are one machine's own."""
    words = ["train", *(f"--pairs {Path(path).name}" for path in config["pairs"])]
    words += [f"--{key.replace('_', '-')} {config[key]}" for key in ("epochs", "batch_size", "lr", "seed")]
    if config["fp16"]:
        words.append("--fp16")
    if config["poses"]:
        words.append(f"--poses {Path(config['poses']).name} --projected-share {config['film_share']}")
    network = config["network"]
    if network["backbone"] != NetworkConfig().backbone:
        words.append(f"--backbone {network['backbone']}")
    if not network["ages_s"]:
        words.append("--one-frame")
    words += [f"--blind-to {name}" for name in network["blind_to"]]
    words += [f"--teacher {'/'.join(Path(path).parts[-2:])}" for path in config["teachers"]]
    if config["teachers"]:
        words.append(f"--distillation-windows {config['n_lessons']}")
    if config["start_from"]:
        words.append(f"--start-from {'/'.join(Path(config['start_from']).parts[-2:])}")
    if config["augment"]["mirror"] == 0:
        words.append("--handed")
    if config.get("keep"):  # runs of before had no such setting
        words.append(f"--weight-interpolation {config['keep']}")
    return " ".join(words)


def _random_inputs(n: int, seed: int, ages_s: tuple[float, ...]) -> tuple[npt.NDArray[np.float32], ...]:
    """Return n random people in the contract's shapes: pose, visibility, pose_2d."""
    rng = np.random.default_rng(seed)
    leading = (n, 1 + len(ages_s)) if ages_s else (n,)
    pose = rng.normal(0, 0.4, (*leading, N_JOINTS, 3)).astype(np.float32)
    visibility = rng.uniform(0, 1, (*leading, N_JOINTS)).astype(np.float32)
    pose_2d = (pose[..., :2] * 300 + rng.normal(500, 30, (*leading, 1, 2))).astype(np.float32)
    return pose, visibility, pose_2d
