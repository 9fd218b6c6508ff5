import shutil

import pytest

from core.errors import DataError, OutputError
from core.take.store import TakeStore, make_project
from core.take.take import Marker, Processing, Subject, with_marker


@pytest.fixture
def store(tmp_path):
    return TakeStore(tmp_path / "takes")


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"a" * 1000)
    return path


def keep(place, n_bytes=1000):
    (place.folder / "full-abcdef01.detections").write_bytes(b"x" * n_bytes)


def test_a_video_is_known_again_wherever_it_lies(store, video, tmp_path):
    place, take = store.open(video, Processing(variant="heavy"))
    assert (take.name, take.source, take.processing.variant) == ("dance", str(video), "heavy")
    place.save(with_marker(take, Marker(1.0, "jump")))
    moved = video.rename(tmp_path / "renamed.mp4")
    again, take = store.open(moved, Processing(variant="lite"))
    assert again == place
    assert (take.name, take.source, take.processing.variant) == ("dance", str(moved), "heavy")
    assert take.markers == (Marker(1.0, "jump"),)
    video.write_bytes(b"b" * 1000)
    assert store.open(video, Processing())[0] != place


def test_nothing_of_one_take_is_in_the_next(store, tmp_path):
    from dataclasses import replace

    for i in range(10):
        video = tmp_path / f"{i}.mp4"
        video.write_bytes(bytes([i]) * 100)
        place, take = store.open(video, Processing())
        assert take.subject == Subject()
        place.save(replace(take, subject=Subject(f"person {i}", 1.5 + i / 20)))
    heights = {take.name: take.subject.height_m for _, take in store.all()}
    assert [store.find(tmp_path / f"{i}.mp4")[1].subject.height_m for i in (2, 7)] == [1.6, 1.85]
    assert store.find(tmp_path / "none.mp4") is None
    assert heights == {str(i): 1.5 + i / 20 for i in range(10)}


def test_what_lies_beside_a_video_is_believed_once(store, video):
    beside = video.with_name("dance.take.toml")
    beside.write_text("[subject]\nname = 'Ann'\nheight_m = 1.7\n")
    place, take = store.open(video, Processing())
    assert (take.subject.name, take.name) == ("Ann", "dance")
    beside.write_text("[subject]\nheight_m = 99\n")
    assert store.open(video, Processing())[1].subject.name == "Ann"
    shutil.rmtree(place.folder)
    with pytest.raises(DataError, match=r"dance\.take\.toml cannot be read"):
        store.open(video, Processing())


def test_a_deleted_take_comes_back(store, video):
    place, _ = store.open(video, Processing())
    keep(place)
    store.delete(place)
    assert store.all() == []
    assert video.exists()
    store.restore(place)
    assert [found for found, _ in store.all()] == [place]
    assert (place.folder / "full-abcdef01.detections").exists()
    store.delete(place)
    store.empty_deleted()
    with pytest.raises(OutputError, match="cannot be moved"):
        store.restore(place)


def test_the_limit_takes_from_those_not_opened_for_longest(store, tmp_path, monkeypatch):
    places = []
    for i in range(4):
        video = tmp_path / f"{i}.mp4"
        video.write_bytes(bytes([i]) * 100)
        monkeypatch.setattr("core.take.store.time.strftime", lambda _f, i=i: f"2026-01-0{i + 1}T00:00:00")
        place, _ = store.open(video, Processing())
        keep(place, 100_000)
        places.append(place)
    assert store.trim(250_000, besides=places[0]) == 2
    kept = [bool(list(place.folder.glob("*.detections"))) for place in places]
    assert kept == [True, False, False, True]
    assert len(store.all()) == 4
    store.clear()
    assert store.size_bytes < 10_000


def test_a_damaged_description_is_put_aside(store, video):
    place, _ = store.open(video, Processing())
    place.toml.write_text("not toml")
    assert store.all() == []
    assert place.toml.exists()
    _, take = store.open(video, Processing())
    assert take.subject == Subject()
    assert (place.folder / "take.damaged").read_text() == "not toml"


def test_a_project_goes_along_with_its_video(store, video):
    place, _ = store.open(video, Processing())
    keep(place)
    project = make_project(place, video)
    assert project.folder == video.with_name("dance.take")
    assert not place.folder.exists()
    again, _ = store.open(video, Processing())
    assert again == project
    assert (again.folder / "full-abcdef01.detections").exists()


def test_several_takes_of_one_video(store, video):
    place, take = store.open(video, Processing())
    second = store.another(place)
    second.save(take)
    third = store.another(second)
    assert [second.name, third.name] == [f"{place.name}_2", f"{place.name}_3"]


def test_where_nothing_can_be_kept_that_is_said(tmp_path, video):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Takes cannot be kept in"):
        TakeStore(tmp_path / "file").open(video, Processing())
