"""A limit on memory for tests of parsers."""

import resource
from pathlib import Path

import pytest

_MEMORY = 1 << 30


@pytest.fixture
def bounded_memory():
    """Let the process grow by no more than a gibibyte, so that what asks for more raises MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _MEMORY, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
