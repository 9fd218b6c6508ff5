"""Somebody at a desk before four cameras: shoulders and arms, never the hips."""

import json

import numpy as np
import pytest

from core.errors import DataError
from core.pose.geometry import mid_hip, mid_shoulder, normalise
from core.sequence.pairs import load_pairs
from models.data.multiview.footage import convert
from models.data.multiview.pairing import is_seated, without_rare_hips
from models.data.multiview.upright import check_unit, resolve_up
from tests.models.data.multiview.test_footage import job, scene

__all__ = ["scene"]


@pytest.fixture
def desk(scene, monkeypatch):
    """Return the scene with everything from the hips down out of the pictures."""
    folder, fake, small = scene
    see = fake.detect_keypoints

    def keypoints(path, model, live):
        found, trust = see(path, model, live)
        trust[:, 11:] = 0  # MediaPipe guesses what is beyond the edge, and nobody believes it
        return found, trust

    monkeypatch.setattr("models.data.multiview.timeline.detect_keypoints", keypoints)
    return folder, small


def test_a_seated_person_is_centred_on_the_shoulders(desk, tmp_path, walker):
    folder, small = desk
    said = []
    outcome = convert(job(folder), tmp_path / "out", said.append)
    assert any("centred on the middle of the shoulders" in line for line in said)
    pairs = load_pairs(outcome.files[1])
    assert pairs.meta["root"] == "shoulders"
    np.testing.assert_allclose(mid_shoulder(pairs.ground_truth), 0, atol=1e-6)
    assert np.isnan(pairs.ground_truth[:, 11:]).all()
    assert np.isnan(pairs.azimuth).all()
    # the frame is that of the ray to the pelvis, which nobody saw: a few degrees off at most
    own = small[1].to_camera(walker)
    arms = (own - mid_shoulder(own)[:, None])[:, :11]
    along = {name: (arms * normalise(end)[:, None]).sum(axis=-1) for name, end in
             (("pelvis", mid_hip(own)), ("shoulders", mid_shoulder(own)))}  # fmt: skip
    off = {name: np.abs(pairs.ground_truth[:, :11, 2] - depth).mean() for name, depth in along.items()}
    assert off["pelvis"] < 0.01
    assert off["pelvis"] < 0.5 * off["shoulders"]
    report = json.loads((tmp_path / "out" / "take7_report.json").read_text(encoding="utf-8"))
    assert report["raw"]["cam1"]["depth_mm"] > 5


def test_cameras_that_are_not_rolled_tell_up(cameras, walker):
    walker = walker.copy()
    walker[:, 11:] = np.nan
    walker[:, :5] += [0.1, 0, 0]  # the head leans: it is not up that it shows
    unknown = [camera.with_up(np.full(3, np.nan)) for camera in cameras]
    found, note = resolve_up(unknown, walker)
    np.testing.assert_allclose(found[0].up_world, [0, 0, 1], atol=1e-6)
    assert "lower edges" in note


def test_hips_that_are_seen_for_a_moment_do_not_count(walker):
    rare = walker.copy()
    rare[3:, 11] = np.nan
    assert not is_seated(rare)
    assert is_seated(without_rare_hips(rare))
    assert not is_seated(without_rare_hips(walker))
    np.testing.assert_array_equal(without_rare_hips(walker), walker)


def test_a_wrong_unit_is_seen_on_the_shoulders(walker):
    walker = walker.copy()
    walker[:, 11:] = np.nan
    check_unit(walker)
    with pytest.raises(DataError, match="shoulders would be .* wide"):
        check_unit(10 * walker)
