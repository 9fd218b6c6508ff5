"""What goes wrong on purpose: a disk that is full, a folder that may not be written."""

import contextlib
import os
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.conftest import *  # noqa: F403 - its fixtures
from tests.models.conftest import *  # noqa: F403 - its fixtures

_NOBODY = 65534


@contextlib.contextmanager
def full_disk(n_bytes: int = 100) -> Iterator[None]:
    """Let no file grow past n bytes: the kernel refuses the write, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def denied(folder: Path, mode: int) -> Iterator[None]:
    """Take away the permissions of a folder; root, who may do anything, becomes nobody for the while."""
    before = folder.stat().st_mode & 0o777
    is_root = os.geteuid() == 0
    folder.chmod(mode if not is_root else mode | (mode >> 6) * 0o11)
    if is_root:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(before)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
