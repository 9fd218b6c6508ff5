import dataclasses
import tomllib
from dataclasses import replace

import av
import numpy as np
import pytest

from core.errors import DataError, OutputError, SourceError
from core.exporters import EXPORTERS
from core.exporters.pictures.annotated_video import VIDEOS
from core.filters import FilterChoice
from core.pose.metrics import bone_lengths
from core.pose.skeleton import LEFT_HIP, RIGHT_HIP
from core.process.job import ENDINGS, Job
from core.process.processor import Processor
from core.sequence.export_choices import ExportChoices
from core.sequence.pairs import Pairs, save_pairs
from core.settings import Settings

ALL = tuple(ENDINGS)


@pytest.fixture
def job(tmp_path, tiny_refiner_path, known_detector):
    def make(**options):
        settings = Settings(refiner=str(tiny_refiner_path), **options.pop("settings", {}))
        return Job(**{"out_dir": tmp_path / "out", "formats": ("npz",), "settings": settings} | options)

    return make


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_video_becomes_all_its_files(job, make_video, standing_ray):
    job = job(formats=ALL)
    seen = []
    result = Processor(job).process(make_video(n=25), seen.append)
    assert names(job.out_dir) == sorted(["clip.settings.toml", *(f"clip{ending}" for ending in ENDINGS.values())])
    assert (result.n_frames, result.n_found, result.is_partial, result.is_skipped) == (25, 25, False, False)
    looked, drawn = ([(p.done, p.total, p.item) for p in seen if p.phase == phase] for phase in ("", "drawing"))
    assert looked == drawn == [(i + 1, 25, "clip.mp4") for i in range(25)]
    sequence = EXPORTERS["npz"].load(job.out_dir / "clip.npz")
    np.testing.assert_array_equal(sequence.frame_index, np.arange(25))
    np.testing.assert_allclose(sequence.joints_m[0], sequence.raw_m[0] * [1, 1, 0.5], atol=2e-3)
    np.testing.assert_allclose(sequence.raw_m[0], standing_ray, atol=1e-6)
    assert sequence.meta["settings"]["refiners"]["full"]["name"] == "tiny"
    assert sequence.meta["settings"]["pose_models"] == {"full": "0" * 64, "heavy": "0" * 64}
    assert sequence.meta["settings"]["looks"] == "heavy,heavy-mirrored,full,full-mirrored"
    assert not sequence.meta["partial"]


@pytest.mark.parametrize("formats", [("npz",), ("npz", "mp4")], ids=["alone", "with pictures"])
def test_joints_are_refined_once_the_whole_video_is_known(job, make_video, formats):
    job = job(formats=formats)
    Processor(job).process(make_video(n=25))
    sequence = EXPORTERS["npz"].load(job.out_dir / "clip.npz")
    expected = (sequence.raw_m * [1, 1, 0.5]).mean(axis=0)  # the person breathes, the bones do not
    np.testing.assert_allclose(sequence.joints_m.mean(axis=0), expected, atol=0.01)
    np.testing.assert_allclose(sequence.uncertainty_m, 0.05, atol=1e-6)
    assert (
        np.ptp(bone_lengths(sequence.joints_m), axis=0).max()
        < 2e-3
        < np.ptp(bone_lengths(sequence.raw_m), axis=0).min()
    )
    assert sequence.meta["swapped_frames"] == 0


def test_the_annotated_video_has_every_frame_at_its_time_from_the_start_of_the_range(job, make_video):
    times = [0.0, 0.1, 0.15, 0.9, 1.0, 1.3, 1.4]
    job = job(formats=("mp4",), start_s=0.12)
    Processor(job).process(make_video(size=(65, 47), codec="libx264", pix_fmt="yuv444p", times_s=times))
    with av.open(str(job.out_dir / "clip_annotated.mp4")) as container:
        frames = list(container.decode(video=0))
    np.testing.assert_allclose([f.time for f in frames], np.array(times[2:]) - 0.15, atol=1e-3)
    assert (frames[0].width, frames[0].height) == (66, 48)


