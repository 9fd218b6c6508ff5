"""The tests that a change needs: `pytest -p tests.changed` (`make fast`) leaves out the files of all others.

A test file is needed when it changed itself, when it names a module that changed, or when it names one that imports a
changed one. What is farther away is left to `make test`, and of a module that everything imports only so many are near
as fit into a minute. Where nothing changed, or something that is no Python, all are needed.
"""

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grimp

import main
from core.system.files.program import ROOT

PACKAGES = ("app", "core", "models")
_DOTTED = re.compile(r"\b(?:app|core|main|models)(?:\.\w+)*")
_PAGES = {".md", ".png"}
"""What changes without a test of the code being the wiser."""
MOST = 80
"""Test files that two cores get through in a minute, beside lint and types."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a test file that the change does not need."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    needed = needed_files()
    return True if needed is not None and collection_path not in needed else None


def pytest_report_header() -> str:
    """Say what was chosen."""
    needed = needed_files()
    if needed is None:
        return "changed: all tests are needed"
    rest = f"; all that are near are more than {MOST}: make test" if len(needed) == MOST else ""
    return f"changed: {len(needed)} test files are needed{rest}"


@functools.cache
def needed_files() -> frozenset[Path] | None:
    """Return the test files that the change needs, None for all."""
    changed = changed_files()
    if not changed or any(path.suffix not in {".py", *_PAGES} or path.name == "conftest.py" for path in changed):
        return None
    graph = grimp.build_graph(*PACKAGES, cache_dir=str(ROOT / ".import_linter_cache"))
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return frozenset(nearest(changed, chosen(changed, graph, files)))


def chosen(changed: set[Path], graph: grimp.ImportGraph, files: list[Path]) -> set[Path]:
    """Return those of the test files that changed, or from which a changed file is one or two imports away."""
    modules = {module_of(path) for path in changed if path.suffix == ".py"}
    near = set(modules)
    for module in modules & graph.modules:
        near |= graph.find_modules_that_directly_import(module)
    # a package that hands on what is in it is no step of its own
    for module in sorted(near & graph.modules):
        package = module.rpartition(".")[0]
        if package in graph.modules and graph.direct_import_exists(importer=package, imported=module):
            near.add(package)
    return {path for path in files if path in changed or near.intersection(named_by(path))}


def nearest(changed: set[Path], needed: set[Path], most: int = MOST) -> set[Path]:
    """Return at most so many of the needed test files: the changed ones, those of the same room, those that name it.

    Of equally near ones those are left out that lie between others: what breaks everywhere is seen from a few places.
    """
    modules = {module_of(path) for path in changed if path.suffix == ".py"}
    rooms = {ROOT / "tests" / path.parent.relative_to(ROOT) for path in changed if path.suffix == ".py"}
    found: list[Path] = []
    for is_near in (
        lambda path: path in changed or path.parent in rooms,
        lambda path: not modules.isdisjoint(named_in(path)),
        lambda path: True,
    ):
        near = sorted(path for path in needed.difference(found) if is_near(path))
        room = most - len(found)
        if len(near) <= room:
            found += near
            continue
        found += [near[i * len(near) // room] for i in range(room)]
        break
    return set(found)


def changed_files() -> set[Path]:
    """Return what differs from the branch `main` where this one left it: committed, not committed, and new files."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    names = _git("diff", "--name-only", base[0]) + _git("ls-files", "--others", "--exclude-standard")
    return {ROOT / name for name in names}


def module_of(path: Path) -> str:
    """Return the dotted name of a file of the repository."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def named_by(path: Path) -> set[str]:
    """Return the modules that a test file, the helpers that it imports and the conftests of its folders name.

    The conftest of all tests is left out: it would tie every test to the whole program.
    """
    tests = ROOT / "tests"
    conftests = [folder / "conftest.py" for folder in path.parents if tests in folder.parents]
    todo, done = [path, *filter(Path.is_file, conftests)], set()
    found: set[str] = set()
    while todo:
        done.add(file := todo.pop())
        names = named_in(file)
        found |= names
        helpers = {ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in names if name.startswith("tests.")}
        todo += [helper for helper in helpers - done - {tests / "conftest.py"} if helper.is_file()]
    return found


@functools.cache
def named_in(file: Path) -> frozenset[str]:
    """Return the modules that a file imports, anywhere in it, or names in a text, or by a command of the program."""
    return frozenset(_names(ast.parse(file.read_text(encoding="utf-8"))))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "run":
            commands = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
            yield from (main.COMMANDS[name][0] for name in commands if name in main.COMMANDS)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in _DOTTED.findall(node.value):
                yield from (name, name.rpartition(".")[0])


def _git(*args: str) -> list[str]:
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()
