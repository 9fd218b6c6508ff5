from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import SettingsError
from core.pose.geometry import direction_from_angles, level_viewpoint_direction
from models.network.refiner_network import (
    TRANSFORMER,
    NetworkConfig,
    PoseAwareDepthRefiner,
    count_parameters,
    level_direction,
    view_fourier_features,
    viewpoint_features,
)


@pytest.fixture(params=[NetworkConfig(), TRANSFORMER], ids=["dense", "transformer"])
def network(request) -> PoseAwareDepthRefiner:
    torch.manual_seed(0)
    network = PoseAwareDepthRefiner(request.param).eval()
    torch.nn.init.normal_(network.backbone.leave[-1].weight, std=0.3)  # as if trained: corrections of centimetres
    return network


@pytest.fixture
def inputs(pairs_of) -> tuple[torch.Tensor, ...]:
    pairs = pairs_of(8)
    arrays = (pairs.corrupted, pairs.visibility, pairs.pose_2d)
    return tuple(torch.from_numpy(array.astype(np.float32)) for array in arrays)


def test_size():
    assert 200_000 < count_parameters(PoseAwareDepthRefiner(replace(TRANSFORMER, ages_s=()))) < 250_000
    assert count_parameters(PoseAwareDepthRefiner(TRANSFORMER)) < 300_000
    assert 4 * count_parameters(PoseAwareDepthRefiner()) < 5e6  # bytes that an exported refiner may have


def test_outputs(network, inputs):
    refined, camera, sigma = network(*inputs)
    assert (refined.shape, camera.shape, sigma.shape) == ((8, 17, 3), (8, 3), (8, 17))
    assert torch.allclose((refined[:, 11] + refined[:, 12]) / 2, torch.zeros(8, 3), atol=1e-6)
    assert torch.allclose(camera.norm(dim=-1), torch.ones(8), atol=1e-5)
    assert (sigma > 0).all()


def test_untrained_changes_little(inputs):
    torch.manual_seed(0)
    refined, _, _ = PoseAwareDepthRefiner()(*inputs)
    pose = inputs[0] - (inputs[0][:, 11:12] + inputs[0][:, 12:13]) / 2
    assert (refined - pose)[..., :2].abs().max() < 0.05
    assert (refined - pose).abs().max() < 0.15


def test_origin_and_image_scale_do_not_matter(network, inputs):
    pose, visibility, pose_2d = inputs
    for changed in (
        (pose + torch.tensor([0.3, -0.2, 4.0]), visibility, pose_2d),
        (pose, visibility, 3.7 * pose_2d + torch.tensor([-200.0, 55.0])),
    ):
        for a, b in zip(network(*inputs), network(*changed), strict=True):
            assert torch.allclose(a, b, atol=2e-4)


def test_each_frame_is_by_itself(network, inputs):
    whole = network(*inputs)
    alone = network(*(x[3:4] for x in inputs))
    for a, b in zip(whole, alone, strict=True):
        assert torch.allclose(a[3:4], b, atol=1e-5)


