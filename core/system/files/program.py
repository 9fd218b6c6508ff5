"""Where the files of this program itself lie: its code, the clip and the refiner that come along."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
"""Where the packages lie: a checkout, or a folder of installed packages."""
MAIN: Final = ROOT / "main.py"
ASSETS: Final = ROOT / "assets"
SAMPLE: Final = ASSETS / "sample.mp4"
DEFAULT_REFINER: Final = ASSETS / "refiner.onnx"
