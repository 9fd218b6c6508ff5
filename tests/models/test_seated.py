"""People whose hips nobody saw: everything is compared about the middle of their shoulders."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import DataError
from core.pose.geometry import mid_shoulder, on_known_root
from core.pose.skeleton import BODY
from core.refinement.refiner import Refinement
from core.sequence.pairs import save_pairs, write_index
from models.baselines.raw import training_frames
from models.data.pose_pool import save_pose_pool
from models.evaluation.measure import evaluate_pairs
from models.evaluation.pair_facts import gather
from models.evaluation.realism import errors_of_pairs
from models.network.refiner_network import Prediction, on_root_of
from models.training.augmentation import scale_error
from models.training.config import TrainConfig
from models.training.dataset import PairDataset
from models.training.losses import LossWeights, total_loss
from models.training.projection import ProjectionConfig, lend_errors
from models.training.trainer import train

UPPER = slice(0, 11)


def seated(pairs):
    """Return the pairs of somebody whose hips and legs are below the picture."""
    truth = pairs.ground_truth - mid_shoulder(pairs.ground_truth)[:, None]
    truth[:, 11:] = np.nan
    unknown = np.full(len(pairs), np.nan)
    return replace(
        pairs, ground_truth=truth, azimuth=unknown, elevation=unknown, camera_relative=np.full((len(pairs), 3), np.nan)
    )


@pytest.fixture
def desk(tmp_path, pairs_of):
    """Return a folder of seated people and what they were before."""
    whole = pairs_of(60, 5)
    save_pairs(tmp_path / "desk" / "a.npz", seated(whole))
    save_pairs(tmp_path / "desk" / "b.npz", seated(pairs_of(40, 6)))
    write_index(tmp_path / "desk", {"a.npz": "train", "b.npz": "val"}, {})
    return tmp_path / "desk", whole


class Says:
    """A refiner that gives the joints that it was made with."""

    def __init__(self, joints):
        self.joints = joints

    def refine_batch(self, poses, visibility, poses_2d=None):
        return Refinement(self.joints, np.tile([0.0, 0, 1], (len(poses), 1)), np.full(poses.shape[:2], 0.05))


def test_root_is_what_the_truth_knows(standing_ray):
    hips = standing_ray[None] + [0.3, 0, 0]
    truth, joints = on_known_root(hips, hips + [0, 0.2, 0])
    np.testing.assert_allclose(truth, joints, atol=1e-12)
    np.testing.assert_allclose(truth[0, [11, 12]].mean(axis=0), 0, atol=1e-12)
    half = hips.copy()
    half[0, 12] = np.nan  # one hip makes no middle
    truth, joints = on_known_root(half, hips)
    np.testing.assert_allclose(mid_shoulder(truth), 0, atol=1e-12)
    np.testing.assert_allclose(joints[0, :12], truth[0, :12], atol=1e-12)
    half[0, 5] = np.nan
    np.testing.assert_array_equal(on_known_root(half, hips)[0], half)  # neither: the origin it was stored with


def test_a_perfect_refiner_has_no_error(desk):
    folder, whole = desk
    result = evaluate_pairs([folder / "a.npz"], Says(whole.ground_truth))
    assert result["refined"]["mpjpe_mm"] == pytest.approx(0, abs=1e-3)
    assert result["n_frames"] == 60
    raw = whole.corrupted - mid_shoulder(whole.corrupted)[:, None]
    truth = whole.ground_truth - mid_shoulder(whole.ground_truth)[:, None]
    depth = 1000 * np.abs(raw - truth)[:, BODY][:, :6, 2].mean()
    assert result["raw"]["depth_mm"] == pytest.approx(depth, rel=1e-4)
    assert np.isnan(result["viewpoint"]["azimuth_median_deg"])


def test_facts_and_realism_measure_alike(desk):
    folder, _ = desk
    raw = evaluate_pairs([folder / "a.npz"], Says(np.zeros((60, 17, 3))))["raw"]
    facts = gather(folder / "a.npz")[0]
    assert np.nanmean(facts.error_mm) == pytest.approx(raw["mpjpe_mm"], rel=1e-4)
    assert np.nanmean(errors_of_pairs([folder / "a.npz"], "desk").mpjpe_mm()) == pytest.approx(
        raw["mpjpe_mm"], rel=1e-4
    )


def test_no_loss_for_the_truth_and_some_for_a_bent_arm(desk):
    folder, whole = desk
    frames = PairDataset.load([folder], "train").frames
    hip_centred = torch.from_numpy(whole.ground_truth).float()
    assert torch.allclose(on_root_of(frames.truth, hip_centred)[:, UPPER], frames.truth[:, UPPER], atol=1e-5)
    camera = torch.tensor([[0.0, 0, 1]]).repeat(60, 1)
    _, parts = total_loss(
        Prediction(hip_centred, camera, torch.full((60, 17), 0.05)), frames.truth, frames.direction, LossWeights()
    )
    assert all(float(parts[name]) < 1e-5 for name in ("depth", "sideways", "bone_length", "camera"))
    moved = hip_centred.clone()
    moved[:, 9, 2] += 0.1
    _, parts = total_loss(
        Prediction(moved, camera, torch.full((60, 17), 0.05)), frames.truth, frames.direction, LossWeights()
    )
    assert float(parts["depth"]) > 0.01


def test_less_error_is_nearer_to_the_truth_about_the_shoulders(desk):
    frames = PairDataset.load([desk[0]], "train").frames
    none = scale_error(frames, torch.zeros(60))
    assert torch.allclose(on_root_of(frames.truth, none.pose)[:, UPPER], frames.truth[:, UPPER], atol=1e-5)
    assert torch.allclose(none.pose[:, 11:], frames.pose[:, 11:])
    assert torch.allclose(scale_error(frames, torch.ones(60)).pose, frames.pose, atol=1e-6)


def test_nobody_without_hips_lends_an_error(desk, pair_folder):
    frames = PairDataset.load([pair_folder, desk[0]], "train").frames
    filmed = frames._replace(pose=frames.truth, truth=frames.truth)
    filmed = type(frames)(*(column[:20] for column in filmed))
    lent = lend_errors(
        filmed, frames, ProjectionConfig(n_neighbours=150, drop_depth=0.0), torch.Generator().manual_seed(0)
    )
    # MediaPipe of these pairs errs by centimetres; the shoulders of somebody seated are half a metre from the hips
    assert float((lent.pose - filmed.truth).norm(dim=-1).max()) < 0.4
    assert len(frames.pose) == 192 + 60


def test_baselines_learn_from_hips_only(desk, pairs_of):
    with pytest.raises(DataError, match="no frame to fit"):
        training_frames([seated(pairs_of(10))])
    assert len(training_frames([seated(pairs_of(10)), pairs_of(7)])[0]) == 7


def test_training_takes_them(desk, tmp_path):
    config = TrainConfig(pairs=(str(desk[0]),), epochs=1, batch_size=32)
    result = train(config, tmp_path / "run")
    measured = evaluate_pairs([desk[0] / "b.npz"], Says(np.zeros((40, 17, 3))))
    assert result.history[-1]["val_raw_depth_mm"] == pytest.approx(measured["raw"]["depth_mm"], rel=1e-4)
    assert np.isfinite(result.history[-1]["val_depth_mm"])
    pool = tmp_path / "poses.npz"
    save_pose_pool(pool, desk[1].ground_truth.astype(np.float32), {})
    with pytest.raises(DataError, match="Filmed poses borrow"):
        train(replace(config, poses=str(pool)), tmp_path / "other")
