"""What a refiner has to beat: simple corrections, fitted on the same pairs, measured by the same command.

Each baseline is fitted on pairs and then offers `refine_batch` like `core.refinement.refiner.DepthRefiner`, or
`refine` and `reset` if it has a memory. They see what a refiner sees: MediaPipe's joints, visibility and pixels.
Those here need numpy only; those that are networks are in `models.baselines.learned`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from core.sequence.pairs import Pairs
from models.baselines.bones import ConstantBones
from models.baselines.offset import MeanOffset
from models.baselines.one_euro import SmoothedRaw
from models.baselines.raw import Raw
from models.baselines.ridge import Ridge
from models.evaluation.measure import Refines, Remembers

BASELINES: Final[dict[str, Callable[[Sequence[Pairs]], Refines | Remembers]]] = {
    "MediaPipe": lambda _: Raw(),
    "One-Euro": lambda _: SmoothedRaw(),
    "constant bone lengths": lambda _: ConstantBones(),
    "mean offset": lambda pairs: MeanOffset.fit(pairs, n_bins=1),
    "mean offset per azimuth": lambda pairs: MeanOffset.fit(pairs, n_bins=12),
    "ridge": Ridge.fit,
}
"""Name in the table → how to fit it."""
