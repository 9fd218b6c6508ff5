"""What is averaged in a refiner: a network and its mirror image, and several networks."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.pose.skeleton import SWAP_SIDES
from models.network.refiner_network import Prediction


class FlipEnsemble(nn.Module):
    """Average a trained network over the scene and its mirror image; costs a batch twice as large.

    The mirror image of a person is a person, so what is left of a side's preference is error: averaging takes it out.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.swap: Tensor
        self.flip: Tensor
        self.register_buffer("swap", torch.tensor(SWAP_SIDES))
        self.register_buffer("flip", torch.tensor([-1.0, 1.0, 1.0]))

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Prediction:
        """Refine N windows; shapes as `PoseAwareDepthRefiner.forward`."""
        both = self.network(
            torch.cat([pose, pose.index_select(-2, self.swap) * self.flip]),
            torch.cat([visibility, visibility.index_select(-1, self.swap)]),
            torch.cat([pose_2d, pose_2d.index_select(-2, self.swap) * self.flip[:2]]),
        )
        n = pose.shape[0]
        seen, mirrored = Prediction(*(part[:n] for part in both)), Prediction(*(part[n:] for part in both))
        camera = seen.camera + mirrored.camera * self.flip
        return Prediction(
            (seen.refined + mirrored.refined.index_select(1, self.swap) * self.flip) / 2,
            nn.functional.normalize(camera, dim=-1),
            (seen.sigma + mirrored.sigma.index_select(1, self.swap)) / 2,
        )


class Rolled(nn.Module):
    """Let a network look at the scene turned about the view ray by an angle, and turn its answer back."""

    def __init__(self, network: nn.Module, angle_rad: float) -> None:
        super().__init__()
        self.network = network
        cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
        self.turn: Tensor
        self.register_buffer("turn", torch.tensor([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]))

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Prediction:
        """Refine N windows; shapes as `PoseAwareDepthRefiner.forward`."""
        answer: Prediction = self.network(pose @ self.turn.T, visibility, pose_2d @ self.turn[:2, :2].T)
        return answer._replace(refined=answer.refined @ self.turn)


class Averaged(nn.Module):
    """Average networks that were trained apart: they err alike where the data leads them, and each by chance."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Prediction:
        """Refine N windows; shapes as `PoseAwareDepthRefiner.forward`."""
        answers = [network(pose, visibility, pose_2d) for network in self.networks]
        refined, camera, sigma = (sum(parts[1:], parts[0]) / len(parts) for parts in zip(*answers, strict=True))
        return Prediction(refined, nn.functional.normalize(camera, dim=-1), sigma)
