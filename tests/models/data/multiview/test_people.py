import numpy as np
import pytest

from core.errors import DataError, SettingsError
from models.data.multiview.people import follow, in_box, largest, person_boxes
from models.data.multiview.timeline import parse_person

N = 20


@pytest.fixture
def scene(cameras, walker):
    """Return (C, T, 4, 17, 2) candidates of two people in a random order, and both in the world."""
    rng = np.random.default_rng(1)
    child = walker[:N] * 0.7 + [0.6, 1.3, 0.0]
    adult = walker[:N]
    candidates = np.full((len(cameras), N, 4, 17, 2), np.nan)
    for c, camera in enumerate(cameras):
        for t in range(N):
            for slot, person in zip(rng.permutation(4), (adult, child), strict=False):
                candidates[c, t, slot] = camera.project(person[t]) + rng.normal(0, 3, (17, 2))
    return candidates, adult, child


def test_two_people_are_told_apart_and_followed(cameras, scene):
    candidates, adult, child = scene
    tracks = follow(cameras, candidates)
    assert [len(t) for t in tracks] == [N, N]
    for track in tracks:
        hips = np.array([track[t].hips_m for t in range(N)])
        distances = [np.linalg.norm(hips - p[:, 11:13].mean(axis=1), axis=-1).max() for p in (adult, child)]
        assert min(distances) < 0.05


def test_the_largest_and_the_one_in_the_box(cameras, scene):
    candidates, adult, child = scene
    tracks = follow(cameras, candidates)
    assert np.linalg.norm(largest(tracks)[0].hips_m - adult[0, 11:13].mean(axis=0)) < 0.05
    low, high = cameras[2].project(child[0]).min(axis=0) - 20, cameras[2].project(child[0]).max(axis=0) + 20
    chosen = in_box(tracks, 2, (*low, *(high - low)))
    assert np.linalg.norm(chosen[0].hips_m - child[0, 11:13].mean(axis=0)) < 0.05
    with pytest.raises(DataError, match="Nobody is in the box"):
        in_box(tracks, 2, (0, 0, 5, 5))
    with pytest.raises(DataError, match="Nobody was found"):
        largest([])


def test_boxes_hold_the_person_where_a_camera_lost_them_too(cameras, scene):
    candidates, adult, _ = scene
    candidates[1, 5:12] = np.nan  # camera 1 sees nobody for a while
    track = largest(follow(cameras, candidates))
    boxes = person_boxes(cameras, track, N + 3)
    for c, camera in enumerate(cameras):
        for t in range(N):
            points = camera.project(adult[t])
            assert (points > boxes[c, t, :2]).all()
            assert (points < boxes[c, t, 2:]).all()
    assert np.isfinite(boxes[:, N:]).all()  # held a little longer: detections end raggedly


def test_two_views_of_different_people_are_not_one(cameras, scene):
    candidates, _, _ = scene
    candidates[2:] = np.nan
    candidates[0, :, 1:] = candidates[1, :, 1:] = np.nan  # one candidate each, of anybody
    for track in follow(cameras, candidates):
        for t, sighting in track.items():
            torso = np.linalg.norm(sighting.neck_m - sighting.hips_m)
            assert 0.3 < torso < 0.8, t


def test_how_a_person_is_named():
    assert parse_person("one", ["cam1"]) is None
    assert parse_person("cam1=10,20,300.5,400", ["cam0", "cam1"]) == (1, (10, 20, 300.5, 400))
    for text in ("me", "cam1=1,2,3", "cam1=a,b,c,d", ""):
        with pytest.raises(SettingsError, match="no person"):
            parse_person(text, ["cam1"])
    with pytest.raises(SettingsError, match="no camera 'cam7'"):
        parse_person("cam7=1,2,3,4", ["cam1"])
