"""kill -9 in the middle of `convert multiview`: what is done is kept, the next run goes on to the same files."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from core.detection.bundle import PoseModel
from core.system.files.program import ROOT
from models.data import looks
from models.data.calibration.files import read_calibration
from models.data.multiview import timeline as detecting
from models.data.multiview.footage import convert
from tests.models.data.multiview.conftest import cameras, walker  # noqa: F401 - fixtures
from tests.models.data.multiview.test_footage import FakeMediaPipe, job, scene  # noqa: F401 - a fixture

pytestmark = pytest.mark.kill

WHEN = {"while it looks at the third video": 3, "while the third pair file is written": 11, "at the index": 13}
"""Where it is killed → at which file that is written: 4 + 4 detections, 4 pair files, the index, the rest."""


def convert_and_die(folder, out, at):
    """Convert with the fake MediaPipe and be killed when a file of a given number is about to get its name."""
    fake = FakeMediaPipe(read_calibration(folder / "Calib.toml"), np.load(folder / "walker.npy"))
    for module in (detecting, looks):
        module.load_pose_model = lambda variant, report=print: PoseModel(folder / "none.task", variant, variant)
    detecting.detect_video, detecting.detect_keypoints = fake.detect_video, fake.detect_keypoints
    written = []

    def sync(handle):
        written.append(handle)
        if len(written) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = sync
    convert(job(folder), out, lambda _: None)


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a word of POSIX")
@pytest.mark.parametrize("when", WHEN)
def test_a_conversion_of_several_cameras_goes_on_to_the_same_files(scene, tmp_path, walker, when):  # noqa: F811
    folder, fake, _ = scene
    np.save(folder / "walker.npy", walker)
    fake.cameras = {f"{c.name}.mp4": c for c in read_calibration(folder / "Calib.toml")}  # rounded as in the other
    code = f"""
        from pathlib import Path
        from tests.faults.killed.test_killed_conversion import convert_and_die
        convert_and_die(Path({str(folder)!r}), Path({str(tmp_path / "out")!r}), {WHEN[when]})
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "out" / "index.json").exists()
    n_kept = len(list((tmp_path / "out" / "detections").glob("[!.]*.npz")))
    assert n_kept == min(WHEN[when] - 1, 8)
    convert(job(folder), tmp_path / "out", lambda _: None)
    assert fake.n_calls == 8 - n_kept
    convert(job(folder), tmp_path / "whole", lambda _: None)
    for path in sorted((tmp_path / "whole").glob("*")):
        if path.is_file():
            assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes(), path.name
