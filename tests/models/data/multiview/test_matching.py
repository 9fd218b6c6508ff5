from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError, SourceError
from models.data.multiview.matching import find_videos, in_step, match_videos, read_timestamps


def matched(cameras, *names):
    return {path.name: camera.name for camera, path in match_videos(cameras, [Path(n) for n in names])}


def test_a_video_belongs_to_the_camera_in_its_name(cameras):
    names = ("take2_CAM03.mp4", "take2_CAM00.mp4")  # case, zeros and order do not matter
    assert matched(cameras, *names) == {"take2_CAM03.mp4": "cam3", "take2_CAM00.mp4": "cam0"}


def test_cam1_is_not_cam10(cameras):
    from dataclasses import replace

    two = [replace(cameras[0], name="cam1"), replace(cameras[1], name="cam10")]
    assert matched(two, "cam10.mp4", "cam1.mp4") == {"cam10.mp4": "cam10", "cam1.mp4": "cam1"}


def test_without_names_the_order_counts_and_numbers_must_agree(cameras):
    assert matched(cameras, "a.mp4", "b.mp4", "c.mp4", "d.mp4")["c.mp4"] == "cam2"
    with pytest.raises(DataError, match="3 videos and 4 cameras"):
        matched(cameras, "a.mp4", "b.mp4", "c.mp4")


def test_videos_are_found_in_folders(tmp_path):
    for name in ("b.mp4", "a.MOV", "notes.txt"):
        (tmp_path / name).touch()
    assert [p.name for p in find_videos([tmp_path])] == ["a.MOV", "b.mp4"]
    with pytest.raises(SourceError, match="no video or folder"):
        find_videos([tmp_path / "gone"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no video in"):
        find_videos([tmp_path / "empty"])


def test_a_frame_more_is_cut_and_said_and_a_second_more_is_refused():
    times = [np.arange(n) / 30 for n in (100, 101, 100)]
    timeline = in_step(times, ["a", "b", "c"])
    assert timeline.rows.shape == (3, 100)
    assert timeline.fps == pytest.approx(30)
    assert "cut to the 100 frames" in timeline.note
    with pytest.raises(DataError, match=r"not in step .*b 130 frames"):
        in_step([times[0], np.arange(130) / 30], ["a", "b"])
    with pytest.raises(DataError, match="not in step"):
        in_step([times[0], np.arange(100) / 25], ["a", "b"])


def test_timestamps_put_frames_of_one_moment_together(tmp_path):
    path = tmp_path / "timestamps.csv"
    path.write_text(
        "sync_index,cam_id,frame_time\n7,1,10.00\n7,0,10.02\n8,0,10.2\n9,1,10.41\n9,0,10.4\n", encoding="utf-8"
    )
    timeline, own = read_timestamps(path, ["cam_0", "cam_1"])
    assert timeline.rows.tolist() == [[0, 1, 2], [0, -1, 1]]
    np.testing.assert_allclose(timeline.time_s, [0, 0.19, 0.395])
    assert [len(t) for t in own] == [3, 2]
    assert "20 ms apart; 16.7% of the pictures are missing" in timeline.note


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sync_index,cam_id\n1,0\n", "lacks one of the columns"),
        ("sync_index,cam_id,frame_time\n1,0,soon\n", "without numbers"),
        ("sync_index,cam_id,frame_time\n1,0,5.0\n2,0,4.0\n", "do not rise"),
        ("sync_index,cam_id,frame_time\n1,8,5.0\n", "lists no frames of cam_0"),
    ],
)
def test_damaged_timestamps_are_one_sentence(tmp_path, content, message):
    path = tmp_path / "timestamps.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_timestamps(path, ["cam_0"])
