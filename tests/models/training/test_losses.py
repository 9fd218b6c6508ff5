import math

import pytest
import torch

from models.network.refiner_network import Prediction
from models.training.losses import (
    LossWeights,
    bone_length_loss,
    camera_loss,
    depth_loss,
    sideways_loss,
    sigma_loss,
    symmetry_loss,
    total_loss,
)


@pytest.fixture
def truth(standing_ray) -> torch.Tensor:
    return torch.from_numpy(standing_ray).float().repeat(4, 1, 1)


def stretched(truth: torch.Tensor, metres: float) -> torch.Tensor:
    """Lengthen the left forearm, along all three axes."""
    moved = truth.clone()
    moved[:, 9] += metres * torch.tensor([1.0, 2.0, 2.0]) / 3
    return moved


@pytest.mark.parametrize("loss", [depth_loss, sideways_loss, bone_length_loss])
def test_zero_when_equal_and_growing_with_the_error(loss, truth):
    assert loss(truth, truth) == 0
    values = [float(loss(stretched(truth, d), truth)) for d in (0.0, 0.05, 0.1, 0.2)]
    assert values == sorted(values)
    assert values[1] > 0


def test_depth_and_sideways_are_apart(truth):
    deeper = truth + torch.tensor([0.0, 0.0, 0.1])
    assert depth_loss(deeper, truth) == pytest.approx(0.1)
    assert sideways_loss(deeper, truth) == 0
    aside = truth + torch.tensor([0.1, 0.0, 0.0])
    assert depth_loss(aside, truth) == 0
    assert sideways_loss(aside, truth) == pytest.approx(0.05)  # mean over x and y


def test_bone_length_by_hand(truth):
    longer = truth.clone()
    longer[:, 15, 1] += 0.2  # left ankle, straight down the shin but for 0.05 in depth
    shin = math.hypot(0.41, 0.05)
    assert bone_length_loss(longer, truth) == pytest.approx((math.hypot(0.61, 0.05) - shin) / 10, abs=1e-4)


def test_symmetry(truth):
    assert symmetry_loss(truth) == pytest.approx(0, abs=1e-6)
    values = [float(symmetry_loss(stretched(truth, d))) for d in (0.05, 0.1, 0.2)]
    assert 0 < values[0] < values[1] < values[2]


def test_camera_is_one_minus_cosine():
    front = torch.tensor([[0.0, 0.0, 1.0]])
    for degrees in (0, 30, 90, 180):
        turned = torch.tensor([[math.sin(math.radians(degrees)), 0.0, math.cos(math.radians(degrees))]])
        assert camera_loss(turned, front) == pytest.approx(1 - math.cos(math.radians(degrees)), abs=1e-6)


def test_sigma_is_best_where_it_tells_the_truth(truth):
    errors = torch.distributions.Laplace(0.0, 0.05 / math.sqrt(2)).sample((4000, 17))
    refined = torch.zeros(4000, 17, 3)
    refined[..., 2] = errors
    nothing = torch.zeros(4000, 17, 3)
    losses = {s: float(sigma_loss(torch.full((4000, 17), s), refined, nothing)) for s in (0.02, 0.05, 0.12)}
    assert losses[0.05] < losses[0.02]
    assert losses[0.05] < losses[0.12]


def test_sigma_does_not_move_the_joints(truth):
    refined = stretched(truth, 0.1).requires_grad_()
    sigma = torch.full((4, 17), 0.05, requires_grad=True)
    sigma_loss(sigma, refined, truth).backward()
    assert refined.grad is None
    assert sigma.grad.abs().sum() > 0


def test_nan_truth_is_masked_also_in_the_gradient(truth):
    partial = truth.clone()
    partial[0] = math.nan
    partial[1, 9, 2] = math.nan
    refined = stretched(truth, 0.1).requires_grad_()
    for loss in (depth_loss, sideways_loss, bone_length_loss):
        value = loss(refined, partial)
        assert torch.isfinite(value)
        assert value > 0
        value.backward()
        assert torch.isfinite(refined.grad).all()
        assert (refined.grad[0] == 0).all()
        refined.grad = None
    full, kept = stretched(truth, 0.1), depth_loss(stretched(truth[2:], 0.1), truth[2:])
    partial[1] = math.nan
    assert depth_loss(full, partial) == pytest.approx(float(kept))


def test_no_truth_at_all_is_zero(truth):
    nothing = torch.full_like(truth, math.nan)
    prediction = Prediction(truth, torch.tensor([[0.0, 0.0, 1.0]] * 4), torch.full((4, 17), 0.05))
    total, parts = total_loss(prediction, nothing, torch.full((4, 3), math.nan), LossWeights(symmetry=0.0))
    assert total == 0
    assert all(torch.isfinite(value) for value in parts.values())


def test_total_is_the_weighted_sum(truth):
    prediction = Prediction(stretched(truth, 0.1), torch.tensor([[0.0, 0.6, 0.8]] * 4), torch.full((4, 17), 0.05))
    direction = torch.tensor([[0.0, 0.0, 1.0]] * 4)
    weights = LossWeights(depth=2.0, sideways=3.0, bone_length=5.0, symmetry=7.0, camera=11.0, sigma=13.0)
    total, parts = total_loss(prediction, truth, direction, weights)
    expected = sum(w * float(parts[n]) for n, w in vars(weights).items())
    assert total == pytest.approx(expected)
