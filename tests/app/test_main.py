import os
import subprocess
import sys

import pytest

from app.main import create_window
from core.settings import user_settings_path
from core.system.files.program import ROOT

pytestmark = pytest.mark.program

INTERRUPTED = """
import os, signal, sys
from PySide6.QtCore import QTimer
from app.main import create_application, run_window
create_application()
QTimer.singleShot(300, lambda: os.kill(os.getpid(), signal.SIGINT))
sys.exit(run_window("/nowhere/clip.mp4", True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_closes_the_window_without_a_traceback(tmp_path):
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_FONTDIR": "/nowhere"}
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "fonts" not in done.stderr  # OpenCV's font folder was not believed


def test_settings_that_make_no_sense_are_said_and_the_defaults_hold(qtbot):
    path = user_settings_path()
    path.parent.mkdir(parents=True)
    path.write_text('variant = "huge"\n')
    window = create_window(refinement=False)
    qtbot.addWidget(window)
    assert "huge" in window.banner.text
    assert window.session.settings.variant == ""
    assert not window.session.settings.learned_depth_refinement
