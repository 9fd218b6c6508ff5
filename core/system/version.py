"""The version of this program, as installed."""

import importlib.metadata

DISTRIBUTION = "neural-depth-refinement"


def program_version() -> str:
    """Return the version, or "not installed" when it runs from a folder without `pip install -e .`."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