def test_refinement_can_be_off(job, make_video):
    job = job(settings={"learned_depth_refinement": False})
    Processor(job).process(make_video(n=3))
    sequence = EXPORTERS["npz"].load(job.out_dir / "clip.npz")
    np.testing.assert_array_equal(sequence.joints_m, sequence.raw_m)
    assert "refiners" not in sequence.meta["settings"]


def test_finished_work_is_skipped_and_anything_else_is_done(job, make_video):
    video = make_video(n=4)
    first = Processor(job()).process(video)
    assert not first.is_skipped
    again = Processor(job()).process(video)
    assert again.is_skipped
    assert (again.n_frames, again.n_found) == (first.n_frames, first.n_found)
    np.testing.assert_allclose(dataclasses.astuple(again.refined), dataclasses.astuple(first.refined), atol=1e-6)
    assert not Processor(job(overwrite=True)).process(video).is_skipped
    assert not Processor(job(formats=("npz", "csv"))).process(video).is_skipped
    assert not Processor(job(settings={"learned_depth_refinement": False})).process(video).is_skipped
    assert not Processor(job()).process(video).is_skipped
    (job().out_dir / "clip.npz").unlink()
    assert not Processor(job()).process(video).is_skipped
    (job().out_dir / "clip.npz").write_bytes(b"damaged")
    assert not Processor(job()).process(video).is_skipped
    assert len(EXPORTERS["npz"].load(job().out_dir / "clip.npz")) == 4


def test_results_of_another_video_are_not_overwritten_unasked(job, make_video):
    Processor(job()).process(make_video(n=4))
    other = make_video("elsewhere/clip.mp4", n=5)
    with pytest.raises(OutputError, match="result of another video named clip"):
        Processor(job()).process(other)
    assert len(EXPORTERS["npz"].load(job().out_dir / "clip.npz")) == 4
    Processor(job(overwrite=True)).process(other)
    assert len(EXPORTERS["npz"].load(job().out_dir / "clip.npz")) == 5


@pytest.mark.parametrize(("how", "n_kept"), [("stop", 8), ("keyboard", 7)])  # asked to stop, what is detected is kept
def test_an_interrupted_run_leaves_a_valid_partial_result_that_the_next_run_completes(job, make_video, how, n_kept):
    job, video = job(formats=("npz", "csv", "json", "mp4")), make_video(n=40)
    n_done = 0

    def progress(progress):
        nonlocal n_done
        n_done = progress.done
        if how == "keyboard" and n_done == 7:
            raise KeyboardInterrupt

    result = Processor(job, stop=lambda: how == "stop" and n_done >= 7).process(video, progress)
    assert result.is_partial
    assert result.n_frames == n_kept
    kept = [f"clip.partial.{name}" for name in ("csv", "json", "npz", "settings.toml")]
    assert names(job.out_dir) == kept
    for name in ("npz", "csv", "json"):
        assert len(EXPORTERS[name].load(job.out_dir / f"clip.partial.{name}")) == n_kept
    assert EXPORTERS["npz"].load(job.out_dir / "clip.partial.npz").meta["partial"] is True
    assert tomllib.loads((job.out_dir / "clip.partial.settings.toml").read_text())["result"]["complete"] is False
    again = Processor(job).process(video)
    assert (again.is_skipped, again.is_partial, again.n_frames) == (False, False, 40)
    assert len(EXPORTERS["npz"].load(job.out_dir / "clip.npz")) == 40
    assert names(job.out_dir) == ["clip.csv", "clip.json", "clip.npz", "clip.settings.toml", "clip_annotated.mp4"]


