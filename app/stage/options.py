"""What the 3D view shows besides the refined body; remembered from start to start."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from PySide6.QtCore import QSettings

COMPARISONS: Final = {
    "over": "MediaPipe's joints in grey",
    "beside": "MediaPipe beside it",
    "depth": "Colour by the change in depth",
    "none": "The refined body alone",
}
"""How before and after are shown together → what the menu says."""
TRAILS: Final = {"nose": "Head", "wrist": "Hands", "hip": "Hips", "knee": "Knees", "ankle": "Feet"}
"""Joints that may leave a trail, by a part of their name → what the menu says."""
SWITCHES: Final = {
    "camera": "Camera and its picture",
    "grid": "Floor with metres",
    "errors": "Expected errors",
}
"""What can be shown or hidden, by the name of its field → what the menu says."""
_GROUP: Final = "stage"


@dataclass(frozen=True)
class StageOptions:
    """Choices of the menu.

    Attributes:
        comparison: Of COMPARISONS.
        camera: The camera that filmed, with its picture.
        grid: The floor's grid, its metres, axes and scale.
        errors: A sphere about each joint as large as the expected error.
        trails: Of TRAILS: what leaves a trail.
    """

    comparison: str = "over"
    camera: bool = True
    grid: bool = True
    errors: bool = False
    trails: tuple[str, ...] = ()

    def with_trail(self, name: str, is_on: bool) -> "StageOptions":
        """Return them with a trail more or less."""
        others = tuple(trail for trail in self.trails if trail != name)
        return replace(self, trails=(*others, name) if is_on else others)


def load_options() -> StageOptions:
    """Return what was chosen last; what makes no sense any more is as at first."""
    settings, usual = QSettings(), StageOptions()
    found: dict[str, Any] = {}
    for field in fields(StageOptions):
        value, default = settings.value(f"{_GROUP}/{field.name}"), getattr(usual, field.name)
        if value is None:
            continue
        if isinstance(default, bool):
            found[field.name] = str(value) == "true"
        elif isinstance(default, tuple):
            found[field.name] = tuple(name for name in str(value).split(",") if name in TRAILS)
        elif str(value) in COMPARISONS:
            found[field.name] = str(value)
    return replace(usual, **found)


def save_options(options: StageOptions) -> None:
    """Remember what was chosen."""
    settings = QSettings()
    for name, value in asdict(options).items():
        text = ",".join(value) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else value
        settings.setValue(f"{_GROUP}/{name}", text)
