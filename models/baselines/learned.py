"""Baselines that are networks, trained on the same pairs as the refiner, and used like it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from core.refinement.past_frames import past_rows
from core.refinement.refiner import Refinement
from core.sequence.pairs import Pairs
from models.baselines.blend import Blend
from models.baselines.fitting import Training, tensor, train_frames, train_stream
from models.baselines.nets import AGES_S, GraphLifter, MlpLifter, SmoothingNet
from models.baselines.raw import answer
from models.evaluation.measure import Refines, RefinesStreams

_KEPT_BACK: Final = 8  # one stream in so many fits no network, but the shares of a blend
_SEED: Final = 0
_CHUNK: Final = 4096  # frames at once


@dataclass(frozen=True)
class LearnedBaselines:
    """What can be measured, and how it came about.

    Attributes:
        refiners: Name in the table → what is measured.
        trainings: Name → how its network was trained; a blend has none of its own.
    """

    refiners: dict[str, Refines | RefinesStreams]
    trainings: dict[str, Training]


def fit_learned(
    pairs: Sequence[Pairs],
    n_samples: int,
    poses: npt.NDArray[np.float32] | None = None,
    on_progress: Callable[[str, float], None] = lambda _name, _share: None,
) -> LearnedBaselines:
    """Train every network on the same number of samples, then blend.

    Args:
        pairs: Streams; one in eight is kept back for the shares of the blend.
        n_samples: Frames that each network sees, repetitions counted.
        poses: Pose pool for the networks that look at one frame, as the refiner has it.
        on_progress: Told a name and the share (0..1) that is done.

    Raises:
        DataError: There is no frame to learn from.
    """
    kept = list(pairs[::_KEPT_BACK]) if len(pairs) >= _KEPT_BACK else list(pairs)
    taught = [p for i, p in enumerate(pairs) if i % _KEPT_BACK] if len(pairs) >= _KEPT_BACK else list(pairs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        smoothing = SmoothingNet()
        nets = {
            "MLP lifter, 2D only": MlpLifter(sees_pose=False),
            "graph lifter, 2D only": GraphLifter(),
            "MLP, 2D and 3D": MlpLifter(sees_pose=True),
        }
    trainings = {
        (name := "SmoothNet-like"): train_stream(smoothing, taught, n_samples, lambda share: on_progress(name, share))
    }
    refiners: dict[str, Refines | RefinesStreams] = {name: LearnedStream(smoothing)}
    frames = {}
    for name, net in nets.items():
        trainings[name] = train_frames(net, taught, n_samples, poses, partial(on_progress, name))
        refiners[name] = frames[name] = LearnedFrames(net)
    lifter, both = frames["MLP lifter, 2D only"], frames["MLP, 2D and 3D"]
    refiners["MLP lifter's depth blended with MediaPipe's"] = Blend.fit_depth(kept, lifter)
    refiners["half MLP lifter, half MediaPipe"] = Blend(lifter, 0.5, 0.5)
    refiners["half MLP, half MediaPipe"] = Blend(both, 0.5, 0.5)
    refiners["half MLP across, 70 % in depth"] = Blend(both, 0.5, 0.7)
    return LearnedBaselines(refiners, trainings)


class LearnedFrames:
    """A trained network that looks at one frame."""

    def __init__(self, net: nn.Module) -> None:
        self._net = net.eval()

    def refine_batch(self, poses: FloatArray, visibility: FloatArray, poses_2d: FloatArray | None = None) -> Refinement:
        """Return the network's joints; NaN poses stay NaN, and NaN pixels are MediaPipe's x and y."""
        raw = poses - mid_hip(poses)[:, None]
        pixels = raw[..., :2] if poses_2d is None else poses_2d
        pixels = np.where(np.isfinite(pixels).all(axis=(1, 2), keepdims=True), pixels, raw[..., :2])
        usable = np.isfinite(raw).all(axis=(1, 2))
        joints = np.full(raw.shape, np.nan)
        if usable.any():
            arrays = (raw, np.nan_to_num(visibility), pixels)
            with torch.no_grad():
                joints[usable] = self._net(*(tensor(a[usable]) for a in arrays)).numpy()
        return answer(joints)


class LearnedStream:
    """A trained `SmoothingNet`."""

    def __init__(self, net: SmoothingNet) -> None:
        self._net = net.eval()

    def refine_stream(
        self,
        poses: FloatArray,
        visibility: FloatArray,
        poses_2d: FloatArray | None = None,
        *,
        time_s: FloatArray,
    ) -> Refinement:
        """Return the poses of one stream, each corrected from its past; NaN poses stay NaN and are passed over."""
        usable = np.flatnonzero(np.isfinite(poses).all(axis=(1, 2)))
        raw = tensor(poses[usable] - mid_hip(poses[usable])[:, None])
        rows = torch.from_numpy(past_rows(time_s[usable], AGES_S))
        joints = np.full(poses.shape, np.nan)
        with torch.no_grad():
            parts = [self._net(raw[chunk]) for chunk in rows.split(_CHUNK)]
        if parts:
            joints[usable] = torch.cat(parts).numpy()
        return answer(joints)