def test_other_formats_are_made_from_the_archive_without_looking_at_the_video_again(job, make_video, known_detector):
    video = make_video(n=6)
    Processor(job()).process(video)
    known_detector.detect = None  # looking again would fail
    again = Processor(job(formats=("npz", "trc", "png"))).process(video)
    assert again.is_exported_again
    assert (again.n_frames, again.n_found) == (6, 6)
    assert {"clip.trc", "clip.npz", "clip_report.png"} <= set(names(job().out_dir))
    assert Processor(job(formats=("npz", "trc", "png"))).process(video).is_skipped
    choices = ExportChoices(filter=FilterChoice("butterworth"), height_m=1.8)
    again = Processor(job(formats=("trc",), choices=choices)).process(video)
    assert again.is_exported_again
    record = tomllib.loads((job().out_dir / "clip.settings.toml").read_text("utf-8"))
    made = record["result"]["export"]
    assert (made["trc"]["filter"], made["trc"]["height_m"]) == ("butterworth:cutoff_hz=6,order=4", 1.8)
    assert "height_m" not in made["npz"]
    assert record["result"]["files"] == ["clip.npz", "clip.trc", "clip_report.png"]


def test_what_is_drawn_is_what_the_files_hold(job, make_video, monkeypatch):
    drawn = []

    def draw(packet):
        drawn.append(packet)
        return packet.detection.frame.image

    monkeypatch.setitem(VIDEOS, "mp4", replace(VIDEOS["mp4"], draw=draw))
    Processor(job(formats=("npz", "mp4"), start_s=0.3)).process(make_video(n=12))
    sequence = EXPORTERS["npz"].load(job().out_dir / "clip.npz")
    assert [packet.detection.frame.index for packet in drawn] == sequence.frame_index.tolist() == list(range(3, 12))
    for row, packet in enumerate(drawn):
        np.testing.assert_array_equal(packet.joints_m, sequence.joints_m[row])
        np.testing.assert_array_equal(packet.detection.landmarks_px, sequence.landmarks_px[row])
        np.testing.assert_allclose(packet.bone_cv, sequence.bone_cv[row], atol=1e-6)


def test_a_video_with_drawings_is_made_of_the_archive_and_the_pictures(job, make_video, known_detector):
    video = make_video(n=4)
    Processor(job()).process(video)
    known_detector.detect = None  # looking again would fail
    assert Processor(job(formats=("npz", "compare"))).process(video).is_exported_again
    assert Processor(job(formats=("npz", "compare"))).process(video).is_skipped
    with av.open(str(job().out_dir / "clip_raw_and_refined.mp4")) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 4
    assert frames[0].width > 2 * frames[0].height


def test_a_video_of_nobody_is_an_error_and_writes_nothing(job, make_video, known_detector):
    known_detector.empty = frozenset(range(99))
    job = job(formats=ALL)
    with pytest.raises(SourceError, match=r"Nobody was found in clip.mp4 \(6 frames"):
        Processor(job).process(make_video(n=6))
    assert names(job.out_dir) == []


def test_how_long_a_long_video_takes_is_said_before(job, make_video, monkeypatch):
    monkeypatch.setattr("core.process.duration._WORTH_SAYING", 20)
    asked = []
    monkeypatch.setattr("core.process.duration.look_rate", lambda looks, *_, **__: asked.append(looks) or 0.1)
    said = []
    Processor(job(), report=said.append).process(make_video(n=20))
    assert said == [
        "clip.mp4: 20 frames, seen by heavy, heavy-mirrored, full, full-mirrored, in about 3 min on this machine; "
        "--quality fast is quicker."
    ]
    said.clear()
    Processor(job(settings={"quality": "fast"}, overwrite=True), report=said.append).process(make_video(n=20))
    assert said == ["clip.mp4: 20 frames, seen by full, in about 3 min on this machine."]
    Processor(job(overwrite=True), report=said.append).process(make_video("short.mp4", n=19))
    assert len(said) == 1


def test_a_range_without_frames_says_so(job, make_video):
    with pytest.raises(SourceError, match="clip.mp4 has no frame between 0.15 s and 0.85 s"):
        Processor(job(start_s=0.15, end_s=0.85)).process(make_video(times_s=[0.0, 0.1, 0.9, 1.0]))


