"""What turns the prepared joints into corrections: one dense network for all joints, or a transformer across them.

Both take the present joints (N, 17, 6), how the past ones differ (N, K, 17, 6) and the view (N, V), and return
(N, 17, 4): x, y, z and log sigma, in the network's own scale.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.pose.skeleton import N_JOINTS

N_CHANNELS = 3 + 2 + 1  # of a joint: pose, image, visibility
N_OUTPUTS = 3 + 1  # of a joint: correction, log sigma


def _head(width: int, n_outputs: int) -> nn.Linear:
    """Return a last layer that starts near zero, so that training begins at MediaPipe's own pose."""
    head = nn.Linear(width, n_outputs)
    nn.init.normal_(head.weight, std=0.08 / math.sqrt(width))
    nn.init.zeros_(head.bias)
    return head


class DenseBackbone(nn.Module):
    """A residual MLP over everything at once.

    Costs a fraction of attention per sample, so it sees many times more of them in the same hours, and few, large
    matrix products are what a processor does best.

    Source: Martinez et al. 2017, "A simple yet effective baseline for 3d human pose estimation", with layer norm
    before each block, since the batch norm of one live frame would differ from training.
    """

    def __init__(self, n_view: int, n_past: int, width: int, n_layers: int, dropout: float) -> None:
        super().__init__()
        self.enter = nn.Linear(N_JOINTS * N_CHANNELS * (1 + n_past) + n_view, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, width),
                nn.GELU(),
                nn.Dropout(dropout),
                nn.Linear(width, width),
            )
            for _ in range(n_layers)
        )
        self.leave = nn.Sequential(nn.LayerNorm(width), _head(width, N_JOINTS * N_OUTPUTS))

    def forward(self, joints: Tensor, changed: Tensor, view: Tensor) -> Tensor:
        """Return corrections; shapes as in the module's docstring."""
        hidden = self.enter(torch.cat([joints.flatten(1), changed.flatten(1), view], dim=-1))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        corrections: Tensor = self.leave(hidden).reshape(-1, N_JOINTS, N_OUTPUTS)
        return corrections


class CrossJointLayer(nn.Module):
    """A pre-norm transformer layer over the 17 joints.

    Shape:
        (N, 17, width) → (N, 17, width)
    """

    def __init__(self, width: int, n_heads: int, n_hidden: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_attention = nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width)
        self.from_heads = nn.Linear(width, width)
        self.norm_hidden = nn.LayerNorm(width)
        self.hidden = nn.Sequential(nn.Linear(width, n_hidden), nn.GELU(), nn.Linear(n_hidden, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """Let every joint look at every other, then transform each by itself."""
        width = tokens.shape[-1]
        qkv = self.to_qkv(self.norm_attention(tokens))
        qkv = qkv.reshape(-1, N_JOINTS, 3, self.n_heads, width // self.n_heads).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])  # (N, n_heads, 17, width / n_heads)
        tokens = tokens + self.from_heads(heads.transpose(1, 2).reshape(-1, N_JOINTS, width))
        transformed: Tensor = tokens + self.hidden(self.norm_hidden(tokens))
        return transformed


class CrossJointBackbone(nn.Module):
    """A transformer with a token for each joint.

    Past frames reach each joint's token as what has changed since, so that a still person, or a window that repeats
    one frame, adds nothing.
    """

    def __init__(self, n_view: int, n_past: int, width: int, n_layers: int, n_heads: int, n_hidden: int) -> None:
        super().__init__()
        self.embed_joint = nn.Linear(N_CHANNELS, width)
        self.embed_past = nn.Linear(N_CHANNELS * n_past, width) if n_past else None
        if self.embed_past is not None:
            nn.init.normal_(self.embed_past.weight, std=0.02)
        self.joint_identity = nn.Parameter(torch.randn(N_JOINTS, width) * 0.02)
        self.embed_view = nn.Linear(n_view, width)
        self.layers = nn.Sequential(*(CrossJointLayer(width, n_heads, n_hidden) for _ in range(n_layers)))
        self.leave = nn.Sequential(nn.LayerNorm(width), _head(width, N_OUTPUTS))

    def forward(self, joints: Tensor, changed: Tensor, view: Tensor) -> Tensor:
        """Return corrections; shapes as in the module's docstring."""
        tokens = self.embed_joint(joints) + self.joint_identity + self.embed_view(view).unsqueeze(1)
        if self.embed_past is not None:
            tokens = tokens + self.embed_past(changed.transpose(1, 2).flatten(2))
        corrections: Tensor = self.leave(self.layers(tokens))
        return corrections
