"""The refiner's network: viewpoint from the pose, then a cross-joint transformer conditioned on it.

All preprocessing (hip-centring, scaling of the 2D pose, hand-crafted features) is inside `PoseAwareDepthRefiner`, so
training, ONNX and the live loop cannot drift apart. Nothing here branches on data: the module exports as one graph.

Frames: joints in the view-ray frame (x right, y down, z away from the camera), metres, origin mid-hip; the camera as
a unit vector in the subject frame (x left, y up, z facing).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.skeleton import (
    BODY,
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    N_JOINTS,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

N_VIEW_FEATURES = 15
N_CHANNELS = 3 + 2 + 1  # of a joint: pose, image, visibility
_TINY = 1e-6
_JOINT_SCALE_M = 0.45  # a usual distance of a joint from the pelvis: brings inputs to about unit size
_SIGMA_M = (0.005, 0.5)
_GATE_AT_START = 0.05


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network; the defaults give about 260K parameters.

    Attributes:
        ages_s: Ages of the past frames that it looks at beside the present one, seconds, rising; () for one frame
            alone, which gives the 226K parameters of the plain network.
    """

    width: int = 64
    n_layers: int = 4
    n_heads: int = 4
    n_hidden: int = 192
    n_view_hidden: int = 184
    n_view_embedding: int = 48
    n_frequencies: int = 4
    n_past: int = 64
    ages_s: tuple[float, ...] = (0.07, 0.2, 0.5, 1.0)


class Prediction(NamedTuple):
    """What the network says about N frames.

    Attributes:
        refined: (N, 17, 3) metres, view-ray frame, hip-centred.
        camera: (N, 3) unit vector towards the camera, subject frame.
        sigma: (N, 17) standard deviation of the depth error that remains, metres, > 0.
    """

    refined: Tensor
    camera: Tensor
    sigma: Tensor


def _length(vectors: Tensor) -> Tensor:
    """Return the (...,) lengths of (..., C) vectors with a gradient that is finite at zero."""
    return torch.sqrt((vectors * vectors).sum(-1) + _TINY * _TINY)


def _unit(vectors: Tensor) -> Tensor:
    return vectors / _length(vectors).unsqueeze(-1)


def centre_on_hips(joints: Tensor) -> Tensor:
    """Move (..., 17, C) joints so that the middle of the hips is the origin."""
    return joints - (joints[..., LEFT_HIP : LEFT_HIP + 1, :] + joints[..., RIGHT_HIP : RIGHT_HIP + 1, :]) / 2


def body_size(joints: Tensor) -> Tensor:
    """Return the (..., 1, 1) root mean square distance of the body joints from the origin."""
    body = joints[..., BODY[0] : BODY[-1] + 1, :]
    return torch.sqrt((body * body).sum(-1).mean(-1) + _TINY * _TINY).unsqueeze(-1).unsqueeze(-1)


def present(window: Tensor) -> Tensor:
    """Return the (N, 17, C) present of (N, K, 17, C) windows; (N, 17, C) frames stay as they are."""
    return window[:, 0] if window.ndim == 4 else window


def level_direction(joints: Tensor) -> Tensor:
    """Return the (N, 3) camera direction that shoulders and hips of (N, 17, 3) joints show if the camera is level.

    The closed form of `core.geometry.level_viewpoint_direction`: an azimuth, elevation 0.
    """
    lateral = _unit(joints[:, LEFT_SHOULDER] - joints[:, RIGHT_SHOULDER]) + _unit(
        joints[:, LEFT_HIP] - joints[:, RIGHT_HIP]
    )
    x, z = lateral[:, 0], lateral[:, 2]
    return _unit(torch.stack([-z, torch.zeros_like(x), x], dim=-1))


