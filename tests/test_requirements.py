"""The hashed lock fits pyproject.toml, and licences are judged."""

import contextlib
import importlib.util
import re
import sys

import pytest
from packaging.requirements import Requirement

from core.system.files.program import ROOT

LOCKS = sorted((ROOT / "requirements").glob("ci-*.txt"))


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "requirements" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_the_lock_has_what_pyproject_wants_and_a_hash_for_everything(lock):
    text = lock.read_text(encoding="utf-8")
    pins = {canonical(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}
    assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}( \\)?$", text, re.MULTILINE)) == len(pins) > 50
    (torch,) = re.findall(r"^torch==.*\n(?:    --hash.*\n)+", text, re.MULTILINE)
    is_cpu_build = not any(name.startswith("nvidia-") for name in pins)
    assert torch.count("--hash") == 1 + is_cpu_build, "PyPI has another file than an index of CPU builds"
    for line in load("lock").wanted():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate(
            {"sys_platform": "linux", "platform_machine": "x86_64"}
        ):
            continue
        assert canonical(wanted.name) in pins, f"{wanted.name} is not locked: run `make lock`"
        version = pins[canonical(wanted.name)]
        assert wanted.specifier.contains(version), f"{wanted.name} {version} is outside {line}: run `make lock`"


def test_a_lock_is_made_of_what_pip_reports_and_has_the_public_file_of_a_build_of_ones_own(monkeypatch):
    lock = load("lock")
    monkeypatch.setattr(lock, "public_digest", lambda name, version: f"{name}-{version}")
    found = [
        {"metadata": {"name": "PySide6_X", "version": "1.2+cpu"},
         "download_info": {"archive_info": {"hashes": {"sha256": "ab"}}}},
    ]  # fmt: skip
    assert "x==1.2 \\\n    --hash=sha256:ab \\\n    --hash=sha256:pyside6-x-1.2\n" in lock.render(found, "3.11")
    found[0]["metadata"]["version"] = "1.2"
    assert lock.render(found, "3.11").endswith("pyside6-x==1.2 \\\n    --hash=sha256:ab\n")


def test_licences_that_forbid_are_seen(monkeypatch):
    licences = load("licences")
    for bad in ("", "GPL-3.0-only", "AGPL", "CC-BY-NC: non-commercial"):
        assert licences.problem(bad), bad
    for good in ("MIT", "BSD-3-Clause", "LGPL-3.0-only OR GPL-2.0-only", "MPL-2.0", "Apache-2.0"):
        assert not licences.problem(good), good


@pytest.mark.skipif(not (ROOT / "requirements" / f"ci-3.{sys.version_info.minor}.txt").exists(), reason="no lock")
def test_every_locked_package_that_is_here_may_be_used():
    licences = load("licences")
    for name in licences.listed():
        try:
            licence = licences.licence_of(name) or licences.KNOWN.get(name, "")
        except licences.PackageNotFoundError:
            continue
        assert not licences.problem(licence), f"{name}: {licence}"


def test_what_wheels_bring_along_under_the_gpl_is_said():
    licences = load("licences")
    page = licences.PAGE.read_text(encoding="utf-8")
    for name in licences.listed():
        assert f"| {name} |" in page, f"run `make licences`: {name} is not on its page"
        with contextlib.suppress(licences.PackageNotFoundError):
            for library in licences.bundled_in(name):
                assert f"| {name} | {library} |" in page, "run `make licences`"
    assert "| av | libx264 | GPL" in page
