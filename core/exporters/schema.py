"""The name and version that every saved sequence carries."""

from pathlib import Path
from typing import Any

from core.errors import DataError
from core.sequence.prepared import PreparedMotion

SCHEMA = "neural-depth-refinement sequence"
SCHEMA_VERSION = 1


def check_schema(meta: Any, path: Path) -> dict[str, Any]:
    """Return `meta` without its schema keys.

    Raises:
        DataError: Another kind of file, or one of a newer program.
    """
    if not isinstance(meta, dict) or meta.get("schema") != SCHEMA:
        raise DataError(f"{path} is not a pose sequence of this program.")
    if meta.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"{path} has schema version {meta.get('schema_version')}, this program reads {SCHEMA_VERSION}; "
            "use the program that wrote it or process the video again."
        )
    return {key: value for key, value in meta.items() if key not in ("schema", "schema_version")}


def export_facts(motion: PreparedMotion) -> dict[str, Any]:
    """Return what a file says about how it was made from the sequence: choices and what was assumed."""
    return {**motion.facts(), "scale": round(motion.scale, 6)}
