"""The shape of the repository: small files, and nothing that does not belong in it."""

import subprocess

import pytest

from core.system.files.program import ROOT

MAX_LINES = 400


def tracked(pattern):
    listed = subprocess.run(["git", "ls-files", "-z", pattern], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).exists()]


def test_no_file_has_grown_into_two():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in tracked("*.py")}
    assert len(lengths) > 20
    too_long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > MAX_LINES}
    assert not too_long


def test_no_large_file_is_committed():
    large = [path.name for path in tracked("*") if path.stat().st_size > 5_000_000]
    assert not large
