"""The refiner's network: viewpoint from the pose, then corrections of all joints, conditioned on it.

All preprocessing (hip-centring, scaling of the 2D pose, hand-crafted features) is inside `PoseAwareDepthRefiner`, so
training, ONNX and the live loop cannot drift apart. Nothing here branches on data: the module exports as one graph.

Frames: joints in the view-ray frame (x right, y down, z away from the camera), metres, origin mid-hip; the camera as
a unit vector in the subject frame (x left, y up, z facing).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.errors import SettingsError
from core.pose.skeleton import (
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
from models.network.backbones import N_CHANNELS, CrossJointBackbone, DenseBackbone

N_VIEW_FEATURES = 15
_TINY = 1e-6
_JOINT_SCALE_M = 0.45  # a usual distance of a joint from the pelvis: brings inputs to about unit size
_SIGMA_M = (0.005, 0.5)
BACKBONES = ("dense", "transformer")
_GATE_AT_START = 0.3
BLINDFOLDS = ("depth", "image", "visibility", "viewpoint")


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network; the defaults are those of the refiner that comes along.

    Attributes:
        backbone: "dense" (`DenseBackbone`) or "transformer" (`CrossJointBackbone`).
        width: Of the backbone.
        n_layers: Of the backbone.
        dropout: Of the dense backbone.
        n_heads: Of the transformer.
        n_hidden: Of the transformer's feed-forward layers.
        ages_s: Ages of the past frames that it looks at beside the present one, seconds, rising; () for one frame
            alone.
        blind_to: Inputs that it does not get, some of `BLINDFOLDS`; to measure what each is worth.
    """

    backbone: str = "dense"
    width: int = 384
    n_layers: int = 3
    dropout: float = 0.1
    n_heads: int = 4
    n_hidden: int = 192
    n_view_hidden: int = 184
    n_view_embedding: int = 48
    n_frequencies: int = 4
    n_past: int = 64
    ages_s: tuple[float, ...] = (0.07, 0.2, 0.5, 1.0)
    blind_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise SettingsError(f"There is no backbone {self.backbone!r}; name one of {', '.join(BACKBONES)}.")
        if unknown := set(self.blind_to) - set(BLINDFOLDS):
            raise SettingsError(f"A network cannot be blind to {sorted(unknown)}; name some of {BLINDFOLDS}.")


TRANSFORMER = NetworkConfig(backbone="transformer", width=64, n_layers=4)
"""The named design: four layers of four heads, 226K parameters without a past, 265K with one."""


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


