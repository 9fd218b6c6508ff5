"""What is known of a take besides its frames, in one readable file: `take.toml`, or `NAME.take.toml` beside NAME."""

import math
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Self

import tomli_w

from core.analysis.cycles import Cycles
from core.detection.chosen_point import ChosenPoint
from core.detection.looks import Look, parse_looks
from core.detection.quality import AUTOMATIC
from core.errors import DataError, SettingsError, brief
from core.filters import FilterChoice
from core.sequence.export_choices import ExportChoices
from core.settings import Settings
from core.system.files.atomic import write_text
from core.system.files.documents import parse_toml
from core.system.files.program import DEFAULT_REFINER

SCHEMA: Final = 1
ENDING: Final = ".take.toml"
_TABLES: Final = frozenset(
    {"take", "subject", "camera", "processing", "range", "person", "markers", "cycles", "exports"}
)
_LONGEST_TEXT: Final = 2000
_MOST_MARKERS: Final = 10_000


@dataclass(frozen=True)
class Subject:
    """Who is seen.

    Attributes:
        name: As the user calls them, "" when not said.
        height_m: Metres; None leaves the size that MediaPipe gives.
        notes: Whatever is worth knowing.
    """

    name: str = ""
    height_m: float | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        _require_texts(self)
        ExportChoices(height_m=self.height_m)  # the one place that knows which heights there are


@dataclass(frozen=True)
class TakeCamera:
    """What filmed them.

    Attributes:
        fov_deg: Horizontal field of view; None assumes 60 degrees across the longer side.
        calibration: File with the camera's matrix, "" for none; it goes before `fov_deg`.
        roll_deg: Positive when the picture's top leans to the right of true up; None estimates it.
        is_mirrored: Whether the pictures are as a mirror shows them, as those of some front cameras.
    """

    fov_deg: float | None = None
    calibration: str = ""
    roll_deg: float | None = None
    is_mirrored: bool = False

    def __post_init__(self) -> None:
        _require_texts(self)
        ExportChoices(fov_deg=self.fov_deg, roll_deg=self.roll_deg)


@dataclass(frozen=True)
class Marker:
    """A moment with a name."""

    time_s: float
    name: str = ""

    def __post_init__(self) -> None:
        _require_texts(self)
        if not math.isfinite(self.time_s):
            raise SettingsError("The time of a marker must be a number.")


@dataclass(frozen=True)
class Processing:
    """How poses are made of it: by which looks, and what works on them afterwards.

    Attributes:
        quality: In the user's words, as in `core.settings.Settings`.
        looks: These looks exactly, "" leaves it to the variant.
        variant: One look of this variant, "" leaves it to the quality.
        carried: The looks that *automatic* came to when the take was analysed first, "" until then.
        learned_depth_refinement: Whether the refiner runs.
        refiner: Path of its .onnx file, "" for the one that comes along.
        hold_bones: Whether bone lengths are the same in all frames.
        filter: How joints are smoothed over time; None leaves it to each format, and shows them as refined.
    """

    quality: str = AUTOMATIC
    looks: str = ""
    variant: str = ""
    carried: str = ""
    learned_depth_refinement: bool = True
    refiner: str = ""
    hold_bones: bool = True
    filter: FilterChoice | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the user's settings say."""
        refiner = "" if Path(settings.refiner) == DEFAULT_REFINER else settings.refiner
        return cls(settings.quality, settings.looks, settings.variant, "", settings.learned_depth_refinement, refiner)

    @property
    def settings(self) -> Settings:
        """The same as settings, which check it."""
        return Settings(
            self.variant, self.learned_depth_refinement, self.refiner or str(DEFAULT_REFINER), self.quality, self.looks
        )

    @property
    def chosen_looks(self) -> tuple[Look, ...] | None:
        """The looks at it; None while nobody has found out what *automatic* comes to."""
        return self.settings.chosen_looks or (parse_looks(self.carried) if self.carried else None)


@dataclass(frozen=True)
class Exported:
    """What was saved of a take."""

    when: str
    folder: str
    formats: tuple[str, ...]


