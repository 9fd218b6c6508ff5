import json

import pytest

from core.detection import look_rates
from core.detection.bundle import PoseModel
from core.detection.look_rates import look_rate
from core.detection.looks import parse_looks
from tests.faults.conftest import full_disk

LOOKS = parse_looks("heavy,full-mirrored")


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of known speed; counts how often it is measured."""

    class Machine:
        n_measured, is_busy, rate = 0, False, 25.0
        sha256 = "a" * 64

        def models(self, variant):
            return PoseModel(None, variant, self.sha256)

        def measure(self, looks, models, frames, *, is_live):
            assert frames == (20,)
            self.n_measured += 1
            return self.rate if is_live else 2 * self.rate

        def ask(self, looks=LOOKS, *, is_live=True):
            return look_rate(looks, self.models, lambda n: (n,), is_live=is_live, report=said.append)

    made, said = Machine(), []
    made.said = said
    monkeypatch.setattr(look_rates, "_measure", made.measure)
    monkeypatch.setattr(look_rates, "_is_busy", lambda: made.is_busy)
    monkeypatch.setattr(look_rates, "cache_folder", lambda: tmp_path)
    return made


def test_a_rate_is_measured_once(machine):
    assert [machine.ask(), machine.ask(), machine.ask(is_live=False), machine.ask(is_live=False)] == [25, 25, 50, 50]
    assert machine.n_measured == 2
    assert machine.said[0] == "Measuring once how fast this machine is with heavy,full-mirrored."


def test_other_looks_another_model_or_processor_are_measured_anew(machine, monkeypatch):
    machine.ask()
    machine.ask(parse_looks("heavy"))
    machine.sha256 = "b" * 64
    machine.ask()
    monkeypatch.setattr(look_rates, "_processor", lambda: "another")
    machine.ask()
    assert machine.n_measured == 4


def test_what_a_busy_machine_does_is_not_remembered(machine):
    machine.is_busy = True
    assert machine.ask() == 25
    machine.is_busy, machine.rate = False, 40.0
    assert [machine.ask(), machine.ask()] == [40, 40]
    assert machine.n_measured == 2


@pytest.mark.parametrize("content", ["", "[1]", '{"a": "b"}', "{", '{"a": null}'])
def test_a_file_that_makes_no_sense_is_measured_over(machine, tmp_path, content):
    path = tmp_path / "look_rates.json"
    path.write_text(content)
    assert machine.ask() == 25
    assert list(json.loads(path.read_text()).values()) == [25]


def test_a_full_disk_keeps_nobody_from_measuring(machine):
    with full_disk():
        assert machine.ask() == 25


@pytest.mark.detect
def test_this_machine_has_a_rate(monkeypatch, tmp_path):
    from core.detection.bundle import load_pose_model
    from core.sources.sample import sample_frames

    model = load_pose_model("lite")
    monkeypatch.setattr(look_rates, "cache_folder", lambda: tmp_path)
    for is_live in (True, False):
        rate = look_rate(parse_looks("lite,lite-mirrored"), lambda _: model, sample_frames, is_live=is_live)
        assert 0.2 < rate < 2000
