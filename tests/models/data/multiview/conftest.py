"""A person who walks between four calibrated cameras."""

import numpy as np
import pytest

from models.data.calibration.camera import CalibratedCamera

FPS = 60.0
N_FRAMES = 30


def look_at(name, place, target):
    """Return a camera at `place` that looks at `target`; the world has z up."""
    forward = np.subtract(target, place) / np.linalg.norm(np.subtract(target, place))
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    intrinsics = np.array([[1500.0, 0, 540], [0, 1500, 960], [0, 0, 1]])
    lens = np.array([-0.05, 0.02, 0.0, 0.0, 0.0])
    return CalibratedCamera(name, (1080, 1920), intrinsics, lens, rotation, -rotation @ place, np.array([0, 0, 1.0]))


@pytest.fixture
def cameras():
    places = [(4, -2, 1.5), (3.5, 2.5, 1.8), (-4, 2, 1.6), (-3.5, -2.5, 2.0)]
    return [look_at(f"cam{i}", np.array(p, dtype=float), np.array([0, 0, 1.0])) for i, p in enumerate(places)]


@pytest.fixture
def walker(standing_ray):
    """(T, 17, 3) a person in the world who faces +x, walks along it and swings the arms."""
    still = np.stack([-standing_ray[:, 2], standing_ray[:, 0], 0.9 - standing_ray[:, 1]], axis=-1)
    t = np.arange(N_FRAMES)[:, None] / FPS
    people = np.repeat(still[None], N_FRAMES, axis=0)
    people[..., 0] += t
    angle = 0.6 * np.sin(2 * np.pi * t[:, 0])
    for shoulder, arm, sign in ((5, (7, 9), 1), (6, (8, 10), -1)):
        cos, sin = np.cos(angle), sign * np.sin(angle)
        for joint in arm:
            x, z = (people[:, joint] - people[:, shoulder])[:, [0, 2]].T
            people[:, joint, 0] = people[:, shoulder, 0] + cos * x - sin * z
            people[:, joint, 2] = people[:, shoulder, 2] + sin * x + cos * z
    return people


@pytest.fixture
def views(cameras, walker):
    return np.stack([camera.project(walker) for camera in cameras])


def trust(views):
    return np.full(views.shape[:3], 0.99)