def test_seldom_found_and_wrong_variant_are_warned_of(job, make_video, known_detector):
    known_detector.empty = frozenset(range(2, 10))
    result = Processor(job(settings={"variant": "lite"})).process(make_video(n=10))
    assert len(result.warnings) == 2
    assert "only 2 of 10 frames" in result.warnings[0]
    assert "trained on the pose variant 'full', not on 'lite'" in result.warnings[1]


def test_a_file_that_breaks_off_is_processed_as_far_as_it_goes(job, make_video):
    video = make_video(n=60, options={"movflags": "faststart"}, stream_options={"g": "5", "qp": "1"})
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    result = Processor(job()).process(video)
    assert 2 < result.n_frames < 55
    assert "breaks off" in result.warnings[0]
    assert "breaks off" in EXPORTERS["npz"].load(job().out_dir / "clip.npz").meta["warnings"][0]


def write_truth(path, joints, frame_index):
    n = len(frame_index)
    nan = np.full((n, 33, 3), np.nan)
    save_pairs(
        path,
        Pairs(
            corrupted=np.zeros((n, 17, 3)), ground_truth=joints, visibility=np.ones((n, 17)),
            pose_2d=np.zeros((n, 17, 2)), azimuth=np.full(n, 350.0), elevation=np.zeros(n),
            camera_relative=np.ones((n, 3)), landmarks_world=nan, landmarks_px=nan[..., :2],
            frame_index=np.asarray(frame_index), timestamp_s=np.arange(n) / 10, K=np.eye(3),
            image_size=np.array([64, 48]), meta={},
        ),
    )  # fmt: skip


def test_truth_is_matched_by_frame_number_and_measured(job, make_video, tmp_path):
    video = make_video(n=12)
    Processor(job()).process(video)
    joints = EXPORTERS["npz"].load(job().out_dir / "clip.npz").joints_m.astype(float)
    shifted = joints[3:9] + [0.0, 0.03, 0.04]
    shifted[:, [LEFT_HIP, RIGHT_HIP]] = joints[3:9, [LEFT_HIP, RIGHT_HIP]]  # the others are measured from the hips
    write_truth(tmp_path / "truth.npz", shifted, range(3, 9))
    result = Processor(job(truth=tmp_path / "truth.npz", formats=("png",))).process(video)
    assert result.refined.mpjpe_mm == pytest.approx(50 * 10 / 12, abs=0.01)
    assert result.refined.depth_mm == pytest.approx(40 * 10 / 12, abs=0.01)
    assert result.raw.mpjpe_mm > 0
    assert result.azimuth_error_deg == pytest.approx(10)
    write_truth(tmp_path / "other.npz", shifted, range(100, 106))
    with pytest.raises(DataError, match="no frame in common"):
        Processor(job(truth=tmp_path / "other.npz", overwrite=True)).process(video)


def test_the_output_folder_is_checked_before_any_work(job, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"Cannot write to the folder .*file: File exists; choose another with -o"):
        Processor(job(out_dir=tmp_path / "file"))
    with pytest.raises(OutputError, match="Cannot write to the folder"):
        Processor(job(out_dir=tmp_path / "file" / "deeper"))


@pytest.mark.parametrize("formats", [("npz", "csv", "mp4"), ("mp4",)], ids=["with poses", "video alone"])
def test_poses_are_kept_when_the_disk_is_too_full_for_the_video(job, make_video, monkeypatch, known_detector, formats):
    def full(*_):
        raise OSError(28, "No space left on device")

    video = make_video(n=40)
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="No space left.* The poses are kept: .*npz"):
        patch.setattr("core.exporters.pictures.encoder.VideoWriter.add", full)
        Processor(job(formats=formats)).process(video)
    numbers = {f"clip.{name}" for name in (*formats, "npz", "settings.toml") if name != "mp4"}
    assert set(names(job().out_dir)) == numbers
    assert len(EXPORTERS["npz"].load(job().out_dir / "clip.npz")) == 40
    known_detector.detect = None  # looking again would fail
    assert Processor(job(formats=formats)).process(video).is_exported_again
    assert names(job().out_dir) == sorted([*numbers, "clip_annotated.mp4"])
