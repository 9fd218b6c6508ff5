"""What results are called, and what they may replace: settled before the work."""

import os
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NdrError, OutputError
from core.exporters import EXPORTERS
from core.process.job import ENDINGS, Job
from core.process.plan import Plan, plan_video, plan_videos
from core.process.processor import Processor
from core.settings import Settings
from core.system.files.names import longest_name, n_bytes, same_name_key
from tests.fuzz.names import N_NAMES, any_name

ALL = tuple(ENDINGS)
_MOST_AT_ONCE = 4


@pytest.fixture
def job(tmp_path, tiny_refiner_path, known_detector):
    def make(**options):
        options = {"out_dir": tmp_path / "out", "formats": ("npz", "csv"), **options}
        return Job(settings=Settings(refiner=str(tiny_refiner_path)), **options)

    return make


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def process(videos, job):
    return [Processor(job).process(plan) for plan in plan_videos(dict.fromkeys(videos, job)).values()]


def test_a_file_of_somebody_else_is_never_replaced_unasked(job, make_video, tmp_path):
    video = make_video("trial/squat.mp4", n=4)
    own = {"squat.trc": b"my markers", "squat.csv": b"my table"}
    for name, content in own.items():
        (tmp_path / "trial" / name).write_bytes(content)
    beside = job(out_dir=tmp_path / "trial", formats=("csv", "trc"))
    with pytest.raises(OutputError, match="squat.csv is there and was not written by this program from squat.mp4"):
        Processor(beside).process(video)
    assert {name: (tmp_path / "trial" / name).read_bytes() for name in own} == own
    Processor(job(out_dir=tmp_path / "trial", formats=("csv", "trc"), overwrite=True)).process(video)
    assert (tmp_path / "trial" / "squat.trc").read_bytes() != own["squat.trc"]
    assert Processor(beside).process(video).is_skipped


