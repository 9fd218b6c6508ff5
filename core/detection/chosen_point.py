"""A place in the picture by which a person says who is meant."""

import math
from dataclasses import dataclass
from typing import Self

from core.errors import SettingsError


@dataclass(frozen=True)
class ChosenPoint:
    """Which of several people: who was nearest to a point of the picture at a time.

    Attributes:
        x_px: From the left.
        y_px: From the top.
        time_s: When, seconds from the start of the source.
    """

    x_px: float
    y_px: float
    time_s: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (self.x_px, self.y_px, self.time_s)):
            raise SettingsError("The point at which a person was chosen must be numbers.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "X,Y" or "X,Y@SECONDS", as options have it.

        Raises:
            SettingsError: It is neither.
        """
        place, _, time = text.partition("@")
        try:
            x, y = (float(value) for value in place.split(","))
            return cls(x, y, float(time) if time else 0.0)
        except ValueError as error:
            raise SettingsError(f"The person '{text}' is no place in the picture; give X,Y or X,Y@SECONDS.") from error

    @property
    def in_first_frame_px(self) -> tuple[float, float]:
        """Where they are in the first frame, for those who look from there on and never back.

        Raises:
            SettingsError: They were chosen later.
        """
        if self.time_s:
            raise SettingsError(f"The person '{self}' is looked for in the first frame; leave out what follows @.")
        return self.x_px, self.y_px

    def __str__(self) -> str:
        return f"{self.x_px:g},{self.y_px:g}@{self.time_s:g}"