def viewpoint_features(pose_2d: Tensor) -> Tensor:
    """Return the (N, 15) hand-crafted features of a (N, 17, 2) pose that is hip-centred and of unit size.

    In order: height difference of the shoulders and of the hips; signed width of both (negative from behind);
    lengths of left arm, right arm, left leg, right leg; left/right log ratio of arms and of legs; torso height,
    torso width, torso aspect; nose offset from the middle of the shoulders; sideways body centre.
    """
    shoulders = pose_2d[:, LEFT_SHOULDER] - pose_2d[:, RIGHT_SHOULDER]
    hips = pose_2d[:, LEFT_HIP] - pose_2d[:, RIGHT_HIP]
    neck = (pose_2d[:, LEFT_SHOULDER] + pose_2d[:, RIGHT_SHOULDER]) / 2

    def chain(*joints: int) -> Tensor:
        return sum(_length(pose_2d[:, b] - pose_2d[:, a]) for a, b in pairwise(joints))

    left_arm = chain(LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST)
    right_arm = chain(RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST)
    left_leg = chain(LEFT_HIP, LEFT_KNEE, LEFT_ANKLE)
    right_leg = chain(RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE)
    floor = 0.05  # unit size: keeps ratios of limbs seen end-on finite
    torso_height = _length(neck)
    torso_width = (_length(shoulders) + _length(hips)) / 2
    return torch.stack(
        [
            shoulders[:, 1],
            hips[:, 1],
            shoulders[:, 0],
            hips[:, 0],
            left_arm,
            right_arm,
            left_leg,
            right_leg,
            torch.log((left_arm + floor) / (right_arm + floor)),
            torch.log((left_leg + floor) / (right_leg + floor)),
            torso_height,
            torso_width,
            torso_width / (torso_height + floor),
            pose_2d[:, NOSE, 0] - neck[:, 0],
            pose_2d[:, BODY[0] : BODY[-1] + 1, 0].mean(-1),
        ],
        dim=-1,
    )


class Pose2DEncoder(nn.Module):
    """The 15 hand-crafted viewpoint features of a 2D pose and an embedding learned from them.

    Shape:
        (N, 17, 2) hip-centred, unit size → (N, 15 + n_view_embedding)
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        n = config.n_view_embedding
        self.embed = nn.Sequential(nn.Linear(N_VIEW_FEATURES, n), nn.GELU(), nn.Linear(n, n))

    def forward(self, pose_2d: Tensor) -> Tensor:
        """Return features and embedding side by side."""
        features = viewpoint_features(pose_2d)
        return torch.cat([features, self.embed(features)], dim=-1)


class CameraPositionPredictor(nn.Module):
    """Where the camera is, from 2D and 3D features: a correction to what shoulders and hips show.

    Only the direction of (x, y, z) is meant: distance cannot be seen without the field of view.

    Shape:
        2D features (N, F), pose_2d (N, 17, 2), pose (N, 17, 3), visibility (N, 17), past (N, n_past) or None →
        (N, 3) unit vectors
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        n_inputs = N_VIEW_FEATURES + config.n_view_embedding + N_JOINTS * N_CHANNELS + 3
        n_inputs += config.n_past if config.ages_s else 0
        n = config.n_view_hidden
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, n), nn.GELU(), nn.Linear(n, n // 2), nn.GELU(), nn.Linear(n // 2, 3)
        )

    def forward(
        self, features: Tensor, pose_2d: Tensor, pose: Tensor, visibility: Tensor, past: Tensor | None
    ) -> Tensor:
        """Return the direction of the camera in the subject frame."""
        seen = level_direction(pose)
        parts = [features, pose_2d.flatten(1), pose.flatten(1) / _JOINT_SCALE_M, visibility, seen]
        parts += [] if past is None else [past]
        return _unit(seen + self.layers(torch.cat(parts, dim=-1)))


def view_fourier_features(camera: Tensor, n_frequencies: int) -> Tensor:
    """Return (N, 4 n) sines and cosines of 1..n times azimuth and elevation of (N, 3) unit vectors.

    Angles are never formed: multiples follow from the angle-addition rule, so nothing wraps.
    """
    x, y, z = camera.unbind(-1)
    horizontal = torch.sqrt(x * x + z * z + _TINY)
    parts = []
    for sine, cosine in ((-x / horizontal, z / horizontal), (y, horizontal)):
        s, c = sine, cosine
        for _ in range(n_frequencies):
            parts += [s, c]
            s, c = s * cosine + c * sine, c * cosine - s * sine
    return torch.stack(parts, dim=-1)


