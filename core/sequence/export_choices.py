"""How a sequence is made ready for a file: coordinates, filter, gaps, scale; saved with the result."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

from core.errors import SettingsError
from core.filters import OFFLINE_BEST, FilterChoice
from core.pose.geometry import FOV_RANGE_DEG, HEIGHT_RANGE_M
from core.pose.seen import MIN_VISIBILITY, PARTS
from core.sequence.coordinates import COORDINATES, UP_AXES

_RANGES: Final = {
    "max_gap_ms": (0.0, 60_000.0),
    "outlier_gate_m": (0.0, 10.0),
    "fov_deg": FOV_RANGE_DEG,
    "height_m": HEIGHT_RANGE_M,
    "roll_deg": (-180.0, 180.0),
    "rate_hz": (0.1, 1000.0),
    "min_visibility": (0.0, 1.0),
}
_TEXTS: Final = frozenset({"coordinates", "up", "filter", "only"})


def _require_one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise SettingsError(f"The setting '{name}' is '{value}'; choose one of {', '.join(allowed)}.")


@dataclass(frozen=True)
class ExportChoices:
    """What may be chosen; None leaves it to the format.

    Attributes:
        coordinates: "view-ray", "camera" or "upright".
        up: "y" or "z", which axis points against gravity in upright coordinates.
        filter: How joints are smoothed over time.
        max_gap_ms: Longest time without a person that is interpolated, milliseconds; longer stays empty.
        outlier_gate_m: A landmark farther than this from its running median is a gap; 0 rejects nothing.
        travel: Whether the hips move as estimated from the picture instead of staying at the origin.
        fov_deg: The camera's horizontal field of view; None assumes 60 degrees across the longer side.
        height_m: The person's height, which scales the skeleton; None leaves the size MediaPipe gives.
        roll_deg: The camera's roll; None estimates it.
        rate_hz: Frame rate of the file; None keeps the video's.
        min_visibility: Visibility from which a joint counts as seen; 0 takes every guess of the detector for seen.
        only: One of `core.pose.seen.PARTS`: "upper" leaves the legs out.
    """

    coordinates: str | None = None
    up: str | None = None
    filter: FilterChoice | None = None
    max_gap_ms: float | None = None
    outlier_gate_m: float | None = None
    travel: bool | None = None
    fov_deg: float | None = None
    height_m: float | None = None
    roll_deg: float | None = None
    rate_hz: float | None = None
    min_visibility: float | None = None
    only: str | None = None

    def __post_init__(self) -> None:
        _require_one_of("coordinates", self.coordinates, COORDINATES)
        _require_one_of("up", self.up, UP_AXES)
        _require_one_of("only", self.only, PARTS)
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SettingsError(f"The setting '{name}' is {value:g}; give {low:g} to {high:g}.")
        if self.travel and self.coordinates == "view-ray":
            raise SettingsError(
                "View-ray coordinates have their origin at the hips; a root trajectory needs camera or upright ones."
            )

    def over(self, usual: "ExportChoices") -> "ExportChoices":
        """Return these choices with what is None taken from `usual`; a root trajectory turns view-ray into upright."""
        if self.travel and self.coordinates is None and usual.coordinates == "view-ray":
            usual = replace(usual, coordinates="upright")
        own = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(usual, **own)

    def table(self) -> dict[str, Any]:
        """Return the choices for a settings file: what is None is left out."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: str(v) if isinstance(v, FilterChoice) else v for k, v in values.items() if v is not None}

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> "ExportChoices":
        """Read what `table` wrote, or what a person wrote into a settings file.

        Raises:
            SettingsError: An unknown name, or a value of the wrong kind or out of range.
        """
        unknown = set(table) - {f.name for f in fields(cls)}
        if unknown:
            raise SettingsError(f"There is no export setting '{', '.join(sorted(unknown))}'.")
        values: dict[str, Any] = {}
        for name, value in table.items():
            kind = bool if name == "travel" else str if name in _TEXTS else float
            given = float(value) if kind is float and type(value) is int else value
            if type(given) is not kind:
                raise SettingsError(f"The export setting '{name}' cannot be {value!r}.")
            values[name] = FilterChoice.parse(str(given)) if name == "filter" else given
        return cls(**values)


AS_RECORDED: Final = ExportChoices(
    "view-ray", "y", FilterChoice("none"), 0.0, 0.0, travel=False, min_visibility=MIN_VISIBILITY, only="all"
)
"""What tables hold unless asked otherwise: the refiner's own numbers."""

READY_Y_UP: Final = replace(AS_RECORDED, coordinates="upright", filter=OFFLINE_BEST, max_gap_ms=250.0)
"""What other programs get unless asked otherwise: upright, smoothed, short gaps closed."""

READY_Z_UP: Final = replace(READY_Y_UP, up="z")
