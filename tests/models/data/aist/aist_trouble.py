"""Work that goes wrong as told. Apart from the tests, because other processes import it."""

import os
import signal
import time
from pathlib import Path

from models.data.aist.task import DONE, ConvertedVideo


def work(trouble, task):
    """Behave as `trouble` says for the task's view."""
    what = trouble.get(task.name.view)
    crashed = Path(task.path.parent, "crashed")
    if what == "crash" or (what == "crash once" and not crashed.exists()):
        crashed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "slow":
        time.sleep(0.1)
    if isinstance(what, Exception):
        raise what
    return ConvertedVideo(str(task.name), DONE)
