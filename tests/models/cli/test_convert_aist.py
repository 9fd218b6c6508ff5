"""The commands around AIST++: what they print, how they end, and that they hand everything on."""

import json
import shutil

import pytest

from models.data.aist import download
from models.data.aist.download import Downloaded
from tests.models.data.aist.test_aist_convert import BREAK, SHIFTED, UNKNOWN, quick  # noqa: F401 - a fixture
from tests.models.data.conftest import miniature  # noqa: F401 - a fixture

pytestmark = pytest.mark.render


@pytest.fixture
def convert(run, miniature, quick, tmp_path):  # noqa: F811
    """Convert a copy of the miniature; more options may follow."""
    folder = tmp_path / "aist"
    shutil.copytree(miniature[0], folder)
    command = ["convert", "aist", "--videos", folder / "videos", "--annotations", folder / "annotations"]
    command += ["-o", tmp_path / "pairs", "--workers", 0, "--max-distance", 100]
    return folder, lambda *more: run(*command, *more)


def test_a_conversion_tells_what_became_of_the_videos(convert, tmp_path):
    folder, start = convert
    code, out, _ = start()
    assert code == 0
    assert "3 videos done, 1 skipped, 0 failed" in out
    assert "1 skipped: its sequence is in ignore_list.txt" in out
    assert str(tmp_path / "pairs" / "index.json") in out
    (folder / "videos" / f"{UNKNOWN}.mp4").write_bytes(b"no video")
    (folder / "videos" / "holiday.mp4").touch()
    code, out, err = start()
    assert code == 2
    assert "2 videos done, 1 skipped, 1 failed" in out
    assert "not an AIST++ video, left alone" in out
    assert f"failed: {UNKNOWN}: {UNKNOWN}.mp4 is not a video" in err


def test_progress_for_programs(convert):
    code, out, _ = convert[1]("--json-progress", "--split", "pose_val", "--stride", 2)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [line["event"] for line in lines] == ["progress", "progress", "done"]
    assert lines[1]["outcome"]["video"] == SHIFTED
    assert (lines[1]["n_settled"], lines[1]["n_videos"], lines[1]["n_frames"]) == (1, 1, 30)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--split", "train"), "There is no split 'train'; choose pose_train, pose_val, pose_test or all."),
        (("--joints", "smpl"), "There are no joints 'smpl'; choose optim or plain."),
        (("--looks", "full,huge"), "There is no look 'huge'; choose some of lite, full, heavy and their mirror images"),
        (("--annotations", "gone"), "There is no annotations folder gone"),
        (("--videos", "gone"), "There is no videos folder gone"),
    ],
)
def test_what_cannot_be_is_one_sentence(convert, more, sentence):
    code, _, err = convert[1](*more)
    assert code == 2
    assert err.startswith(sentence)
    assert len(err.splitlines()) == 1


def test_nothing_is_fetched_before_the_terms_are_accepted(run, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "fetch_annotations", lambda *_, **__: pytest.fail("fetched"))
    monkeypatch.setattr(download, "list_videos", lambda *_: pytest.fail("fetched"))
    code, _, err = run("download", "aist", "-o", tmp_path)
    assert code == 2
    assert "https://aistdancedb.ongaaccel.jp/terms_of_use/" in err
    assert err.splitlines()[-1].startswith("Nothing is fetched before the terms are accepted")


def test_a_download_hands_on_what_was_chosen(run, tmp_path, monkeypatch):
    listed = tmp_path / "list.txt"
    listed.write_text(f"{BREAK}\n{SHIFTED}.mp4\n")
    asked = {}
    names = [BREAK, SHIFTED, UNKNOWN]
    monkeypatch.setattr(download, "list_videos", lambda: names)

    def fetch_videos(chosen, folder, jobs, report):
        asked.update(chosen=chosen, folder=folder, jobs=jobs)
        return Downloaded(1, 0, {SHIFTED: "lost"})

    monkeypatch.setattr(download, "fetch_videos", fetch_videos)
    options = ["--no-annotations", "--accept-terms", "--list", listed, "--genre", "gPO", "--jobs", 3]
    code, out, _ = run("download", "aist", "-o", tmp_path, *options)
    assert code == 2  # one failed
    assert asked == {"chosen": [SHIFTED], "folder": tmp_path / "videos", "jobs": 3}
    assert "1 videos fetched, 0 were there, 1 failed" in out
