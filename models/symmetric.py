"""A refiner that cannot favour a side: the network and its mirror image, averaged."""

import torch
from torch import Tensor, nn

from core.skeleton import SWAP_SIDES
from models.network import PoseAwareDepthRefiner, Prediction


class MirrorSymmetric(nn.Module):
    """Average a trained network over the scene and its mirror image; costs a batch twice as large.

    The mirror image of a person is a person, so what is left of a side's preference is error: averaging takes it out.
    """

    def __init__(self, network: PoseAwareDepthRefiner) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("swap", torch.tensor(SWAP_SIDES))
        self.register_buffer("flip", torch.tensor([-1.0, 1.0, 1.0]))

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Prediction:
        """Refine N windows; shapes as `PoseAwareDepthRefiner.forward`."""
        both = self.network(
            torch.cat([pose, pose[..., self.swap, :] * self.flip]),
            torch.cat([visibility, visibility[..., self.swap]]),
            torch.cat([pose_2d, pose_2d[..., self.swap, :] * self.flip[:2]]),
        )
        n = pose.shape[0]
        seen, mirrored = Prediction(*(part[:n] for part in both)), Prediction(*(part[n:] for part in both))
        camera = seen.camera + mirrored.camera * self.flip
        return Prediction(
            (seen.refined + mirrored.refined[:, self.swap] * self.flip) / 2,
            nn.functional.normalize(camera, dim=-1),
            (seen.sigma + mirrored.sigma[:, self.swap]) / 2,
        )
