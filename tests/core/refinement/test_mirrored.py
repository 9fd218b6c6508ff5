"""A mirrored look is refined in the mirror image, where its variant errs as its refiner learned."""

import numpy as np
import pytest

from core.pose.skeleton import LEFT_WRIST, RIGHT_WRIST, SWAP_SIDES
from core.refinement.mirrored import MirroredRefiner
from core.refinement.refiner import DepthRefiner, Refinement
from core.refinement.refiners import Refiners


class Handed:
    """Knows an instrument that sees left wrists 10 cm too near, and says so of nothing else."""

    ages_s = (0.1,)

    def __init__(self):
        self.seen = []

    def refine_window(self, window):
        one = self.refine_stream(*(part[:1] for part in window), time_s=np.zeros(1))
        return Refinement(one.joints_m[0], one.direction[0], one.uncertainty_m[0])

    def refine_stream(self, poses, visibility, poses_2d=None, *, time_s):
        self.seen.append((poses, visibility, poses_2d))
        joints = poses.copy()
        joints[:, LEFT_WRIST, 2] += 0.1
        direction = np.tile([0.6, 0.0, 0.8], (len(poses), 1))
        return Refinement(joints, direction, np.tile(np.arange(17.0), (len(poses), 1)))


@pytest.fixture
def frames(standing_ray):
    rng = np.random.default_rng(0)
    poses = standing_ray + rng.normal(0, 0.01, (5, 17, 3))
    poses -= poses[:, 11:13].mean(axis=1, keepdims=True)
    return poses, rng.random((5, 17)), poses[..., :2] * 300 + 500


def test_the_error_is_taken_from_the_side_that_had_it_in_the_mirror(frames):
    handed = Handed()
    refined = MirroredRefiner(handed).refine_stream(*frames, time_s=np.arange(5) / 30)
    expected = frames[0].copy()
    expected[:, RIGHT_WRIST, 2] += 0.1
    np.testing.assert_allclose(refined.joints_m, expected, atol=1e-6)
    np.testing.assert_allclose(refined.direction, np.tile([-0.6, 0.0, 0.8], (5, 1)))
    np.testing.assert_array_equal(refined.uncertainty_m[0], np.arange(17)[SWAP_SIDES])
    poses, visibility, pixels = handed.seen[0]
    np.testing.assert_allclose(poses[:, LEFT_WRIST], frames[0][:, RIGHT_WRIST] * [-1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(visibility[:, LEFT_WRIST], frames[1][:, RIGHT_WRIST])
    np.testing.assert_allclose(np.diff(pixels[0, [LEFT_WRIST, RIGHT_WRIST], 0]),
                               np.diff(frames[2][0, [LEFT_WRIST, RIGHT_WRIST], 0]), atol=1e-3)  # fmt: skip


def test_a_window_is_refined_as_the_same_frame_of_a_stream(frames):
    window = tuple(part[:2] for part in frames)
    one = MirroredRefiner(Handed()).refine_window(window)
    stream = MirroredRefiner(Handed()).refine_stream(*frames, time_s=np.arange(5) / 30)
    np.testing.assert_allclose(one.joints_m, stream.joints_m[0], atol=1e-6)
    assert MirroredRefiner(Handed()).ages_s == (0.1,)


def test_only_mirrored_looks_are_put_before_the_mirror(tiny_refiner_path):
    refiner = DepthRefiner(tiny_refiner_path)
    refiners = Refiners({"heavy": refiner, "heavy-mirrored": refiner})
    assert refiners.of("heavy") is refiners.of("") is refiner
    assert isinstance(refiners.of("heavy-mirrored"), MirroredRefiner)
