"""A recording is a take: what is in it was seen, and is not looked at again."""

import shutil

import numpy as np
import pytest

from core.errors import DataError
from core.exporters import EXPORTERS, npz
from core.sequence.pose_sequence import SequenceBuilder
from core.take.detections import Completed, DetectionReader
from core.take.recordings import is_recording, kept_instrument, open_recording, refined_recording
from core.take.store import TakeStore
from core.take.take import Processing

SETTINGS = {"looks": "lite", "pose_models": {"lite": "ab" * 32}, "start_s": 0.0}


@pytest.fixture
def store(tmp_path):
    return TakeStore(tmp_path / "takes")


@pytest.fixture
def record(packets, tmp_path):
    """Write a recording of five frames, in the third of which nobody is seen."""

    def write(**changes):
        builder = SequenceBuilder()
        for packet in packets:
            builder.append(packet)
        meta = {"source": "dance.mp4", "fps": 10.0, "settings": SETTINGS | changes.pop("settings", {}), **changes}
        path = tmp_path / "results" / "dance.npz"
        EXPORTERS["npz"].save(builder.build(meta), path)
        return path

    return write


def test_without_its_video_it_is_a_take_of_its_own(record, store):
    path = record()
    opened = open_recording(path, store, Processing(quality="best"))
    assert opened.video is None
    assert opened.take.recording == str(path)
    assert opened.take.processing.looks == "lite"
    instrument = kept_instrument(opened.place.folder, ["lite"])
    assert instrument.models == {"lite": "ab" * 32}  # which bundle saw it is still known
    held = npz.load(path)
    seen = DetectionReader(instrument.path(opened.place.folder)).read()
    np.testing.assert_array_equal(seen.time_s, held.time_s)
    np.testing.assert_allclose(seen.landmarks_px, held.landmarks_px)
    assert Completed.load(instrument.path(opened.place.folder)).fps == 10.0
    assert kept_instrument(opened.place.folder, ["full"]) is None
    again = refined_recording(opened.place, opened.take)
    np.testing.assert_allclose(again.raw_m, held.raw_m, atol=1e-6)
    assert np.isnan(again.joints_m[2]).all()
    assert np.isfinite(again.joints_m[[0, 1, 3, 4]]).all()


@pytest.mark.parametrize("folder", ["results", "."])
def test_with_its_video_it_is_the_take_of_that_video(record, store, tmp_path, make_video, folder):
    path = record()
    video = tmp_path / folder / "dance.mp4"
    shutil.move(make_video(n=5), video)
    opened = open_recording(path, store, Processing())
    assert opened.video == video
    assert opened.take.recording == ""
    place, _ = store.find(video)
    assert place == opened.place
    assert kept_instrument(place.folder, ["lite"]) is not None


def test_what_was_recorded_of_a_camera_is_the_take_of_its_picture(packets, store, tmp_path, make_video):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    video = tmp_path / "recording-1.mp4"
    shutil.move(make_video(n=5), video)
    meta = {"source": "Camera 0", "quality": "automatic", "video": video.name, **SETTINGS}  # as a live loop says it
    EXPORTERS["npz"].save(builder.build(meta), video.with_suffix(".npz"))
    opened = open_recording(video.with_suffix(".npz"), store, Processing())
    assert opened.video == video
    assert opened.take.processing.looks == "lite"
    assert kept_instrument(opened.place.folder, ["lite"]).models == {"lite": "ab" * 32}


@pytest.mark.parametrize("settings", [{"end_s": 0.2}, {"person": "3,4@0"}, {"mirrored": True}, {"start_s": 0.1}])
def test_part_of_a_video_is_no_reason_not_to_look_at_the_rest(record, store, tmp_path, make_video, settings):
    path = record(settings=settings)
    shutil.move(make_video(n=5), tmp_path / "dance.mp4")
    opened = open_recording(path, store, Processing())
    assert opened.video is not None
    assert kept_instrument(opened.place.folder, ["lite"]) is None


def test_what_is_no_recording_is_said(store, tmp_path, record):
    other = tmp_path / "other.npz"
    np.savez(other, a=np.zeros(3))
    with pytest.raises(DataError, match=r"other\.npz"):
        open_recording(other, store, Processing())
    with pytest.raises(DataError, match="looks that this program does not know"):
        open_recording(record(settings={"looks": "telescope"}), store, Processing())
    assert store.all() == []
    assert is_recording(tmp_path / "A.NPZ")
    assert not is_recording(tmp_path / "npz")
