"""A refiner for every look: that of its variant where there is one, else the one that was named."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from core.detection.looks import Look
from core.refinement.card import ModelCard
from core.refinement.mirrored import MirroredRefiner
from core.refinement.refiner import DepthRefiner
from core.refinement.refiner_files import refiner_path


class Refiners:
    """What refines each look.

    Args:
        by_look: Name of a look → its refiner; at least one. Looks of one variant share it.

    Attributes:
        main: That of the first look, which also refines what has no look's name.
    """

    def __init__(self, by_look: Mapping[str, DepthRefiner]) -> None:
        self._by_look = dict(by_look)
        self.main = next(iter(self._by_look.values()))

    @classmethod
    def load(cls, path: str | Path, looks: Iterable[Look]) -> Self:
        """Load what these looks need: NAME-heavy.onnx beside NAME.onnx for heavy, if it is there, else NAME.onnx.

        Raises:
            ModelError: A file is missing or damaged.
        """
        loaded: dict[Path, DepthRefiner] = {}
        by_look = {}
        for look in looks:
            file = refiner_path(Path(path), look.variant)
            if file not in loaded:
                loaded[file] = DepthRefiner(file)
            by_look[look.name] = loaded[file]
        return cls(by_look)

    def of(self, look_name: str) -> DepthRefiner | MirroredRefiner:
        """Return what refines a look, a mirrored one as it was seen."""
        refiner = self._by_look.get(look_name, self.main)
        return MirroredRefiner(refiner) if look_name and Look.from_name(look_name).is_mirrored else refiner

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """Of the refiners in use, each once."""
        return tuple({id(refiner): refiner.card for refiner in self._by_look.values()}.values())

    @property
    def name(self) -> str:
        """The names of the refiners in use."""
        return " + ".join(card.name for card in self.cards)

    @property
    def provider(self) -> str:
        """The execution provider in use, as ONNX Runtime itself reports it."""
        return self.main.provider

    @property
    def table(self) -> dict[str, dict[str, str]]:
        """Variant → name and sha256 of its refiner, for what is saved with a result."""
        return {
            Look.from_name(look).variant: {"name": refiner.card.name, "sha256": refiner.card.sha256}
            for look, refiner in self._by_look.items()
        }

    @property
    def mismatches(self) -> tuple[str, ...]:
        """A sentence for each variant whose errors its refiner never learned; none when another look is at home.

        Beside a look whose errors are known, the mean is better with a strange look than without it.
        """
        cards = {Look.from_name(name).variant: refiner.card for name, refiner in self._by_look.items()}
        sentences = [mismatch(card, variant) for variant, card in cards.items()]
        return tuple(sentences) if all(sentences) else ()


def mismatch(card: ModelCard, variant: str) -> str:
    """Return what to say when a refiner meets a variant whose errors it never learned; "" when it has."""
    if variant in card.pose_variants:
        return ""
    return (
        f"The refiner {card.name} was trained on the pose variant '{card.pose_variant}', not on '{variant}': expect "
        "worse depth."
    )
