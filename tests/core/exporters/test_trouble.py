"""Every format on bad days: a disk that fills up, odd names, nobody in the picture, one frame, long recordings."""

import numpy as np
import pytest

from core.errors import OutputError
from core.exporters import EXPORTERS
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import ARRAY_NAMES, PoseSequence
from tests.core.scenes import squat_scene
from tests.faults.conftest import full_disk


@pytest.fixture(scope="module")
def sequence():
    return squat_scene(n=50, empty=[3, 20, 21]).sequence


@pytest.mark.disk
@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("share", [0.3, 0.97])
def test_a_disk_that_fills_up_on_the_way_leaves_the_old_file_and_one_sentence(name, share, sequence, tmp_path):
    path = tmp_path / f"a.{name}"
    EXPORTERS[name].save(sequence, path)
    before = path.read_bytes()
    limit = int(len(before) * share)
    with (
        pytest.raises(OutputError, match=r"Cannot write .*a\..*; choose another folder or free space"),
        full_disk(limit),
    ):
        EXPORTERS[name].save(sequence, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", EXPORTERS)
def test_any_name_and_a_new_folder_will_do(name, sequence, tmp_path):
    path = tmp_path / "Ordner mit Lücken" / "日本語 ß" / f"Ü 1 (kopie) %s.{name}"
    EXPORTERS[name].save(sequence, path)
    assert path.stat().st_size > 100


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("kind", ["nobody", "one frame", "one frame of nobody", "no frame"])
@pytest.mark.parametrize("travel", [False, True])
def test_hardly_anything_still_gives_a_file(name, kind, travel, tmp_path):
    empty = squat_scene(n=5, empty=range(5)).sequence
    chosen = {"nobody": slice(0, 5), "one frame of nobody": slice(0, 1), "no frame": slice(0, 0)}
    if kind == "one frame":
        sequence = squat_scene(n=1).sequence
    else:
        arrays = {field: getattr(empty, field)[chosen[kind]] for field in ARRAY_NAMES}
        sequence = PoseSequence(**arrays, image_size=empty.image_size, meta={})
    path = tmp_path / f"a.{name}"
    EXPORTERS[name].save(sequence, path, ExportChoices(travel=travel))
    assert path.stat().st_size > 50
    assert b"nan" not in path.read_bytes().lower() or name in ("npz", "parquet", "c3d", "glb")


@pytest.mark.disk
@pytest.mark.parametrize("name", ["trc", "c3d"])
def test_a_recording_of_10000_seconds_is_whole(name, tmp_path):
    short = squat_scene(n=40).sequence
    n = 22_500
    rows = np.arange(n) % 40
    arrays = {field: getattr(short, field)[rows] for field in ARRAY_NAMES}
    arrays |= {"time_s": np.arange(n) / 2.25, "frame_index": np.arange(n)}
    path = tmp_path / f"a.{name}"
    EXPORTERS[name].save(PoseSequence(**arrays, image_size=short.image_size, meta={"fps": 2.25}), path)
    if name == "c3d":
        assert path.stat().st_size > n * 34 * 16
    else:
        last = path.read_text("utf-8").rstrip("\n").rsplit("\n", 1)[1].split("\t")
        assert (last[0], float(last[1])) == ("22500", pytest.approx(9999.555556))
