"""The errors a user can meet.

NdrError
├── SourceError    a video, camera or stream cannot be read
├── ModelError     a pose model or refiner is missing, damaged or of the wrong kind
├── DataError      an array, pair file or sequence is not what it must be
├── OutputError    a result cannot be written
└── SettingsError  a settings file or option makes no sense

Each message is one sentence a person can act on: what is wrong, where, what to do. The command line prints it
and exits with 2; the window shows it as a banner.
"""

_LONGEST = 160


def brief(error: BaseException) -> str:
    """Return what another library says, on one line and short: some of their messages hold a whole file."""
    lines = str(getattr(error, "strerror", None) or error).strip().splitlines()
    text = lines[0].strip() if lines else type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class NdrError(Exception):
    """Base of every error that is reported as one sentence."""

    exit_code = 2


class SourceError(NdrError):
    """A video, camera or stream cannot be read."""


class ModelError(NdrError):
    """A pose model or refiner is missing, damaged or of the wrong kind."""


class DataError(NdrError):
    """An array, pair file or sequence is not what it must be."""


class OutputError(NdrError):
    """A result cannot be written."""


class SettingsError(NdrError):
    """A settings file or option makes no sense."""
