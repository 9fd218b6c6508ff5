"""Thousands of inputs for everything that reads files of others: our own error or sense, in bounded memory.

The test suite tries a few dozen per parser; `make fuzz` tries thousands.
"""

import os
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import NdrError
from tests.fuzz.mutation import inputs
from tests.fuzz.targets import TARGETS

N_EXAMPLES = int(os.environ.get("NDR_FUZZ_EXAMPLES", "60"))


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_gets_past_the_parsers(name, tmp_path, monkeypatch, bounded_memory):
    target = TARGETS[name]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "files" / target.name
    path.parent.mkdir()

    @settings(
        max_examples=N_EXAMPLES, deadline=None, database=None, derandomize=N_EXAMPLES < 1000,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def attempt(data):
        path.write_bytes(data.draw(inputs(target.seed)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                target.read(path)
            except NdrError as error:
                sentence = str(error)
            else:
                return
        assert "\n" not in sentence.strip(), sentence
        assert len(sentence) < 2000, sentence

    attempt()
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "name", [name for name in TARGETS if name not in ("BVH", "BVH packed", "AMC", "ASF", "motion archive")]
)
def test_the_seeds_are_read_or_refused_for_a_reason(name, tmp_path):
    """Control: a seed that is refused at its first byte would leave the parser untested."""
    target = TARGETS[name]
    path = tmp_path / target.name
    path.write_bytes(target.seed)
    try:
        target.read(path)
    except NdrError as error:
        reason = str(error)
    else:
        return
    known = {"checkpoint": "another shape"}
    assert known.get(name, "nothing") in reason