def test_settings_that_are_none_of_ours_a_link_and_a_folder_are_left_alone(job, make_video, tmp_path):
    video, out = make_video(n=3), tmp_path / "out"
    out.mkdir()
    (out / "clip.settings.toml").write_text("mine = true\n")
    with pytest.raises(OutputError, match=r"clip.settings.toml is there and was not written by this program"):
        plan_video(video, job())
    (out / "clip.settings.toml").unlink()
    (out / "clip.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(OutputError, match=r"clip.csv is there"):
        plan_video(video, job())
    (out / "clip.csv").unlink()
    (out / "clip.csv").mkdir()
    with pytest.raises(OutputError, match=r"clip.csv is a folder"):
        plan_video(video, job(overwrite=True))


def test_videos_whose_results_would_share_a_name_are_told_apart(job, make_video, tmp_path):
    """`squat.mp4` has a table squat_angles.csv, and so has `squat_angles.mp4`."""
    videos = [make_video(f"in/{name}", n=n) for name, n in (("squat.mp4", 3), ("squat_angles.mp4", 4))]
    wanted = job(formats=("csv", "angles"))
    first, second = process(videos, wanted)
    assert names(tmp_path / "out") == [
        "squat.csv", "squat.settings.toml", "squat_angles.csv", "squat_angles.mp4.csv",
        "squat_angles.mp4.settings.toml", "squat_angles.mp4_angles.csv",
    ]  # fmt: skip
    assert not first.warnings
    assert "results of squat_angles.mp4 are called squat_angles.mp4: squat_angles.csv will be of" in second.warnings[0]
    lines = [(tmp_path / "out" / name).read_text().count("\n") for name in ("squat.csv", "squat_angles.mp4.csv")]
    assert lines[1] - lines[0] == 1
    assert [result.is_skipped for result in process(videos, wanted)] == [True, True]
    assert Processor(wanted).process(videos[1]).is_skipped  # alone it finds its own, too


def test_two_videos_of_one_name_do_not_stop_a_batch(job, make_video, tmp_path):
    videos = [make_video(f"in/dance{suffix}", n=n) for suffix, n in ((".mov", 3), (".mp4", 4))]
    videos.append(make_video("other/DANCE.mp4", n=5))
    videos.append(make_video("third/dance.mp4", n=6))
    results = process(videos, job(formats=("npz",)))
    assert [result.files["npz"].name for result in results] == [
        "dance.npz", "dance.mp4.npz", "other-DANCE.mp4.npz", "third-dance.mp4.npz"
    ]  # fmt: skip
    for result in results:
        assert len(EXPORTERS["npz"].load(result.files["npz"])) == result.n_frames
    # later and alone, and whatever is asked for: nothing of the others is replaced
    again = Processor(job(formats=("npz",), overwrite=True)).process(videos[1])
    assert again.files["npz"].name == "dance.mp4.npz"


def test_what_is_read_is_not_written(job, make_video, tmp_path):
    make_video("in/clip.mp4", n=3)
    shutil.copy(tmp_path / "in" / "clip.mp4", tmp_path / "in" / "clip_annotated.mp4")
    videos = [tmp_path / "in" / name for name in ("clip.mp4", "clip_annotated.mp4")]
    before = videos[1].read_bytes()
    process(videos, job(out_dir=tmp_path / "in", formats=("mp4",), overwrite=True))
    assert videos[1].read_bytes() == before
    assert {"clip.mp4_annotated.mp4", "clip_annotated_annotated.mp4"} <= set(names(tmp_path / "in"))


def test_less_of_a_video_does_not_replace_more_of_it(job, make_video, tmp_path):
    video = make_video(n=20)
    Processor(job()).process(video)
    before = {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")}
    less = Processor(job(end_s=0.3)).process(video)
    assert (less.n_frames, less.files["npz"].name) == (3, "clip.0-0.3s.npz")
    assert "clip holds more of the video and is kept" in less.warnings[0]
    assert {name: (tmp_path / "out" / name).read_bytes() for name in before} == before
    assert Processor(job(end_s=0.3)).process(video).is_skipped
    assert Processor(job()).process(video).is_skipped
    assert Processor(job(end_s=0.3, overwrite=True)).process(video).files["npz"].name == "clip.npz"
    assert Processor(job()).process(video).n_frames == 20  # more replaces less
    assert len(EXPORTERS["npz"].load(tmp_path / "out" / "clip.npz")) == 20


def test_an_interrupted_run_replaces_neither_a_finished_result_nor_a_longer_beginning(job, make_video, tmp_path):
    video, out, n_done = make_video(n=20), tmp_path / "out", 0

    def until(n, wanted):
        nonlocal n_done
        n_done = 0

        def progress(progress):
            nonlocal n_done
            n_done = progress.done

        return Processor(wanted, stop=lambda: n_done >= n).process(video, progress)

    Processor(job()).process(video)
    before = {name: (out / name).read_bytes() for name in names(out)}
    longer = until(12, job(overwrite=True))
    assert longer.is_partial
    assert until(3, job(overwrite=True)).n_frames == longer.n_frames
    assert {name: (out / name).read_bytes() for name in before} == before
    assert len(EXPORTERS["npz"].load(out / "clip.partial.npz")) == longer.n_frames > 10
    assert not Processor(job(overwrite=True)).process(video).is_partial
    assert names(out) == sorted(before)


def test_what_other_poses_left_behind_is_known_as_ours_but_not_taken_for_theirs(job, make_video, tmp_path):
    video = make_video(n=5)
    Processor(job(formats=("npz", "csv", "trc"))).process(video)
    other = {"formats": ("npz",), "end_s": 5.0}  # another range, and as much of it
    Processor(job(**other, overwrite=True)).process(video)
    record = tomllib.loads((tmp_path / "out" / "clip.settings.toml").read_text())
    assert (record["result"]["files"], record["result"]["other_files"]) == (["clip.npz"], ["clip.csv", "clip.trc"])
    again = Processor(job(**other | {"formats": ("npz", "csv")})).process(video)
    assert again.is_exported_again
    record = tomllib.loads((tmp_path / "out" / "clip.settings.toml").read_text())
    assert record["result"]["files"] == ["clip.csv", "clip.npz"]


@pytest.mark.parametrize("n", [200, 227, 228, 240, 251])
def test_names_as_long_as_a_disk_takes_are_shortened_before_the_work(job, make_video, tmp_path, n):
    stem = ("é" * 200).encode()[: n // 2 * 2].decode()
    video = make_video(n=3)
    video = video.rename(tmp_path / f"{stem}.mp4")
    result = Processor(job(formats=ALL)).process(video)
    written = names(tmp_path / "out")
    assert len(written) == len(ALL) + 1
    assert (result.files["npz"].stem == stem) == (n <= 227)
    assert bool(result.warnings) == (n > 227)
    assert all(n_bytes(name) <= longest_name(tmp_path) for name in written)
    assert Processor(job(formats=ALL)).process(video).is_skipped


@pytest.mark.parametrize(
    "raw",
    [
        b"caf\xe9",
        b"[bold red]x",
        b"two\nlines",
        b"12:30:00 take",
        "a\u0301 👩\u200d👧".encode(),
        b"$\\frac$ $",
        b"%s {0}",
    ],
)
def test_a_video_of_any_name_gets_every_file_under_its_name(job, make_video, tmp_path, raw):
    stem = os.fsdecode(raw)
    video = make_video(n=3).rename(tmp_path / f"{stem}.mp4")
    result = Processor(job(formats=ALL)).process(video)
    expected = [f"{stem}{ending}" for ending in (*ENDINGS.values(), ".settings.toml")]
    assert names(tmp_path / "out") == sorted(expected)
    sequence = EXPORTERS["npz"].load(result.files["npz"])
    assert sequence.meta["source"].encode("utf-8")
    assert sequence.meta["settings"]["refiners"]["full"]["name"] == "tiny"
    np.testing.assert_array_equal(sequence.frame_index, [0, 1, 2])
    assert Processor(job(formats=ALL)).process(video).is_skipped


@settings(max_examples=N_NAMES // _MOST_AT_ONCE, deadline=None, database=None)
@given(st.lists(any_name(b".mp4"), min_size=1, max_size=_MOST_AT_ONCE, unique=True), st.booleans())
def test_no_two_videos_of_any_name_share_a_file(tmp_path_factory, raw_names, is_beside):
    folder = tmp_path_factory.mktemp("names")
    videos = [folder / os.fsdecode(raw) for raw in raw_names]
    for i, video in enumerate(videos):
        video.write_bytes(b"x" * (i + 1))
    job = Job(folder if is_beside else folder / "out", ALL)
    plans = plan_videos(dict.fromkeys(videos, job))
    taken = set()
    for plan in plans.values():
        assert isinstance(plan, Plan), plan
        for path in (*plan.paths.values(), plan.record_path, *plan.partial.paths.values(), plan.partial.record_path):
            key = same_name_key(path.name)
            assert key not in taken
            taken.add(key)
            assert path not in videos
            assert n_bytes(path.name) <= 255
        assert all("\n" not in note for note in plan.notes)
    again = plan_videos(dict.fromkeys(videos, job))
    assert [plan.stem for plan in again.values()] == [plan.stem for plan in plans.values()]
    shutil.rmtree(folder)


def test_a_video_that_is_not_there_is_one_sentence_and_stops_no_other(job, make_video, tmp_path):
    plans = plan_videos(dict.fromkeys([tmp_path / "gone.mp4", tmp_path, make_video(n=2)], job()))
    gone, folder, clip = plans.values()
    assert isinstance(gone, NdrError)
    assert "There is no file" in str(gone)
    assert "is a folder" in str(folder)
    assert isinstance(clip, Plan)
    assert isinstance(plan_video(Path(clip.video), job()), Plan)
