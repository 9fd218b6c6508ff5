"""Looks: several ways of seeing the same person, whose errors differ, so that their mean is nearer to the truth.

A look is one of MediaPipe's variants, on the picture as it is or on its mirror image. What a look saw is always told
in the coordinates of the picture as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from core.detection.bundle import VARIANTS
from core.errors import SettingsError

_MIRRORED: Final = "-mirrored"


@dataclass(frozen=True)
class Look:
    """One way of seeing a person.

    Attributes:
        variant: Of MediaPipe: lite, full or heavy.
        is_mirrored: Whether it is shown the mirror image.
    """

    variant: str
    is_mirrored: bool = False

    @property
    def name(self) -> str:
        """As a person types it and recordings keep it: full, heavy-mirrored."""
        return self.variant + (_MIRRORED if self.is_mirrored else "")

    @classmethod
    def from_name(cls, name: str) -> Self:
        """Return the look of a name.

        Raises:
            SettingsError: There is no such look.
        """
        variant = name.removesuffix(_MIRRORED)
        if variant not in VARIANTS:
            known = ", ".join(VARIANTS)
            raise SettingsError(
                f"There is no look '{name[:60]}'; choose some of {known} and their mirror images (full{_MIRRORED}), "
                "separated by commas."
            )
        return cls(variant, variant != name)


def parse_looks(text: str) -> tuple[Look, ...]:
    """Return the looks that a person typed, separated by commas, each once.

    Raises:
        SettingsError: None at all, or an unknown one.
    """
    looks = tuple(dict.fromkeys(Look.from_name(part.strip()) for part in text.split(",") if part.strip()))
    if not looks:
        raise SettingsError("No look is named; give one or more, such as full,full-mirrored.")
    return looks


def look_names(looks: Sequence[Look]) -> str:
    """Return the text that `parse_looks` reads."""
    return ",".join(look.name for look in looks)


def kept_looks(text: str) -> tuple[str, ...]:
    """Return the names of the looks whose landmarks a recording keeps apart; none for one look at the picture itself.

    Args:
        text: As `look_names` gives it; "" for one look.

    Raises:
        SettingsError: It names an unknown look.
    """
    looks = parse_looks(text) if text else ()
    is_one = len(looks) < 2 and not any(look.is_mirrored for look in looks)
    return () if is_one else tuple(look.name for look in looks)
