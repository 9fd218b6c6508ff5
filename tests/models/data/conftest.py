"""A person who stands and swings the arms, as motion files of every kind have it."""

import os
import pickle

import numpy as np
import pytest
from filelock import FileLock

from models.data.motion.types import INDEX, MIRRORED, MOTION_JOINTS, Motion

_STANDING = {
    "pelvis": (0, 0.9, 0), "spine": (0, 1.12, 0), "neck": (0, 1.4, 0), "head": (0, 1.52, 0.02),
    "left_hip": (0.1, 0.88, 0), "left_knee": (0.11, 0.45, 0.02), "left_ankle": (0.12, 0.02, 0),
    "left_toe": (0.13, -0.04, 0.14),
    "left_shoulder": (0.18, 1.36, 0), "left_elbow": (0.25, 1.1, 0), "left_wrist": (0.27, 0.88, 0.06),
    "left_hand": (0.27, 0.8, 0.09),
}  # fmt: skip


def standing() -> np.ndarray:
    pose = np.zeros((len(MOTION_JOINTS), 3))
    for name, place in _STANDING.items():
        pose[INDEX[name]] = place
        if name.startswith("left"):
            pose[MIRRORED[INDEX[name]]] = np.array(place) * [-1, 1, 1]
    return pose


def swinging(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """(T, 20, 3) the forearms go up and down in turn, and (T, 3) the face looks ahead."""
    joints = np.repeat(standing()[None], n, axis=0)
    angle = np.sin(np.arange(n) / 8)
    for side, sign in (("left", 1), ("right", -1)):
        elbow = joints[:, INDEX[f"{side}_elbow"]]
        raised = 0.8 + 0.6 * sign * angle
        direction = np.stack([0 * raised, -np.cos(raised), np.sin(raised)], axis=1)
        joints[:, INDEX[f"{side}_wrist"]] = elbow + 0.24 * direction
        joints[:, INDEX[f"{side}_hand"]] = elbow + 0.32 * direction
    return joints, np.repeat([[0.0, 0.0, 1.0]], n, axis=0)


@pytest.fixture
def pose() -> np.ndarray:
    return standing()


@pytest.fixture
def make_motion():
    def make(name="walker_1", subject="walker", n=90, fps=30.0, forward=True):
        joints, face = swinging(n)
        return Motion(joints, face if forward else None, fps, name, subject, "none")

    return make


@pytest.fixture(scope="session")
def miniature(tmp_path_factory):
    """The folder of a miniature AIST++ (one camera's videos of 60 frames, 320x180), and what each video shows.

    It is made once, whichever process of the tests needs it first; nobody writes into it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    filmed = folder / "miniature.pickle"
    with FileLock(folder / "miniature.lock"):
        if not filmed.exists():
            filmed.write_bytes(pickle.dumps(make_shared_miniature(folder / "miniature")))
    return folder / "miniature", pickle.loads(filmed.read_bytes())  # noqa: S301 - our own


def make_shared_miniature(folder):
    """Film the miniature; return what each video shows."""
    from core.errors import ModelError
    from models.data.miniature.make import make_miniature
    from models.data.studio.body import load_template
    from models.data.studio.renderer import Renderer

    template = load_template()
    try:
        renderer = Renderer()
    except ModelError as error:
        pytest.skip(str(error))
    joints, face = swinging(400)
    t = np.arange(400) / 60
    # about the room, never the same twice: only change tells one moment from another
    joints += (
        0.1 * np.stack([np.sin(5.1 * t + 1) + np.sin(8.3 * t), 0 * t, np.sin(3.7 * t) + np.sin(6.9 * t)], 1)[:, None]
    )
    motions = tuple(Motion(joints[n * 80 :], face[n * 80 :], 60.0, f"walker_{n}", "walker", "none") for n in range(3))
    filmed = make_miniature(motions, folder, template, renderer, n_frames=60, size=(320, 180), n_projected=1)
    renderer.close()
    return filmed
