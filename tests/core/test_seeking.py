"""Going back and forth in real files, and a tracker that forgets."""

import numpy as np
import pytest

from core.detection.bundle import load_pose_model
from core.detection.detector import PoseDetector
from core.sources import VideoFile
from core.system.files.program import SAMPLE

pytestmark = pytest.mark.detect


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_every_place_of_a_file_is_found_exactly(make_video, codec, suffix):
    path = make_video(f"clip.{suffix}", n=20, fps=10, codec=codec)
    every = list(VideoFile(path).frames())
    source = VideoFile(path)
    for wanted in (19, 0, 7, 5, 6, 18):
        got = next(source.frames_from(every[wanted].time_s))
        assert got.index == wanted
        assert got.time_s == pytest.approx(every[wanted].time_s)
        assert abs(got.image[40, 50].astype(int) - every[wanted].image[40, 50]).max() <= 2
    assert next(source.frames_from(0.61)).index == 7
    assert next(source.frames_from(99.0)).index == 19


def test_the_frame_before_is_found_at_any_rate(make_video):
    times = [0.0, 0.1, 0.15, 0.4, 1.0]
    source = VideoFile(make_video(n=5, times_s=times))
    assert source.frame_times_s() == pytest.approx(times, abs=1e-4)
    assert [source.time_before(t) for t in times] == pytest.approx([0.0, 0.0, 0.1, 0.15, 0.4], abs=1e-4)


def test_a_tracker_after_reset_sees_what_a_new_one_sees():
    frames = list(VideoFile(SAMPLE, end_s=2.2).frames())
    before, after = frames[:8], frames[56:60]
    model = load_pose_model("full")
    with PoseDetector(model) as detector:
        fresh = [detector.detect(frame).landmarks_m for frame in after]
    with PoseDetector(model) as detector:
        for frame in before:
            detector.detect(frame)
        detector.reset()
        assert np.array_equal([detector.detect(frame).landmarks_m for frame in after], fresh)
