"""Thousands of inputs for everything that reads files of others: our own error or sense, in bounded memory.

The test suite tries a few dozen per parser, alike in every run; `make fuzz` tries thousands, drawn afresh, and keeps
what gets past a parser in tests/fuzz/found.
"""

import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import NdrError
from tests.fuzz import found
from tests.fuzz.mutation import inputs
from tests.fuzz.targets import TARGETS, Target

pytestmark = pytest.mark.fuzz
IS_AFRESH = not settings.default.derandomize
N_EXAMPLES = settings.default.max_examples if IS_AFRESH else 60


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_gets_past_the_parsers(name, tmp_path, monkeypatch, bounded_memory):
    target = TARGETS[name]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "files" / target.name
    path.parent.mkdir()

    @settings(max_examples=N_EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def attempt(data):
        path.write_bytes(data.draw(inputs(target.seed)))
        check(target, path)

    try:
        attempt()
    except Exception:
        if IS_AFRESH:  # the last that was tried is the smallest that was found
            print("Kept:", found.keep(name, path.read_bytes()))
        raise
    assert not (tmp_path / "executed").exists()


def check(target, path):
    """Read a file as its parser does: it makes sense, or one sentence says why not."""
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


@pytest.mark.parametrize("name", TARGETS)
def test_what_fuzzing_found_stays_found(name, tmp_path, bounded_memory):
    for number, kept in enumerate(found.kept(name)):
        path = tmp_path / str(number) / TARGETS[name].name
        path.parent.mkdir()
        path.write_bytes(kept.read_bytes())
        check(TARGETS[name], path)


def test_a_find_is_kept_and_tried_again(monkeypatch, tmp_path):
    monkeypatch.setattr(found, "FOLDER", tmp_path / "found")
    found.keep("AIST++ pickle", b"one")
    found.keep("AIST++ pickle", b"two")
    assert sorted(path.read_bytes() for path in found.kept("AIST++ pickle")) == [b"one", b"two"]
    assert found.kept("AIST++ motion") == []
    assert len({found.slug(name) for name in TARGETS}) == len(TARGETS)
    careless = Target("a.txt", b"", lambda path: int(path.read_text()))
    (tmp_path / "a.txt").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="invalid literal"):
        check(careless, tmp_path / "a.txt")


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
