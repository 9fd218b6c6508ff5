"""Files of a take: what was seen is what is exported, and nothing is looked at twice."""

import shutil

import numpy as np
import pytest

import core.take.command
from core.errors import DataError, SettingsError
from core.exporters import npz
from core.process.job import Job
from core.process.processor import Processor
from core.settings import Settings
from core.system.files.program import SAMPLE
from core.take.seen_before import OfTake, chosen_later
from core.take.store import TakeStore
from core.take.take import Processing, Subject, TakeCamera

pytestmark = pytest.mark.detect

LOOKS = "full,lite"


@pytest.fixture
def clip(tmp_path):
    """Half a second of the sample: MediaPipe takes a moment for each frame."""
    import av

    path = tmp_path / "clip.mp4"
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.pts * packet.time_base < 0.5:
                packet.stream = stream
                target.mux(packet)
    return path


@pytest.fixture
def place(clip, tmp_path):
    place, take = TakeStore(tmp_path / "takes").open(clip, Processing(looks=LOOKS))
    place.save(take)
    return place


def exported(clip, folder, of_take, **changes):
    wanted = Job(folder, ("npz",), Settings(looks=LOOKS), **changes)
    job = wanted if of_take is None else of_take.job(wanted)
    result = Processor(job, **({} if of_take is None else {"see": of_take})).process(clip)
    return npz.load(result.files["npz"])


def test_an_export_of_a_take_is_what_process_makes_and_looks_at_nothing_again(clip, place, tmp_path, monkeypatch):
    plain = exported(clip, tmp_path / "plain", None)
    first = exported(clip, tmp_path / "first", OfTake(place.folder))  # analysed on the way, and kept
    np.testing.assert_allclose(first.joints_m, plain.joints_m, atol=1e-6)
    np.testing.assert_array_equal(first.looks.landmarks_px, plain.looks.landmarks_px)
    assert first.meta["fps"] == plain.meta["fps"]

    def never(*_):
        raise AssertionError("it was looked at again")

    monkeypatch.setattr(core.take.command, "_seeing", never)
    monkeypatch.setattr("core.process.run.open_detector", never)
    again = exported(clip, tmp_path / "again", OfTake(place.folder), start_s=0.1, end_s=0.3)
    inside = (plain.time_s >= 0.1) & (plain.time_s < 0.3)
    np.testing.assert_array_equal(again.frame_index, plain.frame_index[inside])
    np.testing.assert_allclose(again.landmarks_px, plain.landmarks_px[inside], atol=1e-4)  # kept in single precision


def test_what_is_known_of_a_take_is_in_its_files(clip, place, tmp_path):
    take = place.load()
    for changed in (
        Subject("Ann", 1.5),
        TakeCamera(is_mirrored=True),
    ):
        name = "subject" if isinstance(changed, Subject) else "camera"
        take = type(take)(**{**vars(take), name: changed})
    place.save(take)
    of_take = OfTake(place.folder)
    job = of_take.job(Job(tmp_path, ("npz",)))
    assert (job.choices.height_m, job.reading.is_mirrored, job.settings.looks) == (1.5, True, LOOKS)
    mirrored = exported(clip, tmp_path / "mirrored", of_take)
    assert mirrored.meta["take"]["subject"] == {"name": "Ann", "height_m": 1.5}
    plain = exported(clip, tmp_path / "plain", None)
    # the left shoulder of a mirror image is the right one
    np.testing.assert_allclose(
        mirrored.landmarks_px[:, 11, 0], plain.image_size[0] - plain.landmarks_px[:, 12, 0], atol=1e-3
    )


def test_the_take_of_another_video_is_refused(clip, place, tmp_path):
    other = tmp_path / "other.mp4"
    shutil.copy(clip, other)
    with other.open("ab") as file:
        file.write(b"\0" * 8)
    with pytest.raises(DataError, match=r"is the take of another video than other\.mp4"):
        exported(other, tmp_path / "out", OfTake(place.folder))


def test_somebody_is_chosen_at_another_time_than_the_first(clip, tmp_path):
    plain = exported(clip, tmp_path / "plain", None)
    x_px, y_px = plain.landmarks_px[5].mean(axis=0)
    wanted = Job(tmp_path / "out", ("npz",), Settings(looks="lite")).changed_by({"person": f"{x_px},{y_px}@0.2"})
    result = Processor(wanted, see=chosen_later).process(clip)
    assert result.n_found == result.n_frames == len(plain)
    assert npz.load(result.files["npz"]).meta["settings"]["person"].endswith("@0.2")
    with pytest.raises(SettingsError, match="leave out what follows @"):
        Processor(wanted).process(clip.rename(clip.with_name("moved.mp4")))
