import sys

import pytest

import app.child_process
from app.child_process import ChildProcess, ProcessOutcome

SCRIPT = """
import json, sys, time
kind = sys.argv[1]
if kind == "reports":
    print("a log line")
    for i in range(3):
        print(json.dumps({"event": "progress", "i": i}), flush=True)
elif kind == "fails":
    print("warming up", file=sys.stderr)
    print("There is no file clip.mp4; check the name.", file=sys.stderr)
    sys.exit(2)
elif kind == "dies":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
elif kind == "waits":
    try:
        print(json.dumps({"event": "ready"}), flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture
def child(monkeypatch, tmp_path):
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(app.child_process, "MAIN", script)
    return lambda kind: ChildProcess("The export", [kind])


def run(qtbot, process):
    reports = []
    process.reported.connect(reports.append)
    with qtbot.waitSignal(process.finished, timeout=10_000) as finished:
        process.start()
    return finished.args[0], reports


def test_json_lines_are_reported_in_order_and_the_rest_is_log(qtbot, child):
    process = child("reports")
    outcome, reports = run(qtbot, process)
    assert outcome.is_success
    assert [r["i"] for r in reports] == [0, 1, 2]
    assert process.log == ["a log line"]
    assert str(outcome) == "The export has finished."


def test_a_failure_speaks_in_the_words_of_the_program(qtbot, child):
    outcome, _ = run(qtbot, child("fails"))
    assert not outcome.is_success
    assert outcome.code == 2
    assert str(outcome) == "There is no file clip.mp4; check the name."


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_death_is_no_traceback(qtbot, child):
    outcome, _ = run(qtbot, child("dies"))
    assert outcome.is_crash
    assert "broke off" in str(outcome)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_stop_is_a_polite_interrupt(qtbot, child):
    process = child("waits")
    with qtbot.waitSignal(process.reported, timeout=10_000):
        process.start()
    with qtbot.waitSignal(process.finished, timeout=60_000) as finished:
        process.stop()
    outcome = finished.args[0]
    assert outcome.is_stopped
    assert outcome.code == 130
    assert str(outcome) == "The export was stopped."


def test_close_leaves_no_process(qtbot, child):
    process = child("waits")
    with qtbot.waitSignal(process.reported, timeout=10_000):
        process.start()
    process.close()
    assert not process.is_running


def test_a_program_that_is_not_there_is_said(qtbot, child):
    process = child("reports")
    process._process.setProgram("/nowhere/python")
    outcome, _ = run(qtbot, process)
    assert not outcome.is_success
    assert "could not start" in str(outcome)


def test_every_outcome_is_a_sentence():
    for outcome in (ProcessOutcome("The export", 3), ProcessOutcome("The export", 0, is_crash=True)):
        assert str(outcome).startswith("The export")
        assert str(outcome).endswith(".")
