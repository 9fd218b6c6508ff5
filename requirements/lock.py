"""Write the hashed lock of this Python from what pip resolves: `python requirements/lock.py`.

The lock is what CI installs: `pip install --require-hashes -r requirements/ci-3.11.txt`. It is of one Python version
on Linux x86-64. Run it anew when pyproject.toml changes; a test says when.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXTRAS = ("train", "dev")
HEAD = """# Made by `python requirements/lock.py`; do not edit. Python {python}, Linux x86-64.
# torch has two files: its CPU build (2.13.0+cpu) of an index that offers it, and PyPI's.
"""


def wanted() -> list[str]:
    """Return the requirements of the program and of the extras that its tests need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]


def resolve() -> list[dict[str, Any]]:
    """Return what pip would install, nothing being installed yet."""
    with tempfile.TemporaryDirectory() as folder:
        listed, report = Path(folder) / "in.txt", Path(folder) / "report.json"
        listed.write_text("\n".join(wanted()), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--report", str(report), "-r", str(listed)], check=True)
        found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return found


def public_digest(name: str, version: str) -> str:
    """Return the sha256 of the file that PyPI itself has of a release: another one than the build of an own index."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--no-deps", "--index-url", "https://pypi.org/simple", "--report", str(report)]
        subprocess.run([*command, f"{name}=={version}"], check=True)
        (item,) = json.loads(report.read_text(encoding="utf-8"))["install"]
    return str(item["download_info"]["archive_info"]["hashes"]["sha256"])


def render(found: list[dict[str, Any]], python: str) -> str:
    """Return the lock: each package with its version and the sha256 of its file."""
    lines = []
    for item in found:
        name = str(item["metadata"]["name"]).lower().replace("_", "-")
        version, _, build = str(item["metadata"]["version"]).partition("+")
        digests = [item["download_info"]["archive_info"]["hashes"]["sha256"]]
        digests += [public_digest(name, version)] if build else []
        lines.append(" \\\n    ".join([f"{name}=={version}", *(f"--hash=sha256:{digest}" for digest in digests)]))
    return HEAD.format(python=python) + "\n".join(sorted(lines)) + "\n"


def main() -> None:
    """Resolve and write."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    path = ROOT / "requirements" / f"ci-{python}.txt"
    path.write_text(render(resolve(), python), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
