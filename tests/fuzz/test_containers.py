"""Videos that were cut, spliced, re-timed and overwritten: frames in the order of time, or a sentence.

A few here, thousands with `make fuzz`; `python -m tests.fuzz.containers 500` keeps what gets past.
"""

import random
from pathlib import Path

import pytest
from hypothesis import settings

from tests.fuzz.containers import CODECS, check, mutated, sound

pytestmark = pytest.mark.fuzz
IS_AFRESH = not settings.default.derandomize
SEEDS = range(40) if not IS_AFRESH else [random.randrange(10**9) for _ in range(settings.default.max_examples // 5)]


@pytest.mark.parametrize("ending", CODECS)
def test_a_sound_film_of_every_container_is_read(tmp_path, ending):
    assert check(sound(tmp_path, f"a.{ending}", random.Random(1))) in ("read", "repaired")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_container_gets_past_the_reader(tmp_path, seed):
    check(mutated(tmp_path, seed))


def test_a_find_would_be_seen(tmp_path, monkeypatch):
    path = sound(tmp_path, "a.mkv", random.Random(1))
    monkeypatch.setattr("core.sources.video.timeline.Timeline.time_s", lambda _self, _index: 1.0)
    with pytest.raises(AssertionError):
        check(Path(path))
