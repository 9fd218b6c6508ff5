"""What a video does not say itself: slow motion, pictures in a folder, turned, mirrored, which person, a slow rate."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.detection.chosen_point import ChosenPoint
from core.detection.sideways import turn_to_upright_deg
from core.errors import SettingsError
from core.exporters import npz
from core.filters import FilterChoice
from core.process.inputs import video_paths
from core.process.job import Job
from core.process.processor import Processor
from core.process.result_settings import Record
from core.sequence.export_choices import ExportChoices
from core.sources.reading import Reading
from tests.core.scenes import squat_scene


@pytest.fixture
def job(tmp_path, tiny_refiner_path, known_detector):
    def make(**changes):
        made = Job(tmp_path / "out", formats=("npz", "trc", "bvh", "mot", "c3d"))
        return replace(made, settings=replace(made.settings, refiner=str(tiny_refiner_path), looks="full"), **changes)

    return make


def test_slow_motion_is_of_its_camera_in_every_header(job, make_video):
    result = Processor(job(reading=Reading(capture_hz=240.0))).process(make_video(n=48, fps=30))
    sequence = npz.load(result.files["npz"])
    assert sequence.meta["fps"] == 240.0
    assert sequence.meta["settings"]["capture_rate_hz"] == 240.0
    np.testing.assert_allclose(sequence.time_s, np.arange(48) / 240, atol=1e-9)
    assert result.files["trc"].read_text().splitlines()[2].startswith("240\t240\t48\t")
    assert f"Frame Time: {1 / 240:.8f}" in result.files["bvh"].read_text()
    rows = result.files["mot"].read_text().partition("endheader")[2].splitlines()[2:]
    assert float(rows[1].split("\t")[0]) == pytest.approx(1 / 240, abs=1e-6)
    record = Record.load(job().out_dir / "clip.settings.toml")
    assert record.settings["capture_rate_hz"] == 240.0


def test_slow_motion_is_drawn_as_it_plays(job, make_video):
    from core.sources import VideoFile

    fast = job(reading=Reading(capture_hz=240.0), formats=("npz", "mp4"))
    result = Processor(fast).process(make_video(n=30, fps=30))
    assert VideoFile(result.files["mp4"]).duration_s == pytest.approx(1.0, abs=0.05)


def test_a_folder_of_pictures_is_processed_like_a_video(job, tmp_path):
    folder = tmp_path / "walk"
    folder.mkdir()
    for i in range(12):
        cv2.imwrite(str(folder / f"{i}.png"), np.full((48, 64, 3), 20 * i, np.uint8))
    assert video_paths([str(folder)]) == [folder]
    result = Processor(job()).process(folder)
    assert len(npz.load(result.files["npz"])) == 12
    assert result.files["npz"].name == "walk.npz"
    assert "30 Hz is assumed; --capture-rate sets it" in " ".join(result.warnings)
    again = Processor(job()).process(folder)
    assert again.is_skipped
    cv2.imwrite(str(folder / "12.png"), np.zeros((48, 64, 3), np.uint8))
    assert len(npz.load(Processor(job(overwrite=True)).process(folder).files["npz"])) == 13


def test_who_is_meant_reaches_the_detector_and_the_settings(job, make_video, known_detector):
    chosen = job(person=ChosenPoint(40.0, 20.0))
    result = Processor(chosen).process(make_video(n=4))
    assert known_detector.asked_for == (40.0, 20.0)
    assert npz.load(result.files["npz"]).meta["settings"]["person"] == "40,20@0"
    with pytest.raises(SettingsError, match="is looked for in the first frame"):
        Processor(job(person=ChosenPoint(1.0, 1.0, 2.0), overwrite=True)).process(make_video(n=4))


def test_settings_for_single_files_know_these_too(job):
    table = {"capture_rate_hz": 120, "turn_deg": 90, "mirrored": True, "person": "3,4"}
    changed = job().changed_by(table)
    assert changed.reading == Reading(120.0, 90, is_mirrored=True)
    assert changed.reading.table() == {"capture_rate_hz": 120.0, "turn_deg": 90, "mirrored": True}
    assert changed.person == ChosenPoint(3.0, 4.0)
    for wrong in (
        {"turn_deg": 45},
        {"mirrored": "yes"},
        {"capture_rate_hz": 0},
        {"capture_rate_hz": True},
        {"person": 4},
    ):
        with pytest.raises(SettingsError):
            job().changed_by(wrong)


def test_a_filter_that_a_slow_video_leaves_out_is_said(job, make_video):
    butterworth = ExportChoices(filter=FilterChoice("butterworth"))
    result = Processor(job(choices=butterworth)).process(make_video(n=30, fps=10))
    assert "is left out: 10 frames a second show nothing as fast as 6 Hz; give cutoff_hz=4.4" in " ".join(
        result.warnings
    )
    assert "is left out" in result.files["mot"].read_text()
    quick = Processor(job(choices=butterworth, overwrite=True)).process(make_video(n=30, fps=25))
    assert not any("left out" in warning for warning in quick.warnings)


@pytest.mark.parametrize("rate_hz", [5.0, 8.0, 10.0, 12.0, 14.0, 25.0])
@pytest.mark.parametrize("name", ["butterworth", "butterworth-causal", "savitzky-golay"])
def test_what_is_said_of_a_filter_is_what_it_does(rate_hz, name):
    noise = np.random.default_rng(0).normal(size=(60, 3))
    choice = FilterChoice(name)
    is_left_out = np.array_equal(choice.smooth(np.arange(60) / rate_hz, noise), noise)
    assert bool(choice.left_out_at(rate_hz)) == is_left_out


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_a_picture_on_its_side_is_noticed(turn_deg):
    pixels = squat_scene(n=30).sequence.landmarks_px.astype(float)
    width, height = 1280.0, 720.0
    x, y = pixels[..., 0], pixels[..., 1]
    shown = {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}[turn_deg]
    assert turn_to_upright_deg(np.stack(shown, axis=-1)) == (-turn_deg) % 360


def test_who_turns_over_is_not_taken_for_a_turned_picture():
    pixels = squat_scene(n=30).sequence.landmarks_px.astype(float)
    pixels[15:] = 720.0 - pixels[15:]  # head down in half of the frames
    assert turn_to_upright_deg(pixels) == 0
    assert turn_to_upright_deg(np.full((3, 33, 2), np.nan)) == 0


def test_a_turned_picture_is_asked_about(job, make_video, known_detector, monkeypatch):
    monkeypatch.setattr("core.process.run.turn_to_upright_deg", lambda _pixels: 270)
    result = Processor(job()).process(make_video(n=4))
    assert (
        "Whoever is in clip.mp4 is on their side throughout: if the picture is turned, add --turn 270."
        in result.warnings
    )


@pytest.mark.parametrize("options", [["--capture-rate", "0"], ["--turn", "45"], ["--person", "here"]])
def test_impossible_readings_are_one_sentence(run, make_video, options):
    code, _, err = run("process", make_video(), *options)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
