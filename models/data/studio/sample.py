"""The sample clip: a video that shows the program at work, and its ground truth."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from core.errors import DataError
from core.pose.types import ImageArray
from core.sequence.pairs import save_pairs
from core.system.files.atomic import atomic_path
from core.system.files.names import for_ffmpeg
from models.data.looks import load_looks
from models.data.motion import Motion, collect_motions
from models.data.studio.body import load_template
from models.data.studio.clip import Take, frames, make_pairs, observe, prepare
from models.data.studio.plan import ClipPlan, cut
from models.data.studio.renderer import Renderer
from models.data.studio.splits import RESERVED, SAMPLE_BODIES

_SECONDS: Final = 8.0
_FPS: Final = 30
_SAMPLES: Final = 4  # smooth edges: this one is looked at


def make_sample(motion_dirs: list[Path], folder: Path, seed: int = 1, variant: str = "full", size: int = 640) -> Path:
    """Write `sample.mp4` and `sample_truth.npz`: a motion, a body and a camera that no pair uses.

    MediaPipe looks at the encoded video decoded again, so the pairs are what a user of the video gets.

    Returns:
        The path of the video.

    Raises:
        DataError: The motion that is kept for it is not in the folders.
        ModelError: The pose model or OpenGL is missing.
        OutputError: The folder cannot be written.
    """
    (look,) = load_looks((variant,))
    plan = _plan(collect_motions(motion_dirs).motions, seed)
    template = load_template()
    take = prepare(plan, template, size, sample=True)
    video = folder / "sample.mp4"
    _encode(video, take, Renderer(_SAMPLES))
    with av.open(for_ffmpeg(video)) as container:
        images = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        (seen,) = observe(images, take, (look,))
        pairs = make_pairs(take, seen, look, keep_all=True)
    save_pairs(folder / "sample_truth.npz", replace(pairs, meta={**pairs.meta, "dataset": "studio-sample"}))
    return video


def _plan(motions: tuple[Motion, ...], seed: int) -> ClipPlan:
    motion = next((m for m in motions if m.name in RESERVED), None)
    if motion is None:
        raise DataError(f"None of the sample's motions ({', '.join(RESERVED)}) is in the motion folders.")
    joints, forward = cut(motion, _FPS, _SECONDS, 1.0, np.random.default_rng([seed, 11]))
    return ClipPlan(
        0,
        seed,
        "sample",
        motion.name,
        motion.subject,
        joints,
        forward,
        float(_FPS),
        SAMPLE_BODIES + seed,
        motion.licence,
    )


def _encode(path: Path, take: Take, renderer: Renderer) -> None:
    with atomic_path(path) as temporary, av.open(for_ffmpeg(temporary), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(_FPS), options={"crf": "24", "preset": "slow"})
        stream.width, stream.height = take.size
        stream.pix_fmt = "yuv420p"
        for image in frames(take, renderer):
            container.mux(stream.encode(_as_frame(image)))
        container.mux(stream.encode())


def _as_frame(image: ImageArray) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
