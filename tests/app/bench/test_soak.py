import numpy as np
import pytest

from app.bench.soak import Left, memory_growth, verdict


def readings(growth_mib, *, n_cycles=200, swing_mib=3.0):
    """Memory as it is read: warming up, a steady pace, and swings that have nothing to do with it."""
    random = np.random.default_rng(5)
    cycles = np.arange(n_cycles)
    warming = 60.0 * (1.0 - np.exp(-cycles / 8.0))
    swings = random.uniform(-swing_mib, swing_mib, n_cycles)
    return [Left(3, 20, float(mib)) for mib in 400.0 + warming + growth_mib * cycles / n_cycles + swings]


def test_the_growth_is_that_of_200_cycles():
    assert 460 * memory_growth(readings(8.0, n_cycles=800)) == pytest.approx(2.0, abs=0.4)


@pytest.mark.parametrize("growth_mib", [0.0, 2.0, 3.0])
def test_growth_is_told_from_swings(growth_mib):
    assert 460 * memory_growth(readings(growth_mib)) == pytest.approx(growth_mib, abs=1.3)
    assert verdict(readings(growth_mib)) == []


def test_a_leak_is_said():
    (said,) = verdict(readings(9.0))
    assert said.startswith("The memory grows by 1.")


def test_a_thread_and_a_handle_are_missed():
    held = [*readings(0.0), Left(4, 22, 460.0)]
    assert verdict(held) == ["Threads left over: 1.", "File handles left over: 2."]


def test_one_cycle_says_nothing_about_growth():
    assert memory_growth([Left(3, 20, 400.0)]) == 0.0
