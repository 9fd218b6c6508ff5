"""How a source is to be read where it does not say so itself, as a person sets it."""

from dataclasses import dataclass
from typing import Any, Final, Self

from core.errors import SettingsError
from core.pose.frame_rate import FASTEST_HZ
from core.sources.video.upright import PictureChange


@dataclass(frozen=True)
class Reading:
    """What a file or camera cannot know.

    Attributes:
        capture_hz: Frames a second that the camera took, where the file plays them slower (slow motion); None for those
            of the file.
        turn_deg: The picture is turned clockwise by so much: 0, 90, 180 or 270.
        is_mirrored: Whether the picture is a mirror image, which is turned back so that left is left.
    """

    capture_hz: float | None = None
    turn_deg: int = 0
    is_mirrored: bool = False

    def __post_init__(self) -> None:
        if self.capture_hz is not None and not 0 < self.capture_hz <= FASTEST_HZ:
            raise SettingsError(f"A camera cannot take {self.capture_hz:g} frames a second; give up to {FASTEST_HZ:g}.")
        self.change  # noqa: B018 - raises where the turn makes no sense

    @property
    def change(self) -> PictureChange:
        """What is done to each picture."""
        return PictureChange(self.turn_deg, self.is_mirrored)

    def table(self) -> dict[str, Any]:
        """Return what is set, for a settings file: nothing for what is usual."""
        every = {"capture_rate_hz": self.capture_hz, "turn_deg": self.turn_deg, "mirrored": self.is_mirrored}
        return {name: value for name, value in every.items() if value}

    @classmethod
    def from_table(cls, table: dict[str, Any], usual: Self) -> Self:
        """Read what a person wrote into a settings file; what is left out is as `usual`.

        Raises:
            SettingsError: A value of the wrong kind or out of range.
        """
        values = {"capture_rate_hz": usual.capture_hz, "turn_deg": usual.turn_deg, "mirrored": usual.is_mirrored}
        kinds = {"capture_rate_hz": (int, float), "turn_deg": (int,), "mirrored": (bool,)}
        for name, value in table.items():
            if type(value) not in kinds[name]:
                raise SettingsError(f"the setting '{name}' cannot be {value!r}.")
            values[name] = value
        capture_hz: Any = values["capture_rate_hz"]
        return cls(
            None if capture_hz is None else float(capture_hz), int(values["turn_deg"] or 0), bool(values["mirrored"])
        )


AS_IT_SAYS: Final = Reading()
READING_KEYS: Final[tuple[str, ...]] = ("capture_rate_hz", "turn_deg", "mirrored")
"""The names that `Reading.table` uses."""
