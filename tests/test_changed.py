"""`make fast` runs the tests that a change needs, and no others."""

import grimp
import pytest

from tests import changed


@pytest.fixture
def graph():
    """app.window → core.exporters → core.exporters.bvh → core.pose; core.exporters hands on what is in it."""
    graph = grimp.ImportGraph()
    graph.add_import(importer="app.window", imported="core.exporters")
    graph.add_import(importer="core.exporters", imported="core.exporters.bvh")
    graph.add_import(importer="core.exporters.bvh", imported="core.pose")
    return graph


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A test file for each way to reach a module."""
    texts = {
        "direct": "from core.exporters.bvh import write",
        "handed_on": "from core.exporters import EXPORTERS",
        "inside": "def test():\n    from core import pose",
        "in_a_text": "monkeypatch.setattr('core.exporters.bvh.write', None)",
        "by_command": "def test(run):\n    run('doctor')",
        "window": "from app.window import MainWindow",
        "none": "import numpy",
    }
    monkeypatch.setattr(changed, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    for name, text in texts.items():
        (tmp_path / "tests" / f"test_{name}.py").write_text(text)
    return sorted((tmp_path / "tests").iterdir())


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("core/exporters/bvh.py", {"direct", "handed_on", "in_a_text"}),
        ("core/pose.py", {"direct", "handed_on", "in_a_text", "inside"}),
        ("core/exporters/__init__.py", {"handed_on", "window"}),
        ("core/cli/doctor.py", {"by_command"}),
        ("docs/exports.md", set()),
    ],
)
def test_what_is_near_a_change_is_needed(graph, files, path, names):
    needed = changed.chosen({changed.ROOT / path}, graph, files)
    assert {file.stem.removeprefix("test_") for file in needed} == names


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_of_too_many_the_nearest_are_run_and_of_equally_near_ones_from_everywhere(files, most):
    room = changed.ROOT / "tests" / "core" / "exporters"
    room.mkdir(parents=True)
    (room / "test_bvh.py").write_text("import numpy")
    needed = {*files, room / "test_bvh.py"}
    kept = changed.nearest({changed.ROOT / "core/exporters/bvh.py"}, needed, most)
    assert len(kept) == most
    assert room / "test_bvh.py" in kept
    assert most < 3 or {"test_direct.py", "test_in_a_text.py"} <= {file.name for file in kept}
    assert changed.nearest({changed.ROOT / "core/exporters/bvh.py"}, needed) == needed


def test_a_test_that_changed_is_needed(graph, files):
    assert changed.chosen({files[-1]}, graph, files) == {files[-1]}


def test_without_a_change_or_with_one_of_no_code_all_are_needed(monkeypatch):
    for paths in (
        set(),
        {changed.ROOT / "pyproject.toml"},
        {changed.ROOT / "core" / "errors.py", changed.ROOT / "tests" / "conftest.py"},
    ):
        monkeypatch.setattr(changed, "changed_files", lambda paths=paths: paths)
        changed.needed_files.cache_clear()
        assert changed.needed_files() is None
    monkeypatch.setattr(changed, "changed_files", lambda: {changed.ROOT / "README.md"})
    changed.needed_files.cache_clear()
    assert changed.needed_files() == frozenset()
    changed.needed_files.cache_clear()
