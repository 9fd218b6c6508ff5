"""Names, lists and splits of the published folder, without any video being opened."""

import shutil

import pytest

from core.errors import DataError, SettingsError
from models.data.aist.layout import Annotations, VideoName, find_videos, parse_name
from models.data.aist.run import convert
from models.data.aist.task import Options

SEQUENCE = "gPO_sFM_cAll_d10_mPO1_ch02"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "annotations"
    for name in ("cameras", "keypoints3d", "splits"):
        (root / name).mkdir(parents=True)
    listed = [
        SEQUENCE,
        "gBR_sBM_cAll_d04_mBR0_ch01",
        "gBR_sBM_cAll_d04_mBR0_ch02",
        "gJB_sBM_cAll_d07_mJB3_ch05",
        "gWA_sBM_cAll_d25_mWA0_ch01",
        "gWA_sBM_cAll_d25_mWA0_ch02",
        "gWA_sBM_cAll_d25_mWA0_ch03",
        "gLO_sBM_cAll_d13_mLO0_ch01",
    ]
    (root / "cameras" / "mapping.txt").write_text("".join(f"{name} setting1\n" for name in listed))
    (root / "ignore_list.txt").write_text("gBR_sBM_cAll_d04_mBR0_ch02\n")
    (root / "splits" / "pose_train.txt").write_text(
        f"{SEQUENCE}\ngBR_sBM_cAll_d04_mBR0_ch01\ngWA_sBM_cAll_d25_mWA0_ch01\n"
    )
    (root / "splits" / "pose_val.txt").write_text("gJB_sBM_cAll_d07_mJB3_ch05\r\n\r\n")
    (root / "splits" / "pose_test.txt").write_text("gWA_sBM_c01_d25_mWA0_ch02\ngWA_sBM_c02_d25_mWA0_ch02\n")
    for name in listed[:-1]:
        (root / "keypoints3d" / f"{name}.pkl").touch()
    return root


def reason(folder, video):
    return Annotations.load(folder).reason_to_skip(parse_name(video))


def test_a_video_and_its_sequence_name_each_other():
    name = parse_name("gBR_sBM_c01_d04_mBR0_ch01")
    assert name == VideoName("gBR_sBM_cAll_d04_mBR0_ch01", "c01")
    assert (str(name), name.dancer, name.genre) == ("gBR_sBM_c01_d04_mBR0_ch01", "d04", "gBR")
    assert parse_name("gJS_sGR_c09_d01_d02_d03_mJS0_ch01").sequence == "gJS_sGR_cAll_d01_d02_d03_mJS0_ch01"
    for other in ("holiday", "gBR_sBM_c1_d04_mBR0_ch01", "gBR_sBM_c01_d04_mBR0_ch01_copy", "../gBR_sBM_c01_d04_mBR0"):
        assert parse_name(other) is None


def test_reasons_why_a_video_is_not_used(folder):
    assert reason(folder, "gPO_sFM_c03_d10_mPO1_ch02") is None
    assert reason(folder, "gBR_sBM_c04_d04_mBR0_ch01") is None
    assert "not synchronised" in reason(folder, "gBR_sBM_c05_d04_mBR0_ch01")
    assert "another picture size" in reason(folder, "gJB_sBM_c07_d07_mJB3_ch05")
    assert "ignore_list" in reason(folder, "gBR_sBM_c01_d04_mBR0_ch02")
    assert "no annotation" in reason(folder, "gLO_sBM_c01_d13_mLO0_ch01")
    (folder / "keypoints3d" / "gKR_sBM_cAll_d30_mKR0_ch01.pkl").touch()
    assert "mapping.txt" in reason(folder, "gKR_sBM_c01_d30_mKR0_ch01")


