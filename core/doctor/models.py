"""The doctor's look at models, the providers that run them, and what training needs."""

import base64
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.detection.bundle import VARIANTS, load_pose_model, pose_model_path
from core.doctor.checks import Check, State
from core.doctor.machine import version_of
from core.errors import ModelError
from core.refinement.onnx_session import CUDA, create_session
from core.refinement.refiner import DepthRefiner
from core.system.telemetry import load_mediapipe, reporting

_TRAINING = ("torch", "lightning", "onnx", "onnxscript", "anny", "moderngl")
_ANSWER_TIMEOUT_S = 60
_IDENTITY = base64.b64decode("CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBI=")
"""An ONNX model y = x, to see which provider truly loads."""


def pose_models() -> list[Check]:
    """The variants in the cache; one that is not there is fetched when it is first used."""
    found, checks = [], []
    for variant in VARIANTS:
        if not pose_model_path(variant).is_file():
            continue
        try:
            found.append(f"{variant} (sha256 {load_pose_model(variant).sha256[:12]}…)")
        except ModelError as error:
            checks.append(Check("pose model", State.MISSING, f"{variant} is damaged", str(error)))
    if found:
        checks.append(Check("pose model", State.OK, f"{', '.join(found)} in {pose_model_path('full').parent}"))
    elif not checks:
        checks.append(_model_to_fetch())
    return checks


def _model_to_fetch() -> Check:
    """Whether a model that is not there could be fetched and kept: both are tried, without fetching or keeping it."""
    folder = pose_model_path("full").parent
    place = next(path for path in (folder, *folder.parents) if os.path.isdir(path))
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        advice = "Allow writing there, or set XDG_CACHE_HOME to a folder that can be written."
        return Check("pose model", State.MISSING, f"none, and {place} cannot be written: {error.strerror}", advice)
    if not _index_answers():
        advice = "It is fetched with pip: connect once, or copy the cache of another machine."
        return Check("pose model", State.MISSING, "none, and the package index does not answer", advice)
    return Check("pose model", State.NOTE, "none in the cache yet", "It is fetched with pip when first needed.")


def _index_answers() -> bool:
    command = [sys.executable, "-m", "pip", "index", "versions", "mediapipe", "--retries", "0", "--timeout", "5"]
    try:
        return subprocess.run(command, capture_output=True, timeout=_ANSWER_TIMEOUT_S, check=False).returncode == 0  # noqa: S603 pip
    except (OSError, subprocess.TimeoutExpired):
        return False


def refiner(path: Path | None = None) -> list[Check]:
    """The refiner that comes along: whether it loads and gives finite numbers."""
    try:
        loaded = DepthRefiner() if path is None else DepthRefiner(path)
        is_sane = loaded.gives_numbers()
    except ModelError as error:
        return [
            Check(
                "refiner", State.MISSING, str(error), "Restore assets/refiner.onnx and .toml, or train and export one."
            )
        ]
    if not is_sane:
        return [Check("refiner", State.MISSING, f"{loaded.path.name} gives no numbers", "Export it again.")]
    card = loaded.card
    found = f"{card.name} for MediaPipe {card.pose_variant} in {card.running_mode} mode, sha256 {card.sha256[:12]}…"
    return [Check("refiner", State.OK, found)]


def providers() -> list[Check]:
    """The ONNX Runtime provider that a session really gets, and the graphics card."""
    session = create_session(Path("probe.onnx"), _IDENTITY)
    loaded = list(session.get_providers())
    package = "onnxruntime-gpu" if version_of("onnxruntime-gpu") else "onnxruntime"
    gpu = _nvidia_gpu()
    found = f"{package} {version_of(package)} runs on {', '.join(loaded)}; graphics card: {gpu or 'no NVIDIA card'}"
    if gpu and CUDA not in loaded:
        advice = "The card is not used: pip install -e .[cuda] (the refiner itself needs 0.2 ms on the CPU)."
        return [Check("ONNX Runtime", State.NOTE, found, advice)]
    return [Check("ONNX Runtime", State.OK, found)]


def reports_home() -> list[Check]:
    """Whether MediaPipe and ONNX Runtime are kept from reporting home, as a process started from here would see it."""
    load_mediapipe()
    seen = _answer("import json, os; print(json.dumps(dict(os.environ)))")
    try:
        loud = reporting(json.loads(seen))
    except ValueError:  # no answer
        loud = ["MediaPipe", "ONNX Runtime"]
    if loud:
        advice = f"Forbid this program the network, or do not use it: {' and '.join(loud)} may report home."
        return [Check("reports home", State.NOTE, f"not switched off: {', '.join(loud)}", advice)]
    return [Check("reports home", State.OK, "none: those of MediaPipe and ONNX Runtime are switched off")]


def training() -> list[Check]:
    """What `studio`, `train` and `export` need."""
    missing = [name for name in _TRAINING if importlib.util.find_spec(name) is None]
    if missing:
        advice = "Only for studio, train and export: pip install -e .[train]"
        return [Check("training", State.NOTE, f"missing: {', '.join(missing)}", advice)]
    versions = ", ".join(f"{name} {version_of(name)}" for name in _TRAINING)
    return [
        Check("training", State.OK, f"{versions}; torch computes on {_torch_device()}"),
        Check("studio", State.OK, f"draws with OpenGL on {_studio_renderer()}"),
    ]


def _nvidia_gpu() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    command = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=20)  # noqa: S603 NVIDIA's tool
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip().splitlines()[0] if run.returncode == 0 and run.stdout.strip() else ""


def _torch_device() -> str:
    # in a process of its own: core never imports torch, and its import can fail on a mismatched driver
    return _answer("import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else 'the CPU')")


def _studio_renderer() -> str:
    return _answer("import moderngl as m; print(m.create_standalone_context(backend='egl').info['GL_RENDERER'])")


def _answer(code: str) -> str:
    try:
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=_ANSWER_TIMEOUT_S)  # noqa: S603 Python
    except subprocess.TimeoutExpired:
        return "nothing (no answer)"
    return run.stdout.strip() or f"nothing ({(run.stderr.strip().splitlines() or ['no reason given'])[-1]})"