_QUARTER_TURN = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])  # (x, y, z) → (-z, 0, x)
_ACROSS = torch.tensor([[-1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])  # (x, y, z) → (-x, z)


def _lines() -> Tensor:
    """Return the (17, 13) weights of the joints in the lines of `viewpoint_features`.

    In order: shoulders, hips, neck; the upper, then the lower half of left arm, right arm, left leg, right leg; from
    the middle of the shoulders to the nose; the mean of the body. Made together they are three nodes of the graph,
    each by itself five; a live frame pays for every node.
    """
    neck = {LEFT_SHOULDER: 0.5, RIGHT_SHOULDER: 0.5}
    rows: list[dict[int, float]] = [
        {LEFT_SHOULDER: 1.0, RIGHT_SHOULDER: -1.0},
        {LEFT_HIP: 1.0, RIGHT_HIP: -1.0},
        neck,
        {LEFT_ELBOW: 1.0, LEFT_SHOULDER: -1.0},
        {RIGHT_ELBOW: 1.0, RIGHT_SHOULDER: -1.0},
        {LEFT_KNEE: 1.0, LEFT_HIP: -1.0},
        {RIGHT_KNEE: 1.0, RIGHT_HIP: -1.0},
        {LEFT_WRIST: 1.0, LEFT_ELBOW: -1.0},
        {RIGHT_WRIST: 1.0, RIGHT_ELBOW: -1.0},
        {LEFT_ANKLE: 1.0, LEFT_KNEE: -1.0},
        {RIGHT_ANKLE: 1.0, RIGHT_KNEE: -1.0},
        {NOSE: 1.0} | {joint: -weight for joint, weight in neck.items()},
        dict.fromkeys(BODY, 1.0 / len(BODY)),
    ]
    weights = torch.zeros(N_JOINTS, len(rows))
    for column, row in enumerate(rows):
        for joint, weight in row.items():
            weights[joint, column] = weight
    return weights


_LINES = _lines()


def _length(vectors: Tensor) -> Tensor:
    """Return the (...,) lengths of (..., C) vectors with a gradient that is finite at zero."""
    return torch.sqrt((vectors * vectors).sum(-1) + _TINY * _TINY)


def _unit(vectors: Tensor) -> Tensor:
    return vectors / _length(vectors).unsqueeze(-1)


def _mixed(vectors: Tensor, weights: Tensor) -> Tensor:
    """Return the (..., n) sums of (..., m) numbers with (m, n) weights; autocast would round a matrix product."""
    return (vectors.unsqueeze(-1) * weights.to(vectors)).sum(-2)


def centre_on_hips(joints: Tensor) -> Tensor:
    """Move (..., 17, C) joints so that the middle of the hips is the origin."""
    return joints - joints[..., LEFT_HIP : RIGHT_HIP + 1, :].mean(-2, keepdim=True)


def on_root_of(truth: Tensor, joints: Tensor) -> Tensor:
    """Return hip-centred (..., 17, 3) joints about the root that their truth has: the shoulders where it has no hips.

    `core.pose.geometry.on_known_root` for tensors; the truth is about its root already.
    """
    hips, shoulders = truth[..., LEFT_HIP : RIGHT_HIP + 1, :], truth[..., LEFT_SHOULDER : RIGHT_SHOULDER + 1, :]
    is_seated = ~torch.isfinite(hips).all(-1).all(-1) & torch.isfinite(shoulders).all(-1).all(-1)
    middle = joints[..., LEFT_SHOULDER : RIGHT_SHOULDER + 1, :].mean(-2, keepdim=True)
    return joints - torch.where(is_seated[..., None, None], middle, torch.zeros_like(middle))


def body_size(joints: Tensor) -> Tensor:
    """Return the (..., 1, 1) root mean square distance of the body joints from the origin."""
    body = joints[..., BODY[0] : BODY[-1] + 1, :]
    return torch.sqrt((body * body).sum((-2, -1), keepdim=True) / len(BODY) + _TINY * _TINY)


def present(window: Tensor) -> Tensor:
    """Return the (N, 17, C) present of (N, K, 17, C) windows; (N, 17, C) frames stay as they are."""
    return window[:, 0] if window.ndim == 4 else window


def level_direction(joints: Tensor) -> Tensor:
    """Return the (N, 3) camera direction that shoulders and hips of (N, 17, 3) joints show if the camera is level.

    The closed form of `core.pose.geometry.level_viewpoint_direction`: an azimuth, elevation 0.
    """
    shoulders_and_hips = _mixed(joints.transpose(1, 2), _LINES[:, :2]).transpose(1, 2)
    return _unit(_mixed(_unit(shoulders_and_hips).sum(1), _QUARTER_TURN))


def viewpoint_features(pose_2d: Tensor) -> Tensor:
    """Return the (N, 15) hand-crafted features of a (N, 17, 2) pose that is hip-centred and of unit size.

    In order: height difference of the shoulders and of the hips; signed width of both (negative from behind);
    lengths of left arm, right arm, left leg, right leg; left/right log ratio of arms and of legs; torso height,
    torso width, torso aspect; nose offset from the middle of the shoulders; sideways body centre.
    """
    floor = 0.05  # unit size: keeps ratios of limbs seen end-on finite
    lines = _mixed(pose_2d.transpose(1, 2), _LINES)  # (N, 2, 13)
    lengths = torch.sqrt((lines * lines).sum(1) + _TINY * _TINY)
    limbs = lengths[:, 3:7] + lengths[:, 7:11]
    log_ratios = torch.log((limbs[:, 0::2] + floor) / (limbs[:, 1::2] + floor))
    torso_height = lengths[:, 2:3]
    torso_width = lengths[:, :2].mean(-1, keepdim=True)
    aspect = torso_width / (torso_height + floor)
    parts = [lines[:, 1, :2], lines[:, 0, :2], limbs, log_ratios, torso_height, torso_width, aspect, lines[:, 0, 11:]]
    return torch.cat(parts, dim=-1)


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
    across = _mixed(camera, _ACROSS)  # (N, 2): -x, z
    horizontal = torch.sqrt((across * across).sum(-1, keepdim=True) + _TINY)
    azimuth = across / horizontal
    # (N, 2, 1): of azimuth and elevation
    sine = s = torch.stack([azimuth[:, :1], camera[:, 1:2]], dim=1)
    cosine = c = torch.stack([azimuth[:, 1:], horizontal], dim=1)
    parts = [s, c]
    for _ in range(n_frequencies - 1):
        s, c = s * cosine + c * sine, c * cosine - s * sine
        parts += [s, c]
    return torch.cat(parts, dim=-1).flatten(1)


def _backbone(config: NetworkConfig, n_view: int) -> nn.Module:
    n_past = len(config.ages_s)
    if config.backbone == "dense":
        return DenseBackbone(n_view, n_past, config.width, config.n_layers, config.dropout)
    return CrossJointBackbone(n_view, n_past, config.width, config.n_layers, config.n_heads, config.n_hidden)


class PoseAwareDepthRefiner(nn.Module):
    """MediaPipe's joints in, better depth and the viewpoint out.

    Depth is free; the sideways correction passes a gate per joint that starts low, because MediaPipe's x and y are
    good already. Past frames enter as what has changed since, so that a still person, or a window that repeats one
    frame, adds nothing.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        self.encoder = Pose2DEncoder(config)
        self.camera = CameraPositionPredictor(config)
        n_past = len(config.ages_s)
        self.embed_movement = nn.Linear(N_JOINTS * N_CHANNELS * n_past, config.n_past) if n_past else None
        n_view = 3 + 4 * config.n_frequencies + N_VIEW_FEATURES + config.n_view_embedding
        self.backbone = _backbone(config, n_view)
        self.sideways_gate = nn.Parameter(torch.full((N_JOINTS, 1), _GATE_AT_START))
        # errors on people never seen are larger than on those learned from: validation says by how much
        self.sigma_scale: Tensor
        self.register_buffer("sigma_scale", torch.ones(()))

    def forward(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> Prediction:
        """Refine N frames; no NaN may enter.

        Args:
            pose: (N, K, 17, 3) MediaPipe, metres, view-ray frame, any origin: the frame itself and its past, of the
                ages in the configuration; more of the past is not looked at. (N, 17, 3) are frames without a past.
            visibility: (N, K, 17) in 0..1.
            pose_2d: (N, K, 17, 2) pixels, of any scale and origin; `pose[..., :2]` when unknown.
        """
        k = 1 + len(self.config.ages_s)
        if pose.ndim == 4:
            pose, visibility, pose_2d = pose[:, :k], visibility[:, :k], pose_2d[:, :k]
        else:
            pose, visibility, pose_2d = (
                x.unsqueeze(1).expand(-1, k, *x.shape[1:]) for x in (pose, visibility, pose_2d)
            )
        pose, visibility, pose_2d = self._blinded(pose, visibility, pose_2d)
        pose, pose_2d = centre_on_hips(pose), centre_on_hips(pose_2d)
        pose_2d = pose_2d / body_size(pose_2d)
        # the image at the size of the metric pose, so that the two can be compared joint by joint
        image = pose_2d * (body_size(pose[..., :2]) / _JOINT_SCALE_M)
        joints = torch.cat([pose / _JOINT_SCALE_M, image, visibility.unsqueeze(-1)], dim=-1)  # (N, K, 17, 6)
        pose, visibility, pose_2d = pose[:, 0], visibility[:, 0], pose_2d[:, 0]
        features = self.encoder(pose_2d)

        changed = joints[:, 1:] - joints[:, :1]
        movement = None if self.embed_movement is None else F.gelu(self.embed_movement(changed.flatten(1)))
        camera = self.camera(features, pose_2d, pose, visibility, movement)
        view = torch.cat([camera, view_fourier_features(camera, self.config.n_frequencies), features], dim=-1)
        if "viewpoint" in self.config.blind_to:
            view = torch.zeros_like(view)

        # in full precision from here, also under autocast: a millimetre is the last digit of a bfloat16
        out = self.backbone(joints[:, 0], changed, view).float()  # (N, 17, 4): x, y, z, log sigma
        correction = torch.cat([out[..., :2] * self.sideways_gate, out[..., 2:3]], dim=-1) * _JOINT_SCALE_M
        low, high = _SIGMA_M
        sigma = low + (high - low) * torch.sigmoid(out[..., 3] - 2.0)
        if not self.training:
            sigma = sigma * self.sigma_scale
        return Prediction(centre_on_hips(pose + correction), camera, sigma)

    def _blinded(self, pose: Tensor, visibility: Tensor, pose_2d: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Take away what the configuration is blind to."""
        blind_to = self.config.blind_to
        if "image" in blind_to:
            pose_2d = pose[..., :2]
        if "depth" in blind_to:
            pose = torch.cat([pose[..., :2], torch.zeros_like(pose[..., 2:])], dim=-1)
        if "visibility" in blind_to:
            visibility = torch.ones_like(visibility)
        return pose, visibility, pose_2d


def count_parameters(module: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
