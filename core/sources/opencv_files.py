"""What OpenCV's FileStorage writes of a calibration, read without it: a damaged file makes it end the process.

Read are the values at the top of YAML, XML and JSON: matrices, numbers, texts and lists of texts.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DataError, brief
from core.pose.types import FloatArray
from core.system.files.documents import parse_json

_KEY: Final = re.compile(r"([^\s:#-][^:\n]*):(.*)")
_MATRIX: Final = re.compile(
    r"\s*!!opencv-matrix\s+rows:\s*(\d{1,6})\s+cols:\s*(\d{1,6})\s+dt:\s*\S+\s+data:\s*\[([^\]]*)\]\s*"
)
_TYPE: Final = "opencv-matrix"


def read_opencv(path: Path) -> dict[str, Any]:
    """Return name → (rows, cols) matrix, number, text or list of texts of a YAML, XML or JSON file.

    Raises:
        DataError: It cannot be read, is none of these, or a matrix does not hold what it says.
    """
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    start = text.lstrip()
    try:
        if start.startswith("%YAML"):
            return _yaml(text)
        if start.startswith("<"):
            return _xml(text)
        content = parse_json(text)
        return {name: _value(value) for name, value in content.items()}
    except (ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError, ET.ParseError) as error:
        raise DataError(f"{path} is not OpenCV YAML, XML or JSON ({brief(error)}); write it again.") from error


def _yaml(text: str) -> dict[str, Any]:
    entries: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        found = _KEY.fullmatch(line)
        if found is not None:
            name, line = found[1].strip().strip('"'), found[2]
            entries[name] = line
        elif name and line.strip() not in ("", "---", "..."):
            entries[name] += "\n" + line
    return {name: _yaml_value(value) for name, value in entries.items()}


def _yaml_value(text: str) -> Any:
    matrix = _MATRIX.fullmatch(text)
    if matrix is not None:
        return _matrix(int(matrix[1]), int(matrix[2]), matrix[3])
    stripped = text.strip()
    if stripped.startswith("- "):
        return [_text(line.strip().removeprefix("-")) for line in stripped.splitlines()]
    if stripped.startswith("["):
        if not stripped.endswith("]"):
            raise ValueError("a list without an end")
        return [_text(item) for item in stripped[1:-1].split(",") if item.strip()]
    return _value(_text(stripped))


def _xml(text: str) -> dict[str, Any]:
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise ValueError("a document type or other declaration in it")
    values: dict[str, Any] = {}
    for element in ET.fromstring(text):  # noqa: S314 declarations are refused
        parts = {part.tag: part.text or "" for part in element}
        values[element.tag] = _value({"type_id": element.get("type_id"), **parts} if parts else element.text or "")
    return values


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        data = value.get("data")
        if value.get("type_id") != _TYPE or data is None:
            return None
        return _matrix(int(value["rows"]), int(value["cols"]), data)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value.strip().strip('"')
    return value


def _matrix(rows: int, cols: int, data: Any) -> FloatArray:
    numbers = re.split(r"[\s,]+", data.strip()) if isinstance(data, str) else data
    # OpenCV writes .Nan and .Inf
    values = np.array([float(str(n).lower().replace(".nan", "nan").replace(".inf", "inf")) for n in numbers if n != ""])
    if rows < 0 or values.size != rows * cols:
        raise ValueError(f"a matrix of {rows} × {cols} with {values.size} numbers")
    return values.reshape(rows, cols)


def _text(item: str) -> str:
    return item.strip().strip('"')
