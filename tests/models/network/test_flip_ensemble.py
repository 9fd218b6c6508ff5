import pytest
import torch

from models.network.flip_ensemble import Averaged, FlipEnsemble
from models.network.refiner_network import NetworkConfig, PoseAwareDepthRefiner, Prediction
from models.training.augmentation import mirror
from models.training.dataset import Batch, PairDataset


@pytest.fixture
def batch(pair_folder) -> Batch:
    return PairDataset.load([pair_folder], "val")[range(16)]


@pytest.fixture
def lopsided() -> PoseAwareDepthRefiner:
    """An untrained network, which does not know that left and right are alike."""
    torch.manual_seed(0)
    network = PoseAwareDepthRefiner(NetworkConfig(width=16, n_layers=1))
    torch.nn.init.normal_(network.backbone.leave[-1].weight, std=0.5)
    return network.eval()


def refined_mirror(network: torch.nn.Module, batch: Batch) -> Prediction:
    """Refine the mirrored scene and mirror the answer back."""
    flipped = mirror(batch)
    with torch.inference_mode():
        out = network(flipped.pose, flipped.visibility, flipped.pose_2d)
    back = mirror(Batch(out.refined, out.sigma, flipped.pose_2d, out.refined, out.camera))
    return Prediction(back.pose, back.direction, back.visibility)


def test_a_mirrored_scene_gets_the_mirrored_answer(lopsided, batch):
    symmetric = FlipEnsemble(lopsided)
    with torch.inference_mode():
        direct = symmetric(batch.pose, batch.visibility, batch.pose_2d)
        alone = lopsided(batch.pose, batch.visibility, batch.pose_2d)
    for a, b in zip(direct, refined_mirror(symmetric, batch), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
    assert (alone.refined - refined_mirror(lopsided, batch).refined).abs().max() > 0.01


def test_it_is_the_mean_of_both_and_the_camera_stays_a_direction(lopsided, batch):
    with torch.inference_mode():
        mean = FlipEnsemble(lopsided)(batch.pose, batch.visibility, batch.pose_2d)
        alone = lopsided(batch.pose, batch.visibility, batch.pose_2d)
    other = refined_mirror(lopsided, batch)
    torch.testing.assert_close(mean.refined, (alone.refined + other.refined) / 2)
    torch.testing.assert_close(mean.camera.norm(dim=-1), torch.ones(16))
    assert (mean.sigma > 0).all()


def test_networks_are_averaged(lopsided, batch):
    torch.manual_seed(1)
    other = PoseAwareDepthRefiner(NetworkConfig(width=16, n_layers=1)).eval()
    torch.nn.init.normal_(other.backbone.leave[-1].weight, std=0.5)
    inputs = batch.pose, batch.visibility, batch.pose_2d
    with torch.inference_mode():
        both, a, b = (n(*inputs) for n in (Averaged([lopsided, other]), lopsided, other))
    torch.testing.assert_close(both.refined, (a.refined + b.refined) / 2)
    torch.testing.assert_close(both.sigma, (a.sigma + b.sigma) / 2)
    torch.testing.assert_close(both.camera.norm(dim=-1), torch.ones(len(batch.pose)))
    assert (a.refined - b.refined).abs().max() > 0.01
