"""The mean of several looks, each refined by itself, against the truth that they share."""

from dataclasses import replace

import numpy as np
import pytest

from core.detection.looks import parse_looks
from core.errors import DataError
from core.refinement.refiner import DepthRefiner, Refinement
from core.sequence.pairs import load_pairs, save_pairs
from models.baselines.raw import Raw
from models.evaluation.fused import evaluate_looks, fused_stream
from models.evaluation.measure import evaluate_pairs

LOOKS = parse_looks("full,full-mirrored")


@pytest.fixture
def seen(tmp_path, pairs_of):
    """Return a maker of two looks whose depth errs by 6 and by -2 cm: their mean errs by 2."""
    pairs = pairs_of(30, seed=4, sequence="walk", subject="anna", camera="c1")

    def make(drop=0, **second):
        files = []
        for name, error, mirrored in (("a.npz", 0.06, False), ("b.npz", -0.02, True)):
            joints = pairs.ground_truth.copy()
            joints[:, 13:, 2] += error  # not the hips, about which everything is centred
            meta = {**pairs.meta, "mirrored": mirrored, **(second if mirrored else {})}
            look = replace(pairs, corrupted=joints, meta=meta)
            if mirrored and drop:
                keep = slice(drop, None)
                arrays = {k: v[keep] for k, v in vars(look).items() if isinstance(v, np.ndarray) and len(v) == 30}
                look = replace(look, **arrays)
            save_pairs(tmp_path / name, look)
            files.append(tmp_path / name)
        return files

    return make


def test_errors_that_differ_cancel(seen):
    files = seen()
    result = evaluate_looks(files, LOOKS, lambda _variant: Raw())
    assert result["n_frames"] == 30
    single = evaluate_pairs(files[:1], Raw())["refined"]["depth_mm"]
    assert single == pytest.approx(4 / 12 * 60, rel=1e-3)
    assert result["refined"]["depth_mm"] == pytest.approx(4 / 12 * 20, rel=1e-3)
    assert result["raw"]["depth_mm"] == pytest.approx(4 / 12 * 20, rel=1e-3)


def test_a_look_that_missed_a_frame_is_left_out_of_its_mean(seen):
    result = evaluate_looks(seen(drop=15), LOOKS, lambda _variant: Raw())
    assert result["n_frames"] == 30
    assert result["refined"]["depth_mm"] == pytest.approx(4 / 12 * (60 + 20) / 2, rel=1e-3)


def test_every_variant_has_its_refiner(seen):
    asked = []

    def refiner_of(variant):
        asked.append(variant)
        return Raw()

    evaluate_looks(seen(pose_variant="heavy"), parse_looks("full,heavy-mirrored"), refiner_of)
    assert sorted(asked) == ["full", "heavy"]


def test_a_missing_look_is_said(seen):
    with pytest.raises(DataError, match="no pairs of the look heavy for"):
        evaluate_looks(seen(), parse_looks("full,heavy"), lambda _variant: Raw())
    with pytest.raises(DataError, match="No frame of the 2 pair files"):
        evaluate_looks(seen(), parse_looks("lite"), lambda _variant: Raw())


def test_a_mirrored_look_is_refined_as_it_was_seen(seen):
    """A refiner that moves only what it takes for the left wrist moves the right one of a person in the mirror."""

    class LeftWrist(DepthRefiner):
        def __init__(self):
            self.ages_s = ()

        def refine_stream(self, poses, visibility, poses_2d=None, *, time_s):
            joints = poses.copy()
            joints[:, 9] += [0.3, 0.0, 0.0]
            return Refinement(joints, np.tile([0.6, 0.0, 0.8], (len(poses), 1)), np.full(poses.shape[:2], 0.1))

    files = seen()
    by_name = {name: load_pairs(path) for name, path in zip(("full", "full-mirrored"), files, strict=True)}
    alone = {name: fused_stream({name: pairs}, lambda _variant: LeftWrist()) for name, pairs in by_name.items()}
    moved = {name: stream.refined - stream.raw for name, stream in alone.items()}
    np.testing.assert_allclose(moved["full"][:, 9], np.tile([0.3, 0, 0], (30, 1)), atol=1e-6)
    np.testing.assert_allclose(moved["full-mirrored"][:, 10], np.tile([-0.3, 0, 0], (30, 1)), atol=1e-6)
    np.testing.assert_allclose(moved["full-mirrored"][:, 9], 0, atol=1e-6)
    np.testing.assert_allclose(alone["full-mirrored"].direction[0], [-0.6, 0, 0.8], atol=1e-6)
