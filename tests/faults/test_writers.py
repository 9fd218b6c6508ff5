"""A full disk and a forbidden folder at everything that writes files: one sentence, and nothing half-written."""

import contextlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from core.errors import NdrError, OutputError
from core.exporters import EXPORTERS
from core.exporters.pictures.encoder import VideoWriter
from core.sequence.pairs import save_pairs
from core.sequence.pose_sequence import SequenceBuilder
from core.system.files.program import ROOT
from models.baselines.raw import Raw
from models.evaluation.measure import evaluate_pairs
from models.training.checkpoint import load_checkpoint
from tests.conftest import write_tiny_refiner
from tests.faults.conftest import denied, full_disk
from tests.faults.writers import ELSEWHERE, WRITERS, Things
from tests.models.test_export import write_checkpoint

pytestmark = pytest.mark.disk


@pytest.fixture
def things(packets, pairs_of, tmp_path, public_folder):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    sequence, pairs = builder.build({"source": "clip.mp4"}), pairs_of(8)
    pair_file, recording, picture = public_folder / "pairs.npz", public_folder / "clip.npz", public_folder / "draft.mp4"
    save_pairs(pair_file, pairs)
    EXPORTERS["npz"].save(sequence, recording)
    with VideoWriter(picture, 30.0, is_live=True) as video:
        for packet in packets:
            video.add(packet.detection.frame.image, packet.detection.frame.time_s)
    compared = {"MediaPipe": evaluate_pairs([pair_file], Raw())}
    checkpoint = load_checkpoint(write_checkpoint(tmp_path / "a.ckpt", 0))
    model = write_tiny_refiner(public_folder)
    return Things(packets, sequence, pairs, pair_file, recording, picture, compared, model, checkpoint)


@contextlib.contextmanager
def writing_files() -> Iterator[set[str]]:
    """Collect the files of our code from which something is written atomically."""
    files = set()

    def note(target: Path) -> None:
        paths = (Path(frame.filename) for frame in inspect.stack(0))
        files.update(path.relative_to(ROOT).as_posix() for path in paths if path.is_relative_to(ROOT))

    with mock.patch("core.system.files.atomic._remove_abandoned", note):
        yield files


@contextlib.contextmanager
def quick_pictures() -> Iterator[None]:
    """Spare the drawing, a second each, where it does not matter what a picture shows."""

    def save(_, file, **__):
        file.write(bytes(1000)) if hasattr(file, "write") else Path(file).write_bytes(bytes(1000))

    with mock.patch("matplotlib.figure.Figure.savefig", save):
        yield


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.usefixtures("capsys")  # else what is printed would go into a file, on the full disk too
def test_a_full_disk_is_said_and_leaves_the_old_file_alone(things, tmp_path, writer):
    folder = tmp_path / "out"
    folder.mkdir()
    with writing_files() as files, quick_pictures():
        WRITERS[writer](things, folder)
    assert writer.partition(" ")[0] in files
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
    refused = pytest.raises(NdrError, match="[Pp]ermission denied")
    with quick_pictures(), denied(folder, mode), refused as caught:
        WRITERS[writer](things, folder)
    # what looks first at what is there already cannot even do that in a folder that is closed
    begins = "Cannot write " if mode or writer != "core/settings.py" else ""
    assert str(caught.value).startswith(begins)
    assert "\n" not in str(caught.value)
    assert list(folder.iterdir()) == []


def test_what_was_measured_is_printed_before_a_full_disk_refuses_it(things, tmp_path, capsys):
    with full_disk(), pytest.raises(OutputError):
        WRITERS["core/bench/run.py"](things, tmp_path)
    assert "All bars measured here are met." in capsys.readouterr().out


def test_every_writer_is_tried():
    """Who adds a writer adds a row."""
    through = re.compile(r"^ *from core\.system\.files\.atomic import", re.MULTILINE)
    files = {
        path.relative_to(ROOT).as_posix()
        for folder in ("app", "core", "models")
        for path in (ROOT / folder).rglob("*.py")
        if through.search(path.read_text(encoding="utf-8"))
    }
    rows = {name.partition(" ")[0] for name in WRITERS}
    assert files - rows == set(ELSEWHERE)


def test_nothing_writes_past_the_atomic_writer():
    by_hand = re.compile(r"\.write_bytes\(|\.write_text\(|open\([^)]*[\"'][wax]b?[\"']|savez|savefig\(|imwrite\(")
    through = re.compile(r"from core\.system\.files\.atomic import")
    assert by_hand.search('path.open("wb")')  # control
    past = [
        str(path.relative_to(ROOT))
        for folder in ("app", "core", "models")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if by_hand.search(text := path.read_text(encoding="utf-8")) and not through.search(text)
    ]
    # the video writer writes where it is told, and the silencer of MediaPipe into nothing; recordings and detections
    # grow by whole records; where an analysis went on is a note; a download grows a part beside its file and renames
    # it; what the translators' tool and Sports2D read lives in a temporary folder
    told = {
        "core/system/files/atomic.py",
        "core/exporters/pictures/encoder.py",
        "core/detection/detector.py",
        "core/system/files/append_only.py",
        "core/system/files/file_lock.py",
        "core/take/analysis.py",
    }
    told |= {"models/data/aist/fetch.py", "app/catalogue.py", "models/bench/sports2d.py"}
    assert set(past) <= told, past
