"""What a person chooses in the window about processing and about the person in view, remembered between starts."""

from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QSettings

from core.errors import SettingsError
from core.pose.geometry import FOV_RANGE_DEG, HEIGHT_RANGE_M

_GROUP: Final = "choices"
_REMEMBERED: Final = ("lock_bones", "smooth", "strength")
"""Between starts; height and camera belong to what is open, and the next one has its own."""
_RANGES: Final = {"strength": (0.0, 1.0), "height_m": HEIGHT_RANGE_M, "fov_deg": FOV_RANGE_DEG}
"""Of what is not 0, which says of a height and a camera that they are not known."""


@dataclass(frozen=True)
class Choices:
    """All of them; they change the picture at once and need no reloading.

    Attributes:
        lock_bones: Hold bone lengths constant.
        smooth: Smooth over time.
        strength: How much, 0..1.
        height_m: Of the person, metres; 0 when not known: the skeleton's own size is believed.
        fov_deg: Horizontal field of view of the camera; 0 when not known: `ASSUMED_FOV_DEG` is assumed across the
            longer side of the picture.
        calibration: File that holds the camera's matrix, "" for none; it goes before `fov_deg`.
    """

    lock_bones: bool = True
    smooth: bool = True
    strength: float = 0.5
    height_m: float = 0.0
    fov_deg: float = 0.0
    calibration: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value != 0 and not low <= value <= high:
                raise SettingsError(f"The choice '{name}' is {value:g}; it must lie between {low:g} and {high:g}.")

    @property
    def cutoff_hz(self) -> float:
        """Cutoff of the smoothing for a still joint: 6 Hz at strength 0, 1.5 at a half, 0.375 at 1."""
        return float(6.0 * 0.25 ** (2.0 * self.strength))


def load_choices() -> Choices:
    """Return what was chosen last; what cannot be read has its default."""
    settings, choices = QSettings(), Choices()
    for name in _REMEMBERED:
        kind = type(getattr(choices, name))
        value: Any = settings.value(f"{_GROUP}/{name}", None)
        if value is None:
            continue
        try:
            parsed: Any = str(value).lower() == "true" if kind is bool else kind(value)
            choices = replace(choices, **{name: parsed})
        except (ValueError, SettingsError):  # a damaged entry must not keep the window from opening
            continue
    return choices


def save_choices(choices: Choices) -> None:
    """Remember them."""
    settings = QSettings()
    for name in _REMEMBERED:
        settings.setValue(f"{_GROUP}/{name}", getattr(choices, name))
