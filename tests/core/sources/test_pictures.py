"""Films that are no video files: folders of pictures, animated pictures; and pictures that are turned or mirrored."""

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import SettingsError, SourceError
from core.sources import ImageFolder, VideoFile, open_source, open_video
from core.sources.reading import Reading
from core.system.files.suffixes import images_in, is_video_name, name_filter, videos_in


@pytest.fixture
def make_folder(tmp_path):
    """Write grey pictures, each as bright as its place among the names."""

    def make(*names, folder="walk"):
        path = tmp_path / folder
        path.mkdir()
        for place, name in enumerate(names):
            image = np.full((30, 40, 3), 20 + 10 * place, np.uint8)
            image[:10, :10] = (0, 0, 255)  # red, as OpenCV has it
            (path / name).write_bytes(cv2.imencode(path.joinpath(name).suffix, image)[1].tobytes())
        return path

    return make


def test_numbered_pictures_are_a_film(make_folder):
    path = make_folder(*(f"walk {i}.png" for i in range(1, 12)))
    source = open_source(path)
    assert isinstance(source, ImageFolder)
    frames = list(source.frames())
    assert [int(f.image[-1, -1, 0]) for f in frames] == [20 + 10 * i for i in range(11)]  # 10 after 9, not after 1
    np.testing.assert_array_equal(frames[0].image[0, 0], [255, 0, 0])
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(11) / 30)
    assert source.warnings == ["Pictures in a folder say no rate: 30 Hz is assumed; --capture-rate sets it."]
    assert (source.n_frames, source.size_px, source.name) == (11, (40, 30), "walk")


def test_the_rate_of_pictures_can_be_said_and_missing_numbers_are_missing_frames(make_folder):
    path = make_folder("a_0010.jpg", "a_0020.jpg", "a_0050.jpg", "a_0060.jpg")
    source = open_video(path, reading=Reading(100.0))
    assert [f.time_s for f in source.frames()] == pytest.approx([0.0, 0.01, 0.04, 0.05])
    assert not source.warnings
    assert next(source.frames_from(0.02)).index == 2
    assert source.time_before(0.04) == pytest.approx(0.01)
    assert [f.index for f in open_video(path, reading=Reading(100.0), start_s=0.01, end_s=0.05).frames()] == [1, 2]


def test_numbers_that_count_days_are_no_frames(make_folder):
    path = make_folder("20240115.png", "20240203.png", "20250101.png")
    assert [f.time_s for f in open_video(path, reading=Reading(10.0)).frames()] == pytest.approx([0.0, 0.1, 0.2])


def test_a_picture_that_cannot_be_read_costs_itself(make_folder):
    path = make_folder(*(f"{i}.png" for i in range(5)))
    (path / "2.png").write_bytes(b"no picture")
    source = open_video(path, reading=Reading(25.0))
    assert [f.index for f in source.frames()] == [0, 1, 3, 4]
    assert source.warnings == ["walk is damaged: 1 of its pictures cannot be read (2.png)."]
    (path / "0.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"0.png is not a picture that can be read"):
        open_video(path)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match="is a folder without a video and without numbered pictures"):
        open_video(tmp_path)


def test_an_animated_gif_is_a_film_with_its_own_times(tmp_path):
    pictures = [Image.new("RGB", (40, 30), (20 + 30 * i, 0, 0)) for i in range(5)]
    path = tmp_path / "dance.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[100, 100, 300, 100, 100], loop=0)
    frames = list(VideoFile(path).frames())
    np.testing.assert_allclose([f.time_s for f in frames], [0.0, 0.1, 0.2, 0.5, 0.6], atol=1e-6)
    assert [int(f.image[5, 5, 0]) for f in frames] == pytest.approx([20 + 30 * i for i in range(5)], abs=2)
    assert is_video_name(path.name)


@pytest.mark.parametrize("kind", ["video", "folder"])
def test_pictures_can_be_mirrored_and_turned(make_video, make_folder, kind):
    path = make_video(n=2) if kind == "video" else make_folder("1.png", "2.png")
    plain = next(open_video(path).frames()).image
    for reading, expected in (
        (Reading(is_mirrored=True), plain[:, ::-1]),
        (Reading(turn_deg=90), np.rot90(plain, -1)),  # clockwise
        (Reading(turn_deg=180), plain[::-1, ::-1]),
        (Reading(turn_deg=270, is_mirrored=True), np.rot90(plain[:, ::-1], 1)),
    ):
        source = open_video(path, reading=reading)
        frame = next(source.frames())
        np.testing.assert_array_equal(frame.image, expected)
        assert frame.size_px == source.size_px
    with pytest.raises(SettingsError, match="cannot be turned by 45°"):
        Reading(turn_deg=45)


def test_names_of_videos_are_known_in_one_place(tmp_path):
    for name in ("a.mp4", "b.MOV", "c.Gif", "a_annotated.mp4", "A_RAW_AND_REFINED.MP4", "d.txt", "e.mkv"):
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    assert [path.name for path in videos_in(tmp_path)] == ["a.mp4", "b.MOV", "c.Gif", "e.mkv"]
    assert {"*.mp4", "*.MP4", "*.gif"} <= set(name_filter().split())
    assert images_in(tmp_path) == []
