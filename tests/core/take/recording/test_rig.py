"""Several cameras at once: made-up cameras and files in their place, the real encoder, the real reader of times."""

import time

import av
import numpy as np
import pytest

from core.errors import OutputError, SourceError
from core.pose.types import Frame
from core.sources import VideoFile
from core.take.recording.rig import CameraFeed, RigRecording, moments, next_take, write_timestamps
from models.data.multiview.matching import read_timestamps
from tests.core.conftest import make_video

__all__ = ["make_video"]


class FakeCamera:
    """Grey frames, some milliseconds apart, until it is closed."""

    is_live, n_frames, size_px = True, None, (64, 48)

    def __init__(self, name="fake", step_s=0.01, n=10_000, error=None):
        self.name, self.fps, self.warnings = name, 1 / step_s, []
        self._step_s, self._n, self._error, self.is_closed = step_s, n, error, False

    def frames(self):
        for index in range(self._n):
            if self.is_closed:
                return
            time.sleep(self._step_s)
            yield Frame(np.full((48, 64, 3), index % 250, np.uint8), index, index * self._step_s)
        if self._error:
            raise self._error

    def close(self):
        self.is_closed = True


@pytest.fixture
def feeds():
    made = []

    def make(*sources):
        made.extend(CameraFeed(lambda source=source: source) for source in sources)
        wait(lambda: all(feed.newest is not None or feed.error for feed in made))
        return list(made)

    yield make
    for feed in made:
        feed.close()


def wait(is_so):
    while not is_so():
        time.sleep(0.005)


def n_frames(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_two_cameras_have_videos_and_the_times_of_one_clock(tmp_path, feeds):
    both = feeds(FakeCamera("a", 0.01), FakeCamera("b", 0.017))
    recording = RigRecording(both, tmp_path / "session", "jump-01")
    tracks = [feed._track for feed in both]
    wait(lambda: min(len(track.times_s) for track in tracks) >= 12)
    filmed = recording.stop()
    assert [path.name for path in filmed.videos] == ["cam_1.mp4", "cam_2.mp4"]
    assert tuple(n_frames(path) for path in filmed.videos) == filmed.n_frames
    assert filmed.n_left_out == (0, 0)
    assert not list((tmp_path / "session").glob(".*"))
    timeline, own = read_timestamps(filmed.timestamps, ["cam_1", "cam_2"])  # what `convert multiview` does
    assert tuple(len(times) for times in own) == filmed.n_frames
    together = (timeline.rows >= 0).all(axis=0)
    assert together.sum() >= 0.8 * min(filmed.n_frames)
    assert np.array_equal(np.diff(own[0]) > 0, np.ones(filmed.n_frames[0] - 1, bool))


def test_one_camera_is_one_video_beside_the_others(tmp_path, feeds):
    recording = RigRecording(feeds(FakeCamera()), tmp_path, "walk-01")
    time.sleep(0.1)
    filmed = recording.stop()
    assert filmed.videos == (tmp_path / "walk-01.mp4",)
    assert filmed.timestamps is None
    assert n_frames(filmed.videos[0]) == filmed.n_frames[0] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["walk-01.mp4"]


def test_a_file_in_the_place_of_a_camera_gives_its_frames_as_one_would(feeds, make_video):
    started = time.monotonic()
    (feed,) = feeds(VideoFile(make_video(n=6, fps=20)))
    wait(lambda: feed.error)
    assert time.monotonic() - started >= 5 / 20  # never faster, however slow the machine
    assert feed.error == "clip.mp4 is at its end."
    assert feed.newest.index == 5


def test_a_camera_that_breaks_off_says_why(feeds):
    (feed,) = feeds(FakeCamera(n=3, error=SourceError("It was unplugged.")))
    wait(lambda: feed.error)
    assert feed.error == "It was unplugged."


def test_names_count_up_and_nothing_is_replaced(tmp_path, feeds):
    (tmp_path / "jump-01.mp4").write_bytes(b"somebody's")
    (tmp_path / "jump-02").mkdir()
    assert next_take(tmp_path, "jump") == "jump-03"
    with pytest.raises(OutputError, match="There is a take jump-01"):
        RigRecording(feeds(FakeCamera()), tmp_path, "jump-01")
    assert (tmp_path / "jump-01.mp4").read_bytes() == b"somebody's"


def test_no_frame_is_a_sentence_and_leaves_nothing(tmp_path, feeds):
    (feed,) = feeds(FakeCamera(n=1))
    wait(lambda: feed.error)
    with pytest.raises(OutputError, match="no frame came of fake"):
        RigRecording([feed], tmp_path, "jump-01").stop()
    assert list(tmp_path.iterdir()) == []


def test_a_camera_of_which_nothing_comes_costs_the_others_nothing(tmp_path, feeds):
    good, ended = feeds(FakeCamera("good"), FakeCamera("ended", n=1))
    wait(lambda: ended.error)
    recording = RigRecording([ended, good], tmp_path, "jump-01")
    track = good._track
    wait(lambda: len(track.times_s) > 5)
    filmed = recording.stop()
    assert filmed.silent == ("ended",)
    assert [path.name for path in filmed.videos] == ["cam_2.mp4"]
    assert n_frames(filmed.videos[0]) == filmed.n_frames[0] > 5
    _, own = read_timestamps(filmed.timestamps, ["cam_2"])
    assert len(own[0]) == filmed.n_frames[0]
    assert sorted(path.name for path in (tmp_path / "jump-01").iterdir()) == ["cam_2.mp4", "timestamps.csv"]


def test_every_frame_belongs_to_one_moment(tmp_path):
    a, b = np.arange(10) * 0.1, np.array([0.02, 0.11, 0.35, 0.41, 0.9])
    found = moments([a, b])
    assert sorted(frame for moment in found for camera, frame in moment if camera == 0) == list(range(10))
    assert sorted(frame for moment in found for camera, frame in moment if camera == 1) == list(range(5))
    assert [(0, 0), (1, 0)] in found
    assert [(0, 9), (1, 4)] in found
    assert all(len({camera for camera, _ in moment}) == len(moment) for moment in found)
    write_timestamps(tmp_path / "timestamps.csv", [a, b])
    timeline, _ = read_timestamps(tmp_path / "timestamps.csv", ["cam_1", "cam_2"])
    assert (timeline.rows >= 0).sum() == 15
