"""Which cameras a set-up has, and how it is kept by name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QSettings

from app.language import tr
from core.sources import CameraSpec

_GROUP: Final = "capture/setups"


@dataclass(frozen=True)
class CameraChoice:
    """One camera of a set-up.

    Attributes:
        spec: A camera of this machine, or the address of a network camera (or a file, which plays as one).
        is_mirrored: Whether its picture is shown as a mirror does; the file is as the camera gives it.
    """

    spec: CameraSpec | str
    is_mirrored: bool = False

    def words(self) -> str:
        """Return it as one line."""
        if isinstance(self.spec, str):
            parts = [self.spec]
        else:
            parts = [tr("Camera {index}", index=self.spec.index)]
            if self.spec.size_px:
                parts.append(f"{self.spec.size_px[0]} × {self.spec.size_px[1]}")
            if self.spec.fps:
                parts.append(tr("{rate} fps", rate=f"{self.spec.fps:g}"))
        if self.is_mirrored:
            parts.append(tr("mirrored"))
        return "  ·  ".join(parts)


def setup_names() -> list[str]:
    """Return the names of the set-ups that are kept, sorted."""
    return sorted(_kept())


def load_setup(name: str) -> list[CameraChoice]:
    """Return the cameras of a set-up; of what cannot be read any more, nothing."""
    return [choice for choice in map(_choice_of, _kept().get(name, [])) if choice is not None]


def save_setup(name: str, choices: Sequence[CameraChoice]) -> None:
    """Keep a set-up; one of this name is replaced."""
    kept = _kept()
    kept[name] = [_record_of(choice) for choice in choices]
    QSettings().setValue(_GROUP, json.dumps(kept))


def delete_setup(name: str) -> None:
    """Forget a set-up."""
    kept = _kept()
    kept.pop(name, None)
    QSettings().setValue(_GROUP, json.dumps(kept))


def _kept() -> dict[str, list[Any]]:
    try:
        kept = json.loads(str(QSettings().value(_GROUP, "{}")))
    except ValueError:
        return {}
    return {name: rows for name, rows in kept.items() if isinstance(rows, list)} if isinstance(kept, dict) else {}


def _record_of(choice: CameraChoice) -> dict[str, Any]:
    spec = choice.spec
    if isinstance(spec, str):
        return {"address": spec, "mirrored": choice.is_mirrored}
    return {"camera": spec.index, "size": spec.size_px, "fps": spec.fps, "mirrored": choice.is_mirrored}


def _choice_of(record: Any) -> CameraChoice | None:
    try:
        is_mirrored = bool(record.get("mirrored"))
        if "address" in record:
            return CameraChoice(str(record["address"]), is_mirrored)
        size, fps = record.get("size"), record.get("fps")
        size_px = (int(size[0]), int(size[1])) if size else None
        return CameraChoice(CameraSpec(int(record["camera"]), size_px, float(fps) if fps else None), is_mirrored)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None
