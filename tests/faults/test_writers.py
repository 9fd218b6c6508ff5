"""A full disk and a forbidden folder at everything that writes files: one sentence, and nothing half-written."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.annotated_video import AnnotatedVideo
from core.atomic import write_text
from core.errors import OutputError
from core.exporters import EXPORTERS
from core.pairs import Pairs, save_pairs, write_index
from core.record import Record
from core.report import save_report
from core.sequence import PoseSequence, SequenceBuilder
from core.types import Refined
from models.baselines.raw import Raw
from models.card import save_card
from models.comparison import Comparison, write_markdown
from models.config import TrainConfig
from models.evaluation import evaluate_pairs, write_result
from models.inspection import draw_report
from models.pair_facts import facts_of
from models.pose_pool import save_pose_pool
from tests.faults.conftest import denied, full_disk

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Things:
    """What can be written."""

    packets: list[Refined]
    sequence: PoseSequence
    pairs: Pairs
    compared: dict


@pytest.fixture
def things(packets, pairs_of, tmp_path):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    pairs = pairs_of(8)
    save_pairs(tmp_path / "pairs.npz", pairs)
    compared = {"MediaPipe": evaluate_pairs([tmp_path / "pairs.npz"], Raw())}
    return Things(packets, builder.build({"source": "clip.mp4"}), pairs, compared)


def annotated_video(things, folder):
    video = AnnotatedVideo(folder / "a.mp4", 30.0)
    try:
        for packet in things.packets:
            video.add(packet)
        video.finish()
    finally:
        video.discard()


WRITERS = {
    **{
        name: lambda things, folder, e=exporter, n=name: e.save(things.sequence, folder / f"a.{n}")
        for name, exporter in EXPORTERS.items()
    },
    "annotated video": annotated_video,
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


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_said_and_leaves_the_old_file_alone(things, tmp_path, writer):
    folder = tmp_path / "out"
    folder.mkdir()
    WRITERS[writer](things, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with full_disk(), pytest.raises(OutputError, match="^Cannot write ") as caught:
        WRITERS[writer](things, folder)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("mode", [0o500, 0o000], ids=["read only", "closed"])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_forbidden_folder_is_said(things, public_folder, writer, mode):
    folder = public_folder / "out"
    folder.mkdir()
    with denied(folder, mode), pytest.raises(OutputError, match=r"^Cannot write .*[Pp]ermission denied"):
        WRITERS[writer](things, folder)
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
    # the video writer writes where it is told, and the silencer of MediaPipe into nothing; a download grows a part
    # beside its file and renames it; a report's pictures live in a temporary folder until they are in it
    told = {"core/atomic.py", "core/exporters/video.py", "core/detector.py"}
    assert set(past) <= told | {"models/data/aist/fetch.py", "models/inspection_worst.py"}, past