def test_a_sequence_in_no_list_follows_its_dancer_unless_that_would_leak(folder):
    lists = Annotations.load(folder)
    assert lists.split_of(parse_name("gPO_sFM_c01_d10_mPO1_ch02")) == "train"
    assert lists.split_of(parse_name("gWA_sBM_c02_d25_mWA0_ch02")) == "test"  # the list names single views
    assert lists.split_of(parse_name("gBR_sBM_c01_d04_mBR5_ch09")) == "train"
    assert lists.split_of(parse_name("gWA_sBM_c01_d25_mWA0_ch03")) is None  # d25 is in train and in test
    assert "no official split" in lists.reason_to_skip(parse_name("gWA_sBM_c01_d25_mWA0_ch03"))


def test_the_folder_inside_the_unpacked_archive_is_found(folder, tmp_path):
    outer = tmp_path / "unpacked"
    outer.mkdir()
    folder.rename(outer / "aist_plusplus_final")
    assert Annotations.load(outer).splits[SEQUENCE] == "train"


def test_what_is_missing_or_contradictory_is_named(folder, tmp_path):
    with pytest.raises(DataError, match="no annotations folder"):
        Annotations.load(tmp_path / "gone")
    (folder / "splits" / "pose_test.txt").write_text(f"{SEQUENCE}\n")
    with pytest.raises(DataError, match=f"{SEQUENCE} in two splits"):
        Annotations.load(folder)
    (folder / "splits" / "pose_test.txt").unlink()
    (folder / "cameras" / "mapping.txt").write_text("gBR_sBM_cAll_d04_mBR0_ch01 ../../secret\n")
    with pytest.raises(DataError, match="line 1: 'SEQUENCE SETTING' is needed"):
        Annotations.load(folder)
    (folder / "cameras" / "mapping.txt").unlink()
    with pytest.raises(DataError, match=r"has no cameras/mapping\.txt"):
        Annotations.load(folder)


def test_lists_are_needed_only_by_what_asks_for_them(folder, tmp_path):
    """The published annotations come in parts: a folder may have neither splits nor a list of what to ignore."""
    assert Annotations.load(folder).notes == ()
    (folder / "ignore_list.txt").unlink()
    shutil.rmtree(folder / "splits")
    dancers = [f"d{number:02d}" for number in range(1, 21)]
    listed = [f"gBR_sBM_cAll_{dancer}_mBR0_ch{take:02d}" for dancer in dancers for take in (1, 2)]
    (folder / "cameras" / "mapping.txt").write_text("".join(f"{name} setting1\n" for name in listed))
    lists = Annotations.load(folder)
    splits = {dancer: {lists.splits[name] for name in listed if f"_{dancer}_" in name} for dancer in dancers}
    assert all(len(found) == 1 for found in splits.values())
    assert [d for d in dancers if splits[d] == {"val"}] == ["d09", "d19"]
    assert [d for d in dancers if splits[d] == {"test"}] == ["d10", "d20"]
    assert len(lists.notes) == 2
    assert any("nothing that its authors withdrew could be ignored" in note for note in lists.notes)
    with pytest.raises(DataError, match="no splits, so 'pose_val' is unknown; give --split all"):
        convert(tmp_path, folder, Options(tmp_path / "out"), split="pose_val")


def test_videos_are_found_in_subfolders_sorted_and_once(tmp_path):
    (tmp_path / "10M").mkdir()
    for name in ("10M/gPO_sFM_c02_d10_mPO1_ch02", "gPO_sFM_c01_d10_mPO1_ch02", "holiday", "gPO_sFM_cAll_d10_mPO1_ch02"):
        (tmp_path / f"{name}.mp4").touch()
    named, others = find_videos(tmp_path)
    assert [name.view for name in named] == ["c01", "c02"]
    assert sorted(path.stem for path in others) == ["gPO_sFM_cAll_d10_mPO1_ch02", "holiday"]
    (tmp_path / "gPO_sFM_c02_d10_mPO1_ch02.mp4").touch()
    with pytest.raises(SettingsError, match="are the same video"):
        find_videos(tmp_path)


def test_a_folder_without_videos_is_said_so(tmp_path):
    with pytest.raises(DataError, match="no videos folder"):
        find_videos(tmp_path / "gone")
    (tmp_path / "holiday.mp4").touch()
    with pytest.raises(DataError, match=r"only other files such as holiday\.mp4"):
        find_videos(tmp_path)
