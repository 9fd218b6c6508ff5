"""The table of faults in docs/faults.md cannot rot: its tests exist, and all tests of faults are in it."""

import re

import pytest

from tests.faults.table import GROUPS, PAGE, ROOT, all_tests, defined_tests, render

OURS = ("tests/faults", "tests/fuzz", "tests/soak")


@pytest.mark.parametrize("test", all_tests())
def test_each_test_of_the_table_exists(test):
    file, name = test.split("::")
    assert name in defined_tests(ROOT / file)


def test_every_test_of_faults_is_in_the_table():
    known = set(all_tests())
    for folder in OURS:
        for path in sorted((ROOT / folder).glob("test_*.py")):
            file = str(path.relative_to(ROOT))
            if path.name == "test_table.py":
                continue
            missing = {f"{file}::{name}" for name in defined_tests(path)} - known
            assert not missing, f"not in tests/faults/table.py: {missing}"


def test_the_page_is_the_table_and_no_result_is_a_failure():
    page = PAGE.read_text(encoding="utf-8")
    result = r"(<br>)?(passed|skipped|failed|not run)( \(\d+\))?"  # the last is what render({}) says, never the page
    strip = lambda text: re.sub(rf"\| ({result})+ \|$", "|", text, flags=re.MULTILINE)  # noqa: E731
    assert strip(page) == strip(render({})), "run `make faults`"
    assert not re.search(r"\| [^|]*(failed|not run)[^|]*\|$", page, re.MULTILINE)


def test_a_fault_is_named_once():
    faults = [row.fault for rows in GROUPS.values() for row in rows]
    assert len(faults) == len(set(faults))
