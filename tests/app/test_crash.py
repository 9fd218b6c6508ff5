import sys
import threading

import pytest

from app.crash import CrashReporter, crash_report


@pytest.fixture
def reporter(qtbot):
    reporter = CrashReporter()
    reporter.install()
    yield reporter
    reporter.remove()


def test_a_mistake_anywhere_is_a_sentence_and_a_report(qtbot, reporter, capsys):
    def fails():
        raise KeyError("depth")

    with qtbot.waitSignal(reporter.crashed) as crashed:
        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
    text, report = crashed.args
    assert "Traceback" not in text
    assert "depth" in text
    assert "fails" in report
    assert "Python" in report
    assert "fails" in capsys.readouterr().err


def test_removing_it_leaves_everything_as_it_was(qtbot):
    before = sys.excepthook, threading.excepthook
    reporter = CrashReporter()
    reporter.install()
    assert sys.excepthook is not before[0]
    reporter.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_a_report_does_not_tell_the_users_name_and_is_saved(qtbot, window, tmp_path, monkeypatch):
    from pathlib import Path

    from PySide6.QtWidgets import QFileDialog

    assert str(Path.home()) not in crash_report(f'File "{Path.home()}/x.py"')
    path = tmp_path / "report.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window._on_crash("Something went wrong.", "the details")
    assert window.banner.text == "Something went wrong."
    (strip,) = window.banner.strips
    assert not strip.details.isVisible()
    strip.more.click()
    assert strip.details.isVisible()
    assert strip.details.toPlainText() == "the details"
    with monkeypatch.context() as patched:
        patched.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
        strip.button.click()
        assert window.banner.strips == [strip]  # who thinks twice still has the report
    strip.button.click()
    assert path.read_text() == "the details"
    assert "report.txt" in window.banner.text
    assert strip not in window.banner.strips


def test_a_report_says_where_it_was_even_without_a_traceback(qtbot):
    reporter, said = CrashReporter(), []
    reporter.crashed.connect(lambda _text, report: said.append(report))
    reporter._on_exception(TypeError, TypeError("setChecked() takes one argument"), None)
    assert "setChecked() takes one argument" in said[0]
    assert "test_crash.py" in said[0]
