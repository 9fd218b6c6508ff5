"""What a person may type for videos, and for settings of single ones."""

from pathlib import Path

import pytest

from core.errors import SettingsError, SourceError
from core.process.inputs import PerFile, video_paths
from core.process.job import Job
from core.sequence.export_choices import ExportChoices


@pytest.fixture
def job(tmp_path):
    return lambda **options: Job(tmp_path / "out", **options)


def test_a_folder_stands_for_its_videos(make_video, tmp_path):
    for name in ("b.MP4", "a.mov", "a_annotated.mp4", "Tänze 1.mkv"):
        make_video(f"clips/{name}", n=2)
    (tmp_path / "clips" / "notes.txt").write_text("no video")
    assert [path.name for path in video_paths([str(tmp_path / "clips")])] == ["Tänze 1.mkv", "a.mov", "b.MP4"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="There is no video in the folder"):
        video_paths([str(tmp_path / "empty")])


def test_single_files_may_have_their_own_settings(job, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        '["*.mov"]\nstart_s = 1\n["a.mov"]\nend_s = 2.5\nvariant = "heavy"\nformats = ["trc"]\n'
        '["a.mov".export]\nheight_m = 1.7\n',
        encoding="utf-8",
    )
    own = PerFile.load(path)
    base = job(choices=ExportChoices(travel=True))
    a, b, c = (own.job_of(Path(name), base) for name in ("x/a.mov", "b.mov", "c.mp4"))
    assert (a.start_s, a.end_s, a.settings.variant, a.formats) == (1.0, 2.5, "heavy", ("trc",))
    assert (a.choices.height_m, a.choices.travel) == (1.7, True)
    assert (b.start_s, b.end_s, b.settings.variant) == (1.0, None, "")
    assert c == base
    own.require_all_used([Path("a.mov")])
    with pytest.raises(SettingsError, match="is none of the videos"):
        own.require_all_used([Path("b.mov")])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("start_s = 1", "put 'start_s' under the name of a file"),
        ("[a", "cannot be read"),
        ('["a.mov"]\nstrat_s = 1', "no setting 'strat_s'"),
        ('["a.mov"]\nstart_s = "soon"', "'start_s' cannot be 'soon'"),
        ('["a.mov"]\nformats = ["doc"]', "no format 'doc'"),
        ('["a.mov"]\nvariant = "huge"', "'variant' is 'huge'"),
        ('["a.mov".export]\nheight_m = 170', "give 0.3 to 3"),
    ],
)
def test_wrong_settings_of_single_files_are_one_sentence(job, tmp_path, text, sentence):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"own.toml.*{sentence}"):
        PerFile.load(path).job_of(Path("a.mov"), job())


def test_a_file_of_exactly_that_name_is_meant_whatever_its_name_reads_as(job, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('\ufeff["Dance [id] a\u0301.mp4"]\nstart_s = 3\n["[ab].mp4"]\nend_s = 9\n', encoding="utf-8")
    own = PerFile.load(path)
    videos = [Path("x/Dance [id] \u00e1.mp4"), Path("a.mp4"), Path("[ab].mp4"), Path("Dance i a\u0301.mp4")]
    jobs = [own.job_of(video, job()) for video in videos]
    assert [(j.start_s, j.end_s) for j in jobs] == [(3, None), (0, 9), (0, 9), (3, None)]
    own.require_all_used(videos[:2])


def test_a_day_is_a_folder_and_a_video_given_twice_is_one(make_video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("20240115/a.mp4", "20240115/b.mp4"):
        make_video(name, n=2)
    found = video_paths(["20240115", "20240115/a.mp4", str(tmp_path / "20240115" / "b.mp4")])
    assert [path.name for path in found] == ["a.mp4", "b.mp4"]


def test_options_that_make_no_sense_are_refused(job):
    with pytest.raises(SettingsError, match="no format 'doc'"):
        job(formats=("npz", "doc"))
    for spec in ("0", "http://127.0.0.1/video", "rtsp://camera"):
        with pytest.raises(SettingsError, match=f"{spec} is not a video file"):
            video_paths([spec])
