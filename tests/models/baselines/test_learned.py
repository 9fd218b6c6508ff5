from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import DataError
from core.pose import metrics
from core.pose.skeleton import LEFT_ANKLE, LEFT_KNEE, LEFT_WRIST, RIGHT_KNEE
from models.baselines.fitting import train_frames, train_stream
from models.baselines.learned import LearnedFrames, LearnedStream, fit_learned
from models.baselines.nets import GraphLifter, MlpLifter, SemanticGraphLayer, SmoothingNet
from models.evaluation.measure import evaluate_pairs

pytestmark = pytest.mark.train

ROWS = [
    "SmoothNet-like", "MLP lifter, 2D only", "graph lifter, 2D only", "MLP, 2D and 3D",
    "MLP lifter's depth blended with MediaPipe's", "half MLP lifter, half MediaPipe", "half MLP, half MediaPipe",
    "half MLP across, 70 % in depth",
]  # fmt: skip


def depth_mm(refiner, pairs):
    found = refiner.refine_batch(pairs.corrupted, pairs.visibility, pairs.pose_2d).joints_m
    return 1000 * metrics.depth_error(found, pairs.ground_truth).mean()


def test_a_network_that_sees_both_learns_a_systematic_error(pairs_of):
    torch.manual_seed(0)
    net = MlpLifter(sees_pose=True, width=64)
    training = train_frames(net, [pairs_of(400, 1)], 15_000)
    unseen = pairs_of(100, 2)
    raw_mm = 1000 * metrics.depth_error(unseen.corrupted, unseen.ground_truth).mean()
    assert depth_mm(LearnedFrames(net), unseen) < 0.8 * raw_mm
    assert training.n_samples == pytest.approx(15_000, abs=512)


@pytest.mark.parametrize("make", [lambda: MlpLifter(sees_pose=False), GraphLifter])
def test_a_lifter_sees_no_mediapipe_depth_and_no_scale_of_the_image(pairs_of, make):
    lifter, pairs = LearnedFrames(make()), pairs_of(10)
    elsewhere = pairs.corrupted * [1.0, 1.0, 3.0]
    before = lifter.refine_batch(pairs.corrupted, pairs.visibility, pairs.pose_2d).joints_m
    after = lifter.refine_batch(elsewhere, pairs.visibility, 2 * pairs.pose_2d + 50).joints_m
    np.testing.assert_allclose(before, after, atol=1e-4)


def test_sizes_are_like_the_refiners():
    assert sum(p.numel() for p in MlpLifter(sees_pose=False).parameters()) == pytest.approx(226_000, rel=0.1)


def test_a_graph_layer_looks_at_neighbours_only():
    layer = SemanticGraphLayer(1, 1)
    before = torch.zeros(1, 17, 1)
    after = before.clone()
    after[0, LEFT_KNEE] = 1.0
    changed = (layer(after) - layer(before)).flatten().nonzero().flatten().tolist()
    assert set(changed) == {LEFT_KNEE, LEFT_ANKLE, RIGHT_KNEE, 11}


def shaking(pairs_of, n, seed, fps=60):
    """A person who stands still while MediaPipe shakes."""
    pairs = pairs_of(n, seed)
    still = np.repeat(pairs.ground_truth[:1], n, axis=0)
    noise = np.random.default_rng(seed).normal(0, 0.03, still.shape)
    noise -= noise[:, [11, 12]].mean(axis=1, keepdims=True)
    return replace(pairs, ground_truth=still, corrupted=still + noise, timestamp_s=np.arange(n) / fps)


def test_the_smoother_smooths_and_sees_no_future(pairs_of):
    torch.manual_seed(0)
    net = SmoothingNet(width=32, n_blocks=1)
    train_stream(net, [shaking(pairs_of, 200, 1), shaking(pairs_of, 150, 2, 30)], 15_000)
    pairs, smoother = shaking(pairs_of, 80, 3), LearnedStream(net)
    found = smoothed(smoother, pairs.corrupted, pairs.timestamp_s)
    before, after = (metrics.mpjpe(j[30:], pairs.ground_truth[30:]).mean() for j in (pairs.corrupted, found))
    assert after < 0.6 * before
    start = smoothed(smoother, pairs.corrupted[:40], pairs.timestamp_s[:40])
    np.testing.assert_allclose(found[:40], start, atol=1e-6)


def smoothed(smoother, poses, time_s):
    return smoother.refine_stream(poses, np.ones(poses.shape[:2]), time_s=time_s).joints_m


def test_a_stream_forgets_after_a_pause_and_passes_over_a_hole(pairs_of):
    net = SmoothingNet()
    torch.nn.init.normal_(net.leave.weight)
    smoother, poses = LearnedStream(net), pairs_of(12).corrupted
    times = np.arange(12) / 30
    found = smoothed(smoother, poses, times)
    assert not np.allclose(found[6:], smoothed(smoother, poses[6:], times[6:]))
    paused = smoothed(smoother, poses, times + 5.0 * (np.arange(12) >= 6))
    np.testing.assert_allclose(paused[6:], smoothed(smoother, poses[6:], times[6:]), atol=1e-6)
    poses[3] = np.nan
    with_hole = smoothed(smoother, poses, times)
    assert np.flatnonzero(np.isnan(with_hole).any(axis=(1, 2))).tolist() == [3]
    none = smoothed(smoother, np.full((2, 17, 3), np.nan), times[:2])
    assert np.isnan(none).all()


def test_the_whole_suite_trains_and_can_be_measured(pair_folder, pairs_of):
    told = []
    no_wrist = pairs_of(40, 5)
    no_wrist.ground_truth[:, LEFT_WRIST] = np.nan
    pool = pairs_of(30).ground_truth.astype(np.float32) * [1, -1, -1]
    learned = fit_learned(
        [pairs_of(60, 4), no_wrist], 1024, pool.astype(np.float32), lambda name, share: told.append((name, share))
    )
    assert list(learned.refiners) == ROWS
    assert list(learned.trainings) == ROWS[:4]
    assert {name for name, share in told if share == 1} == set(ROWS[:4])
    for refiner in learned.refiners.values():
        assert np.isfinite(evaluate_pairs([pair_folder / "c.npz"], refiner)["refined"]["depth_mm"])


def test_equal_seeds_give_equal_networks(pairs_of):
    nets = []
    for _ in range(2):
        torch.manual_seed(3)
        nets.append(MlpLifter(sees_pose=True, width=16))
        train_frames(nets[-1], [pairs_of(60)], 1024)
    for first, second in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(first, second)


def test_nothing_to_learn_from_is_one_sentence(pairs_of):
    blind = replace(pairs_of(10), ground_truth=np.full((10, 17, 3), np.nan))
    with pytest.raises(DataError, match="no frame to fit"):
        fit_learned([blind], 1024)
