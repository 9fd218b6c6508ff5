"""A studio that films pairs in no time, and may be killed meanwhile: for a process of its own, so it imports little."""

import os
import signal

import numpy as np

from core.sequence.pairs import load_pairs, save_pairs
from models.data.motion.reduce import candidates
from models.data.motion.types import MOTION_JOINTS
from models.data.studio import run as studio
from tests.models.data.conftest import swinging


def film_with(folder, die_at=None):
    """Run the studio with a camera that copies pairs, and dies while it writes the file of a given number."""
    pairs = load_pairs(folder / "pairs.npz")
    made = []

    def film(plan, out, looks, size):
        if len(made) == die_at:
            os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        save_pairs(out / plan.file_name, pairs)
        made.append(plan.file_name)
        return {plan.file_name: (len(pairs), "")}

    before = studio.film_clip, studio.load_looks
    studio.film_clip, studio.load_looks = film, lambda looks: ()
    try:
        studio.run_studio([motion_folder(folder)], folder / "out", 600, 1, 0)
    finally:
        studio.film_clip, studio.load_looks = before


def motion_folder(folder):
    joints, _ = swinging(150)
    path = folder / "motion" / "walks.npz"
    path.parent.mkdir(exist_ok=True)
    clips = {f"walk {number}": joints for number in range(4)}
    np.savez(path, joint_names=[candidates(name)[0] for name in MOTION_JOINTS], fps=30.0, **clips)
    return path
