"""Networks of this field as a yardstick, re-created in size only, with random weights: for timing, not for poses.

SmoothNet (Zeng et al. 2022): residual fully connected blocks over a window of frames. MotionBERT-lite (Zhu et al.
2023) and MotionAGFormer-XS (Mehraban et al. 2024): blocks of attention over joints and over frames. Each is written
here from the sizes that its paper states and is run over one window; its time per frame is the window's over its
length. None of their code or weights is used.
"""

import io
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from torch import Tensor, nn

from core.bench.clip import Bench, Figures
from core.pose.skeleton import N_JOINTS
from core.refinement.onnx_session import CPU, create_session
from models.bench.arithmetic import median_s
from models.bench.sports2d import after_detection

_CALLS: Final = 12


class SmoothNetSized(nn.Module):
    """Window of 32 frames, width 512, 3 residual blocks: 0.33M parameters, applied to each coordinate."""

    def __init__(self, window: int = 32, width: int = 512, inner: int = 96, n_blocks: int = 3) -> None:
        super().__init__()
        self.encode = nn.Linear(window, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inner), nn.LeakyReLU(0.2), nn.Linear(inner, width)) for _ in range(n_blocks)
        )
        self.decode = nn.Linear(width, window)

    def forward(self, pose: Tensor) -> Tensor:
        """(1, T, 17, C) → the same."""
        x = torch.nn.functional.leaky_relu(self.encode(pose.flatten(2).transpose(1, 2)), 0.2)  # (1, 17 C, width)
        for block in self.blocks:
            x = x + block(x)
        out: Tensor = self.decode(x).transpose(1, 2).reshape(pose.shape)
        return out


class _Attention(nn.Module):
    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.qkv, self.out, self.n_heads = nn.Linear(width, 3 * width), nn.Linear(width, width), n_heads

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.n_heads, c // self.n_heads).permute(2, 0, 3, 1, 4)  # (b, h, n, d)
        weights = torch.softmax(q @ k.transpose(-1, -2) / (c // self.n_heads) ** 0.5, dim=-1)
        out: Tensor = self.out((weights @ v).transpose(1, 2).reshape(b, n, c))
        return out


class _Block(nn.Module):
    """Attention and a two-layer network, over the second axis."""

    def __init__(self, width: int, n_heads: int, ratio: int) -> None:
        super().__init__()
        self.attend, self.norm_a, self.norm_b = _Attention(width, n_heads), nn.LayerNorm(width), nn.LayerNorm(width)
        self.think = nn.Sequential(nn.Linear(width, ratio * width), nn.GELU(), nn.Linear(ratio * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.norm_a(x))
        return x + self.think(self.norm_b(x))  # type: ignore[no-any-return]


class SpaceTimeSized(nn.Module):
    """Two streams of space-time attention whose sum goes on, as both MotionBERT and MotionAGFormer have."""

    def __init__(self, width: int, n_layers: int, n_heads: int, ratio: int) -> None:
        super().__init__()
        self.embed, self.head = nn.Linear(3, width), nn.Linear(width, 3)
        self.blocks = nn.ModuleList(
            nn.ModuleList(_Block(width, n_heads, ratio) for _ in range(4)) for _ in range(n_layers)
        )

    def forward(self, pose: Tensor) -> Tensor:
        """(1, T, 17, 3) → the same."""
        x = self.embed(pose[0])  # (T, J, width)
        for block in self.blocks:
            space_a, time_a, time_b, space_b = cast("nn.ModuleList", block)
            first = time_a(space_a(x).transpose(0, 1)).transpose(0, 1)
            second = space_b(time_b(x.transpose(0, 1)).transpose(0, 1))
            x = (first + second) / 2
        out: Tensor = self.head(x)[None]
        return out


def networks() -> Iterator[tuple[str, nn.Module, int]]:
    """Yield the name, the network and the frames of its window."""
    torch.manual_seed(0)
    yield "smoothnet", SmoothNetSized(), 32
    yield "motionbert_lite", SpaceTimeSized(width=256, n_layers=5, n_heads=8, ratio=4), 243
    yield "motionagformer_xs", SpaceTimeSized(width=64, n_layers=12, n_heads=8, ratio=4), 27


def peers(bench: Bench) -> Figures:
    """Time bare MediaPipe, the refiner, the re-created networks and Sports2D per frame, in processor time.

    Other programs do not lengthen that.
    """
    figures: Figures = {"random_weights": "smoothnet, motionbert_lite, motionagformer_xs: sizes re-created for timing"}
    frames = list(bench.frames())
    with bench.detector() as detector:
        seconds = []
        for frame in frames:
            started = time.process_time()  # MediaPipe has threads of its own
            detector.detect(frame)
            seconds.append(time.process_time() - started)
    figures["mediapipe_us_per_frame"] = float(np.median(seconds[bench.warm_up :])) * 1e6
    pose = np.random.default_rng(0).normal(0, 0.3, (N_JOINTS, 3)).astype(np.float32)
    seen = np.ones(N_JOINTS, np.float32)
    refine_s = median_s(lambda: bench.refiner.refine(pose, seen, pose[:, :2]), bench.scaled(400, 20))
    figures["refiner_us_per_frame"] = refine_s * 1e6
    for name, network, window in networks():
        example = torch.randn(1, window, N_JOINTS, 3)
        session = create_session(Path(f"{name}.onnx"), _to_onnx(network, example), [CPU])
        feed = {"pose": example.numpy()}
        window_s = median_s(partial(session.run, None, feed), bench.scaled(_CALLS, 2))
        figures[f"{name}_m_parameters"] = sum(p.numel() for p in network.parameters()) / 1e6
        figures[f"{name}_us_per_frame"] = window_s / window * 1e6
        figures[f"{name}_ms_per_window"] = window_s * 1e3
    return {**figures, **after_detection(bench, frames)}


def _to_onnx(network: nn.Module, example: Tensor) -> bytes:
    stream: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network.eval(), (example,), stream, input_names=["pose"], opset_version=18, dynamo=False)
    content: bytes = stream.getvalue()
    return content