@dataclass(frozen=True)
class Take:
    """Everything that is known of a take.

    Attributes:
        name: How it is listed.
        source: The video, or "" when there is none (any more).
        content: `content_hash` of the source, "" when there is none.
        recording: The NPZ that the poses are from when they were not detected in the source, "" otherwise.
        opened: When it was opened last, ISO 8601.
        subject: Who.
        camera: With what.
        processing: How.
        person: Which of several, None for the only or nearest one.
        in_s: In point, seconds.
        out_s: Out point; None for the end.
        markers: In the order of time.
        cycles: Repetitions that a person corrected; None leaves them to be found.
        exports: What was saved of it, the newest last.
    """

    name: str = ""
    source: str = ""
    content: str = ""
    recording: str = ""
    opened: str = ""
    subject: Subject = field(default_factory=Subject)
    camera: TakeCamera = field(default_factory=TakeCamera)
    processing: Processing = field(default_factory=Processing)
    person: ChosenPoint | None = None
    in_s: float = 0.0
    out_s: float | None = None
    markers: tuple[Marker, ...] = ()
    cycles: Cycles | None = None
    exports: tuple[Exported, ...] = ()

    def __post_init__(self) -> None:
        _require_texts(self)
        if not (self.in_s >= 0 and (self.out_s is None or self.out_s > self.in_s)):
            raise SettingsError(
                f"The out point ({self.out_s} s) of a take must lie behind its in point ({self.in_s} s)."
            )
        if len(self.markers) > _MOST_MARKERS:
            raise SettingsError(f"A take has {len(self.markers)} markers; {_MOST_MARKERS} is the most.")
        object.__setattr__(self, "markers", tuple(sorted(self.markers, key=lambda marker: marker.time_s)))

    def choices(self, own: ExportChoices) -> ExportChoices:
        """Return export choices with what the take knows where `own` leaves it open."""
        known = ExportChoices(
            filter=self.processing.filter,
            fov_deg=self.camera.fov_deg,
            height_m=self.subject.height_m,
            roll_deg=self.camera.roll_deg,
        )
        return own.over(known)

    def facts(self) -> dict[str, Any]:
        """Return what a recording's meta says of its take: subject, camera, and who was chosen; no paths."""
        table = self.table()
        table["camera"].pop("calibration", None)
        return {name: table[name] for name in ("subject", "camera", "person", "markers", "cycles") if table.get(name)}

    def table(self) -> dict[str, Any]:
        """Return it as TOML has it: what is not known is left out."""
        processing = _known(self.processing)
        if self.processing.filter is not None:
            processing["filter"] = str(self.processing.filter)
        table: dict[str, Any] = {
            "take": {"schema": SCHEMA, **_known(self, "name", "source", "content", "recording", "opened")},
            "subject": _known(self.subject),
            "camera": _known(self.camera),
            "processing": processing,
            "range": _known(self, "in_s", "out_s"),
        }
        if self.person is not None:
            table["person"] = _known(self.person)
        if self.markers:
            table["markers"] = [_known(marker) for marker in self.markers]
        if self.cycles is not None:
            table["cycles"] = self.cycles.table()
        if self.exports:
            table["exports"] = [{**_known(done), "formats": list(done.formats)} for done in self.exports]
        return table

    def save(self, path: Path) -> None:
        """Write it atomically.

        Raises:
            OutputError: The file cannot be written.
        """
        write_text(path, tomli_w.dumps(self.table()))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote, or a person.

        Raises:
            DataError: It cannot be read, has an unknown name or an impossible value, or is of a newer program.
        """
        try:
            return cls.from_table(parse_toml(path.read_text(encoding="utf-8-sig")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, SettingsError) as error:
            raise DataError(f"The take {path} cannot be read ({brief(error)}); mend or delete it.") from error

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Read a table as `table` makes it; what is missing has its default. SettingsError, ValueError and the like."""
        unknown = set(table) - _TABLES
        if unknown:
            raise SettingsError(f"there is no table '{', '.join(sorted(unknown))}'")
        head = dict(table.get("take", {}))
        if head.pop("schema", SCHEMA) > SCHEMA:
            raise SettingsError("it was written by a newer version of this program")
        processing = dict(table.get("processing", {}))
        if "filter" in processing:
            processing["filter"] = FilterChoice.parse(processing["filter"])
        person = table.get("person")
        take = cls(
            **{**head, **table.get("range", {})},
            subject=Subject(**_numbers(table.get("subject", {}))),
            camera=TakeCamera(**_numbers(table.get("camera", {}))),
            processing=Processing(**processing),
            person=None if person is None else ChosenPoint(**_numbers(person)),
            markers=tuple(Marker(**_numbers(marker)) for marker in table.get("markers", ())),
            cycles=Cycles.from_table(table["cycles"]) if "cycles" in table else None,
            exports=tuple(Exported(**{**done, "formats": tuple(done["formats"])}) for done in table.get("exports", ())),
        )
        _ = take.processing.chosen_looks  # checks them
        return take


def beside(video: Path) -> Path:
    """Return where a person's own `NAME.take.toml` of a video is looked for."""
    return video.with_name(video.stem + ENDING)


def with_marker(take: Take, marker: Marker) -> Take:
    """Return the take with one more marker, which replaces one at the same time."""
    others = tuple(other for other in take.markers if other.time_s != marker.time_s)
    return replace(take, markers=(*others, marker))


def _known(item: Any, *names: str) -> dict[str, Any]:
    """Return name → value of a dataclass's simple fields, without None and empty texts."""
    values = {name: getattr(item, name) for name in names or [f.name for f in fields(item)]}
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _numbers(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table in which whole numbers are floats, as a person may write them."""
    return {name: float(value) if type(value) is int else value for name, value in table.items()}


def _require_texts(item: Any) -> None:
    """Raise SettingsError where a text field holds no text, a switch no bool, or a text is absurdly long."""
    for f in fields(item):
        value = getattr(item, f.name)
        is_wrong = (f.type is str and not isinstance(value, str)) or (f.type is bool and not isinstance(value, bool))
        is_wrong |= f.type == (float | None) and not isinstance(value, float | int | None)
        if is_wrong or (isinstance(value, str) and len(value) > _LONGEST_TEXT):
            raise SettingsError(f"'{f.name}' cannot be {repr(value)[:60]}")
