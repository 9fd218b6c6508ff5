"""What the refiner is taught: depth, sideways, bone length, symmetry, camera, and an honest sigma.

Every function returns one scalar, the mean over whatever has a ground truth; NaN in the truth masks, and a batch
without any truth gives 0. Joints are (N, 17, 3) metres, view-ray frame, hip-centred; `total_loss` compares people
whose hips nobody saw about the middle of their shoulders.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.pose.skeleton import BONES, N_JOINTS
from models.network.refiner_network import Prediction, on_root_of

_LIMBS = torch.tensor(BONES[:8].reshape(4, 2, 2))  # (4, left and right, parent and child)
_BONES = torch.tensor(BONES)
_FACE_WEIGHT = 0.3  # the face points are reported apart from the body and count less
_JOINT_WEIGHT = torch.tensor([_FACE_WEIGHT] * 5 + [1.0] * (N_JOINTS - 5))
_TINY = 1e-8
WITHIN_SIGMA = 1.0 - math.exp(-math.sqrt(2.0))
"""Share of a Laplace distribution within one standard deviation, 0.757."""


@dataclass(frozen=True)
class LossWeights:
    """How much each part counts in the total."""

    depth: float = 1.0
    sideways: float = 0.5
    bone_length: float = 0.5
    symmetry: float = 0.1
    camera: float = 0.1
    sigma: float = 0.01


def masked_mean(values: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the weighted mean of the values where `mask` holds, 0 where it never does; NaN outside is harmless."""
    w = mask.to(values.dtype) if weight is None else mask * weight
    return (torch.where(mask, values, 0.0) * w).sum() / w.sum().clamp(min=_TINY)


def _compare(predicted: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Return predicted - truth and where there is a truth; the difference is 0, also in its gradient, elsewhere."""
    known = torch.isfinite(truth)
    return torch.where(known, predicted - torch.where(known, truth, 0.0), 0.0), known


def depth_loss(refined: Tensor, truth: Tensor) -> Tensor:
    """Return the mean |depth error|, metres; face points count 0.3."""
    error, known = _compare(refined[..., 2], truth[..., 2])
    return masked_mean(error.abs(), known, _JOINT_WEIGHT.to(error.device))


def sideways_loss(refined: Tensor, truth: Tensor) -> Tensor:
    """Return the mean |error| across the view ray, x and y alike, metres; face points count 0.3."""
    error, known = _compare(refined[..., :2], truth[..., :2])
    return masked_mean(error.abs(), known, _JOINT_WEIGHT[:, None].to(error.device))


def bone_lengths(joints: Tensor) -> Tensor:
    """Return the (N, 10) lengths of `core.pose.skeleton.BONES`, metres; NaN where an end is."""
    bones = joints[:, _BONES[:, 1].to(joints.device)] - joints[:, _BONES[:, 0].to(joints.device)]
    return torch.sqrt((bones * bones).sum(-1) + _TINY)


def bone_length_loss(refined: Tensor, truth: Tensor) -> Tensor:
    """Return the mean |bone length - true length|, metres."""
    error, known = _compare(bone_lengths(refined), bone_lengths(truth))
    return masked_mean(error.abs(), known)


def symmetry_loss(refined: Tensor) -> Tensor:
    """Return the mean |left - right| of arm and leg bone lengths, metres."""
    pairs = _LIMBS.to(refined.device)
    ends = refined[:, pairs]  # (N, limb, side, end, 3)
    length = torch.sqrt((ends[..., 1, :] - ends[..., 0, :]).square().sum(-1) + _TINY)
    return (length[..., 0] - length[..., 1]).abs().mean()


def camera_loss(camera: Tensor, direction: Tensor) -> Tensor:
    """Return the mean of 1 - cosine between predicted and true (N, 3) unit directions, 0..2."""
    known = torch.isfinite(direction).all(-1)
    cosine = (camera * torch.where(known[:, None], direction, 0.0)).sum(-1)
    return masked_mean(1.0 - cosine, known)


def sigma_loss(sigma: Tensor, refined: Tensor, truth: Tensor) -> Tensor:
    """Return the mean negative log likelihood of the depth errors under Laplace distributions of these sigmas.

    A Laplace distribution of scale b has standard deviation b sqrt(2). The error is taken as given: the likelihood
    teaches sigma alone, so that hard joints are not given up.
    """
    error, known = _compare(refined[..., 2], truth[..., 2])
    scale = sigma / math.sqrt(2.0)
    return masked_mean(error.detach().abs() / scale + torch.log(2.0 * scale), known)


def total_loss(
    prediction: Prediction, truth: Tensor, direction: Tensor, weights: LossWeights, *, sigma_truth: Tensor | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the weighted sum and its unweighted parts by the names of `LossWeights`.

    Args:
        prediction: Of N frames.
        truth: (N, 17, 3), NaN where unknown.
        direction: (N, 3) true unit direction of the camera, subject frame; NaN where unknown.
        weights: How much each part counts.
        sigma_truth: (N, 17, 3) what sigma is about, if not `truth`: a student's teachers err too.
    """
    refined = on_root_of(truth, prediction.refined)
    sigma_truth = truth if sigma_truth is None else sigma_truth
    parts = {
        "depth": depth_loss(refined, truth),
        "sideways": sideways_loss(refined, truth),
        "bone_length": bone_length_loss(prediction.refined, truth),
        "symmetry": symmetry_loss(prediction.refined),
        "camera": camera_loss(prediction.camera, direction),
        "sigma": sigma_loss(prediction.sigma, on_root_of(sigma_truth, prediction.refined), sigma_truth),
    }
    total = torch.stack([getattr(weights, name) * value for name, value in parts.items()]).sum()
    return total, parts
