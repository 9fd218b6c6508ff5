from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.pose.skeleton import LEFT_WRIST
from core.sequence.pairs import save_pairs
from models.evaluation.realism import (
    JOINT_NAMES,
    bias_by_azimuth,
    errors_of_pairs,
    joint_rows,
    matched_mean,
    spread_by_azimuth,
    write_realism,
)

WRIST = JOINT_NAMES.index("left wrist")


@pytest.fixture
def errors_with(tmp_path, pairs_of):
    """Errors of pairs whose left wrist is wrong in depth by so many metres, frame by frame, seen from an azimuth."""

    def make(depth_m, azimuth_deg, name="a"):
        pairs = pairs_of(len(depth_m))
        raw = pairs.ground_truth.copy()
        raw[:, LEFT_WRIST, 2] += depth_m
        path = tmp_path / f"{name}.npz"
        save_pairs(path, replace(pairs, corrupted=raw, azimuth=np.broadcast_to(azimuth_deg, len(raw))))
        return errors_of_pairs([path], name)

    return make


def test_bias_and_spread_of_a_joint_per_azimuth(errors_with):
    depth = np.where(np.arange(40) % 2, 0.13, 0.07)  # 100 mm, give or take 30
    errors = errors_with(depth, np.repeat([45.0, 359.9], 20))
    for figures, expected in ((bias_by_azimuth(errors), 100), (spread_by_azimuth(errors), 30)):
        np.testing.assert_allclose(figures[WRIST, [1, 11]], expected, atol=0.01)
        assert np.isnan(figures[:, [0, 2, 10]]).all()
        np.testing.assert_allclose(np.delete(figures[:, 1], WRIST), 0, atol=0.01)
    assert joint_rows(errors, errors)[WRIST] == ["left wrist", "100 / 100", "30 / 30", "100 / 100", "0 / 0"]


def test_matching_weighs_azimuths_as_the_other_set_does(errors_with):
    # 10 mm (over 12 joints) in front, 30 mm behind; seen from behind thrice as often in the other set
    ours = errors_with(np.repeat([0.12, 0.36], 20), np.repeat([5.0, 185.0], 20))
    theirs = errors_with(np.zeros(40), np.repeat([5.0, 185.0], [10, 30]), "b")
    assert matched_mean(ours.depth_mm(), ours, theirs) == pytest.approx((10 + 3 * 30) / 4, abs=0.01)
    nowhere = errors_with(np.zeros(10), 95.0, "c")
    assert np.isnan(matched_mean(ours.depth_mm(), ours, nowhere))


def test_the_table_is_whole_markdown(errors_with, tmp_path):
    a, b = errors_with(np.full(20, 0.1), 10.0), errors_with(np.zeros(20), 10.0, "b")
    write_realism(tmp_path / "r.md", a, b, "python main.py compare a b")
    tables = [line for line in (tmp_path / "r.md").read_text().splitlines() if line.startswith("|")]
    assert "| left wrist | 100 / 0 | 0 / 0 | 100 / 0 | 0 / 0 |" in tables
    assert {line.count("|") for line in tables} == {6, 7, 14}
    assert "python main.py compare a b" in (tmp_path / "r.md").read_text()


def test_pairs_without_truth_are_one_sentence(tmp_path, pairs_of):
    pairs = pairs_of(5)
    save_pairs(tmp_path / "n.npz", replace(pairs, ground_truth=np.full((5, 17, 3), np.nan)))
    with pytest.raises(DataError, match="no error to see"):
        errors_of_pairs([tmp_path / "n.npz"], "n")
