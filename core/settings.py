"""What a user may set, in one readable TOML file; `core.process.result_settings` saves it beside every result."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from core.detection.bundle import VARIANTS
from core.detection.looks import Look, parse_looks
from core.detection.quality import AUTOMATIC, LOOKS_OF, QUALITIES
from core.errors import SettingsError
from core.system.files.atomic import write_text
from core.system.files.documents import parse_toml
from core.system.files.program import DEFAULT_REFINER


@dataclass(frozen=True)
class Settings:
    """Choices that change a result.

    Attributes:
        variant: One look of this MediaPipe variant, lite, full or heavy, whatever the quality; "" for none.
        learned_depth_refinement: Whether the refiner runs.
        refiner: Path of its .onnx file.
        quality: fast, balanced, best or automatic (see `core.detection.quality`).
        looks: These looks, as `core.detection.looks.parse_looks` reads them, whatever variant and quality; "" for none.
    """

    variant: str = ""
    learned_depth_refinement: bool = True
    refiner: str = str(DEFAULT_REFINER)
    quality: str = AUTOMATIC
    looks: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not field.type:
                raise SettingsError(f"The setting '{field.name}' cannot be {repr(value)[:60]}.")
        if self.looks:
            parse_looks(self.looks)
        if self.quality not in QUALITIES:
            raise SettingsError(
                f"The setting 'quality' is '{self.quality[:60]}'; choose one of {', '.join(QUALITIES)}."
            )
        if self.variant not in ("", *VARIANTS):
            raise SettingsError(f"The setting 'variant' is '{self.variant}'; choose one of {', '.join(VARIANTS)}.")

    @property
    def chosen_looks(self) -> tuple[Look, ...] | None:
        """The looks that the user chose by name, variant or quality; None when that is left to the program."""
        if self.looks:
            return parse_looks(self.looks)
        if self.variant:
            return (Look(self.variant),)
        return LOOKS_OF.get(self.quality)

    @property
    def file_looks(self) -> tuple[Look, ...]:
        """The looks at a file, which waits for the most accurate unless the user chose otherwise."""
        return self.chosen_looks or LOOKS_OF["best"]


def user_settings_path() -> Path:
    """Return where the user's own settings are."""
    return Path(platformdirs.user_config_dir("neural-depth-refinement")) / "settings.toml"


def load_settings(path: Path) -> Settings:
    """Read settings; a file that does not exist gives the defaults.

    Raises:
        SettingsError: Not TOML, an unknown name or an impossible value.
    """
    try:
        table = parse_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise SettingsError(f"The settings file {path} cannot be read ({error}); mend or delete it.") from error
    unknown = set(table) - {field.name for field in fields(Settings)}
    if unknown:
        raise SettingsError(f"The settings file {path} has an unknown name: {', '.join(sorted(unknown))}.")
    try:
        return Settings(**table)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def save_user_setting(name: str, value: Any) -> None:
    """Change one of the user's own settings and leave the others; what is the default is not written.

    Raises:
        SettingsError: The file there makes no sense, or the value does not.
        OutputError: The file cannot be written.
    """
    path = user_settings_path()
    settings = replace(load_settings(path), **{name: value})
    default = Settings()
    chosen = {field.name: getattr(settings, field.name) for field in fields(Settings)}
    write_text(path, tomli_w.dumps({key: v for key, v in chosen.items() if v != getattr(default, key)}))
