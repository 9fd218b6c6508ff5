"""Small networks of other people's designs, for comparison.

Joints are metres, hip-centred, view-ray frame; the 2D pose has any scale and origin. No NaN may enter.
"""

from typing import Final

import torch
from torch import Tensor, nn

from core.pose.skeleton import EDGES, N_JOINTS, SWAP_SIDES
from models.network.refiner_network import body_size, centre_on_hips

AGES_S: Final = tuple(age / 30 for age in range(1, 16))
"""Ages of the past poses that `SmoothingNet` looks at beside the present one, seconds."""


class MlpLifter(nn.Module):
    """A residual MLP from the 2D pose, and if wanted MediaPipe's 3D pose, to joints; about as large as the refiner.

    Shape:
        pose (N, 17, 3), visibility (N, 17), pose_2d (N, 17, 2) → (N, 17, 3)

    Source: Martinez et al. 2017, "A simple yet effective baseline for 3d human pose estimation", narrower; dropout is
    left out, since the data is augmented.
    """

    def __init__(self, *, sees_pose: bool, width: int = 224, n_blocks: int = 2) -> None:
        super().__init__()
        self.sees_pose = sees_pose
        n_inputs = N_JOINTS * (2 + 1 + 3 * sees_pose)
        self.enter = _dense(n_inputs, width)
        self.blocks = nn.ModuleList(nn.Sequential(_dense(width, width), _dense(width, width)) for _ in range(n_blocks))
        self.leave = nn.Linear(width, 3 * N_JOINTS)
        nn.init.normal_(self.leave.weight, std=0.01)
        nn.init.zeros_(self.leave.bias)

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Tensor:
        """Return joints; a correction of MediaPipe's where it is seen."""
        pose, flat = centre_on_hips(pose), centre_on_hips(pose_2d)
        inputs = [(flat / body_size(flat)).flatten(1), visibility]
        hidden = self.enter(torch.cat([*inputs, pose.flatten(1)] if self.sees_pose else inputs, dim=1))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        joints = self.leave(hidden).reshape(-1, N_JOINTS, 3)
        return centre_on_hips(pose + joints if self.sees_pose else joints)


def _dense(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU())


class SemanticGraphLayer(nn.Module):
    """A graph convolution whose edges have learned weights, itself and its neighbours transformed apart.

    Shape:
        (N, 17, n_in) → (N, 17, n_out)
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.itself, self.others = nn.Linear(n_in, n_out), nn.Linear(n_in, n_out, bias=False)
        self.weights = nn.Parameter(torch.zeros(N_JOINTS, N_JOINTS))
        self.is_edge: Tensor
        self.register_buffer("is_edge", _edges())

    def forward(self, joints: Tensor) -> Tensor:
        """Return each joint transformed and its neighbours' weighted mean added."""
        share = torch.softmax(self.weights.masked_fill(~self.is_edge, float("-inf")), dim=-1)
        on_itself = torch.diagonal(share)[:, None]
        of_others: Tensor = (share - torch.diag(torch.diagonal(share))) @ self.others(joints)
        joined: Tensor = on_itself * self.itself(joints) + of_others
        return joined


def _edges() -> Tensor:
    """Return the (17, 17) mask of bones, torso sides, and each joint with itself and its mirror image."""
    is_edge = torch.eye(N_JOINTS, dtype=torch.bool)
    for a, b in [*EDGES.tolist(), *enumerate(SWAP_SIDES.tolist())]:
        is_edge[a, b] = is_edge[b, a] = True
    return is_edge


class GraphLifter(nn.Module):
    """Residual semantic graph convolutions from the 2D pose to joints.

    Shape:
        pose (N, 17, 3), visibility (N, 17), pose_2d (N, 17, 2) → (N, 17, 3)

    Source: Zhao et al. 2019, "Semantic graph convolutional networks for 3D human pose regression", without the
    non-local layers.
    """

    def __init__(self, width: int = 64, n_blocks: int = 4) -> None:
        super().__init__()
        self.enter = _GraphStep(3, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(_GraphStep(width, width), _GraphStep(width, width)) for _ in range(n_blocks)
        )
        self.leave = SemanticGraphLayer(width, 3)

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Tensor:
        """Return joints; MediaPipe's are not looked at."""
        flat = centre_on_hips(pose_2d)
        hidden = self.enter(torch.cat([flat / body_size(flat), visibility[..., None]], dim=-1))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return centre_on_hips(self.leave(hidden))


class _GraphStep(nn.Module):
    """Graph convolution, batch norm over joints and poses, ReLU."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.layer, self.norm = SemanticGraphLayer(n_in, n_out), nn.BatchNorm1d(n_out)

    def forward(self, joints: Tensor) -> Tensor:
        hidden = self.layer(joints)
        return torch.relu(self.norm(hidden.flatten(0, 1)).reshape(hidden.shape))


class SmoothingNet(nn.Module):
    """Linear layers along time, the same for every coordinate; causal: a pose is corrected from its past.

    Shape:
        (N, 16, 17, 3), the present first → (N, 17, 3)

    Source: Zeng et al. 2022, "SmoothNet"; without its look into the future.
    """

    def __init__(self, width: int = 64, n_blocks: int = 3) -> None:
        super().__init__()
        self.enter = nn.Linear(1 + len(AGES_S), width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.1), nn.Linear(width, width), nn.LeakyReLU(0.1))
            for _ in range(n_blocks)
        )
        self.leave = nn.Linear(width, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, past: Tensor) -> Tensor:
        """Return the present pose, corrected."""
        now = past[:, 0]
        hidden = self.enter((past - now[:, None]).permute(0, 2, 3, 1))  # (N, 17, 3, 16)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return centre_on_hips(now + self.leave(hidden)[..., 0])
