"""How long the looks at a long video will take, said before they begin."""

from collections.abc import Callable, Sequence
from typing import Final

from core.detection.bundle import PoseModel
from core.detection.look_rates import look_rate
from core.detection.looks import Look, look_names
from core.sources import Recorded
from core.sources.sample import sample_frames
from core.system.files.names import shown

_WORTH_SAYING: Final = 300  # frames
_IN_MINUTES_S: Final = 90.0


def announce(
    source: Recorded, looks: Sequence[Look], models: Callable[[str], PoseModel], report: Callable[[str], None]
) -> None:
    """Tell `report` how many frames there are, by which looks they are seen, and in what time on this machine."""
    n_frames = source.n_frames
    if n_frames is None or n_frames < _WORTH_SAYING:
        return
    seconds = n_frames / look_rate(looks, models, sample_frames, is_live=False, report=report)
    words = f"{seconds / 60:.0f} min" if seconds > _IN_MINUTES_S else f"{seconds:.0f} s"
    advice = "; --quality fast is quicker" if len(looks) > 1 else ""
    names = look_names(looks).replace(",", ", ")
    report(f"{shown(source.name)}: {n_frames} frames, seen by {names}, in about {words} on this machine{advice}.")