class CrossJointLayer(nn.Module):
    """A pre-norm transformer layer over the 17 joints.

    Shape:
        (N, 17, width) → (N, 17, width)
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.norm_attention = nn.LayerNorm(config.width)
        self.to_qkv = nn.Linear(config.width, 3 * config.width)
        self.from_heads = nn.Linear(config.width, config.width)
        self.norm_hidden = nn.LayerNorm(config.width)
        self.hidden = nn.Sequential(
            nn.Linear(config.width, config.n_hidden), nn.GELU(), nn.Linear(config.n_hidden, config.width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Let every joint look at every other, then transform each by itself."""
        width = tokens.shape[-1]
        qkv = self.to_qkv(self.norm_attention(tokens))
        qkv = qkv.reshape(-1, N_JOINTS, 3, self.n_heads, width // self.n_heads).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])  # (N, n_heads, 17, width / n_heads)
        tokens = tokens + self.from_heads(heads.transpose(1, 2).reshape(-1, N_JOINTS, width))
        return tokens + self.hidden(self.norm_hidden(tokens))


class PoseAwareDepthRefiner(nn.Module):
    """MediaPipe's joints in, better depth and the viewpoint out.

    Depth is free; the sideways correction passes a gate per joint that starts near zero, because MediaPipe's x and y
    are good already. Past frames reach each joint's token as what has changed since, so that a still person, or a
    window that repeats one frame, adds nothing.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        self.encoder = Pose2DEncoder(config)
        self.camera = CameraPositionPredictor(config)
        self.embed_joint = nn.Linear(N_CHANNELS, config.width)
        n_past = len(config.ages_s)
        if n_past:
            self.embed_past = nn.Linear(N_CHANNELS * n_past, config.width)
            self.embed_movement = nn.Linear(N_JOINTS * N_CHANNELS * n_past, config.n_past)
            nn.init.normal_(self.embed_past.weight, std=0.02)
        self.joint_identity = nn.Parameter(torch.randn(N_JOINTS, config.width) * 0.02)
        n_view = 4 * config.n_frequencies + N_VIEW_FEATURES + config.n_view_embedding
        self.embed_view = nn.Linear(n_view, config.width)
        self.layers = nn.Sequential(*(CrossJointLayer(config) for _ in range(config.n_layers)))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, 4)
        self.sideways_gate = nn.Parameter(torch.full((N_JOINTS, 1), _GATE_AT_START))
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Prediction:
        """Refine N frames; no NaN may enter.

        Args:
            pose: (N, K, 17, 3) MediaPipe, metres, view-ray frame, any origin: the frame itself and its past, of the
                ages in the configuration. (N, 17, 3) are frames without a past.
            visibility: (N, K, 17) in 0..1.
            pose_2d: (N, K, 17, 2) pixels, of any scale and origin; `pose[..., :2]` when unknown.
        """
        if pose.ndim == 3:
            k = 1 + len(self.config.ages_s)
            pose, visibility, pose_2d = (
                x.unsqueeze(1).expand(-1, k, *x.shape[1:]) for x in (pose, visibility, pose_2d)
            )
        pose, pose_2d = centre_on_hips(pose), centre_on_hips(pose_2d)
        pose_2d = pose_2d / body_size(pose_2d)
        # the image at the size of the metric pose, so that the two can be compared joint by joint
        image = pose_2d * (body_size(pose[..., :2]) / _JOINT_SCALE_M)
        joints = torch.cat([pose / _JOINT_SCALE_M, image, visibility.unsqueeze(-1)], dim=-1)  # (N, K, 17, 6)
        pose, visibility, pose_2d = pose[:, 0], visibility[:, 0], pose_2d[:, 0]
        features = self.encoder(pose_2d)

        changed = joints[:, 1:] - joints[:, :1]
        movement = F.gelu(self.embed_movement(changed.flatten(1))) if self.config.ages_s else None
        camera = self.camera(features, pose_2d, pose, visibility, movement)
        view = torch.cat([view_fourier_features(camera, self.config.n_frequencies), features], dim=-1)

        tokens = self.embed_joint(joints[:, 0]) + self.joint_identity + self.embed_view(view).unsqueeze(1)
        if self.config.ages_s:
            tokens = tokens + self.embed_past(changed.transpose(1, 2).flatten(2))
        out = self.head(self.norm(self.layers(tokens)))  # (N, 17, 4): x, y, z, log sigma

        correction = torch.cat([out[..., :2] * self.sideways_gate, out[..., 2:3]], dim=-1) * _JOINT_SCALE_M
        low, high = _SIGMA_M
        sigma = low + (high - low) * torch.sigmoid(out[..., 3] - 2.0)
        return Prediction(centre_on_hips(pose + correction), camera, sigma)


def count_parameters(module: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