@pytest.mark.parametrize("what", ["all in one point", "a point in the image", "a vertical line"])
def test_degenerate_people_give_numbers(network, inputs, what):
    pose, visibility, pose_2d = (x.clone().requires_grad_() for x in inputs)
    changed = {
        "all in one point": (pose * 0, visibility, pose_2d),
        "a point in the image": (pose, visibility, pose_2d * 0),
        "a vertical line": (pose * torch.tensor([0.0, 1.0, 0.0]), visibility, pose_2d * torch.tensor([0.0, 1.0])),
    }[what]
    outputs = network(*changed)
    assert all(torch.isfinite(x).all() for x in outputs)
    sum(x.sum() for x in outputs).backward()
    assert torch.isfinite(pose.grad).all()
    assert torch.isfinite(pose_2d.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def test_level_direction_is_that_of_core(inputs):
    expected = level_viewpoint_direction(inputs[0].double().numpy())
    assert np.allclose(level_direction(inputs[0]).numpy(), expected, atol=1e-4)


def test_fourier_features_are_multiples_of_the_angles():
    azimuth, elevation = np.meshgrid(np.deg2rad(np.arange(0, 360, 15)), np.deg2rad([-60, -10, 0, 35]))
    azimuth, elevation = azimuth.ravel(), elevation.ravel()
    camera = torch.from_numpy(direction_from_angles(azimuth, elevation))
    found = view_fourier_features(camera, 4).numpy()
    expected = [f(k * angle) for angle in (azimuth, elevation) for k in (1, 2, 3, 4) for f in (np.sin, np.cos)]
    assert np.allclose(found, np.stack(expected, -1), atol=1e-4)


def test_features_of_a_known_pose(standing_ray):
    pose = torch.from_numpy(standing_ray[None, :, :2])
    names = [
        "shoulder_dy", "hip_dy", "shoulder_w", "hip_w", "arm_l", "arm_r", "leg_l", "leg_r", "arm_ratio",
        "leg_ratio", "torso_h", "torso_w", "aspect", "nose", "centre",
    ]  # fmt: skip
    front = dict(zip(names, viewpoint_features(pose)[0].tolist(), strict=True))
    assert front["shoulder_dy"] == front["hip_dy"] == 0
    assert front["shoulder_w"] == pytest.approx(0.36)
    assert front["hip_w"] == pytest.approx(0.2)
    assert front["arm_l"] == pytest.approx(np.hypot(0.07, 0.28) + np.hypot(0.03, 0.24))
    assert front["leg_r"] == pytest.approx(np.hypot(0.01, 0.42) + 0.41)
    assert front["arm_ratio"] == pytest.approx(0, abs=1e-6)
    assert front["torso_h"] == pytest.approx(0.5)
    assert front["torso_w"] == pytest.approx(0.28)
    assert front["aspect"] == pytest.approx(0.28 / 0.55)
    behind = dict(zip(names, viewpoint_features(pose * torch.tensor([-1.0, 1.0]))[0].tolist(), strict=True))
    assert behind["shoulder_w"] == pytest.approx(-0.36)


def test_viewpoint_conditions_the_refinement(network, inputs):
    before = network(*inputs).refined
    with torch.no_grad():
        network.camera.layers[-1].bias += torch.tensor([5.0, 0.0, 0.0])
    assert (network(*inputs).refined - before).abs().max() > 1e-3


def test_config_sizes_are_used():
    assert count_parameters(PoseAwareDepthRefiner(replace(TRANSFORMER, width=32, ages_s=()))) < 150_000
    assert count_parameters(PoseAwareDepthRefiner(NetworkConfig(width=64, n_layers=1))) < 150_000


@pytest.mark.parametrize("wrong", [{"backbone": "graph"}, {"blind_to": ("sound",)}])
def test_what_a_network_cannot_be_is_said(wrong):
    with pytest.raises(SettingsError, match=str(next(iter(wrong.values()))).strip("(),'")):
        NetworkConfig(**wrong)


def test_blindfolds_take_one_input_away(inputs):
    pose, visibility, pose_2d = inputs
    changes = {
        "depth": (pose * torch.tensor([1.0, 1.0, 0.5]), visibility, pose_2d),
        "image": (pose, visibility, pose_2d + 5 * torch.randn(pose_2d.shape)),
        "visibility": (pose, visibility * 0.3, pose_2d),
    }
    for name, changed in changes.items():
        torch.manual_seed(0)
        blind = PoseAwareDepthRefiner(NetworkConfig(blind_to=(name,))).eval()
        torch.nn.init.normal_(blind.backbone.leave[-1].weight, std=0.3)
        before, after = blind(*inputs), blind(*changed)
        assert torch.equal(before.refined, after.refined), name
        for other in changes.keys() - {name}:
            assert not torch.equal(before.refined, blind(*changes[other]).refined), (name, other)


def test_a_network_blind_to_the_viewpoint_still_predicts_it(inputs):
    torch.manual_seed(0)
    blind = PoseAwareDepthRefiner(NetworkConfig(blind_to=("viewpoint",))).eval()
    torch.nn.init.normal_(blind.backbone.leave[-1].weight, std=0.3)
    before = blind(*inputs)
    with torch.no_grad():
        blind.camera.layers[-1].bias += torch.tensor([5.0, 0.0, 0.0])
    after = blind(*inputs)
    assert torch.equal(before.refined, after.refined)
    assert (before.camera - after.camera).abs().max() > 0.01


def test_half_precision_keeps_millimetres(network, inputs):
    whole = network(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        half = network(*inputs)
    still = inputs[0] - (inputs[0][:, 11:12] + inputs[0][:, 12:13]) / 2
    correction = (whole.refined - still).norm(dim=-1)
    assert half.refined.dtype == torch.float32
    assert ((half.refined - whole.refined).norm(dim=-1) < 0.05 * correction.max() + 1e-6).all()


def test_a_window_of_one_frame_repeated_is_that_frame(network):
    pose, visibility, pose_2d = torch.randn(3, 17, 3), torch.rand(3, 17), torch.randn(3, 17, 2)
    alone = network(pose, visibility, pose_2d)
    repeated = network(*(x[:, None].expand(-1, 5, *x.shape[1:]) for x in (pose, visibility, pose_2d)))
    torch.testing.assert_close(alone.refined, repeated.refined)


def test_the_past_matters_and_only_the_present_is_answered(network):
    pose, visibility, pose_2d = torch.randn(2, 5, 17, 3), torch.rand(2, 5, 17), torch.randn(2, 5, 17, 2)
    answer = network(pose, visibility, pose_2d)
    assert answer.refined.shape == (2, 17, 3)
    changed = pose.clone()
    changed[:, 4] += torch.randn(2, 17, 3)
    again = network(changed, visibility, pose_2d)
    assert (again.refined - answer.refined).abs().max() > 1e-3
    assert (again.camera - answer.camera).abs().max() > 1e-4
