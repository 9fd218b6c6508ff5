import numpy as np

from core.pose.metrics import bone_cv, bone_lengths
from core.pose.skeleton import BONES, SWAP_SIDES
from core.refinement.bone_solver import BoneSolver, with_lengths
from core.refinement.refiner import Refinement
from core.refinement.stream_refiner import StreamRefiner

SEEN = np.ones(17)
SIGMA = np.full(17, 0.05)


class Unchanged:
    """A refiner that leaves the pose alone and remembers what it was given."""

    def __init__(self):
        self.given = []

    ages_s = (0.1, 0.5)

    def refine_window(self, window):
        self.given.append(window[0])
        return Refinement(window[0][0], np.array([0.0, 0, 1]), np.full(17, 0.05))


def test_bones_are_constant_and_their_mean_is_kept(standing_ray):
    rng = np.random.default_rng(0)
    noisy = standing_ray + rng.normal(0, 0.02, (300, 17, 3))
    solver = BoneSolver()
    held = []
    for pose in noisy:
        solver.learn(pose, SIGMA)
        held.append(solver.hold(pose))
    held = np.array(held)
    assert np.nanmean(bone_cv(bone_lengths(noisy))) > 0.05
    assert np.nanmean(bone_cv(bone_lengths(held[60:]))) < 0.01
    np.testing.assert_allclose(bone_lengths(held[-1]), bone_lengths(noisy).mean(axis=0), rtol=0.02)


def test_meeting_lengths_moves_joints_little(standing_ray):
    wanted = bone_lengths(standing_ray) * np.array([1.1, 1, 0.95, 1, 1, 1.05, 1, 1, 1.02, 1])
    tilted = standing_ray + np.arange(17)[:, None] * [0, 0, 0.01]
    moved = with_lengths(tilted, wanted)
    np.testing.assert_allclose(bone_lengths(moved), wanted, atol=2e-3)
    assert np.abs(moved - (tilted - tilted[11:13].mean(axis=0))).max() < 0.06


def test_a_pose_meets_lengths_as_a_general_solver_says(standing_ray):
    rng = np.random.default_rng(3)
    poses = standing_ray + rng.normal(0, 0.1, (20, 17, 3))
    wanted = bone_lengths(standing_ray) * rng.uniform(0.7, 1.3, 10)
    together = with_lengths(poses, wanted)
    for pose, found in zip(poses, together, strict=True):
        expected = pose
        for _ in range(2):
            bones = expected[BONES[:, 1]] - expected[BONES[:, 0]]
            now = np.linalg.norm(bones, axis=1)
            slopes = np.zeros((10, 17, 3))
            slopes[np.arange(10), BONES[:, 1]] = bones / now[:, None]
            slopes[np.arange(10), BONES[:, 0]] = -bones / now[:, None]
            slopes = slopes.reshape(10, -1)
            weights = np.linalg.solve(slopes @ slopes.T + 1e-6 * np.eye(10), now - wanted)
            expected = expected - (weights @ slopes).reshape(17, 3)
        np.testing.assert_allclose(found, expected - expected[11:13].mean(axis=0), atol=1e-9)
        np.testing.assert_allclose(with_lengths(pose, wanted), found, atol=1e-12)


def test_known_lengths_are_in_the_order_of_the_bones(standing_ray):
    solver = BoneSolver()
    assert np.isnan(solver.lengths_m).all()
    solver.learn(standing_ray, SIGMA)
    np.testing.assert_allclose(solver.lengths_m, bone_lengths(standing_ray))


def test_both_sides_have_the_same_lengths_and_what_is_unsure_counts_little(standing_ray):
    solver = BoneSolver()
    longer = standing_ray.copy()
    longer[10] = longer[8] + 1.4 * (longer[10] - longer[8])  # the right forearm alone
    unsure = SIGMA.copy()
    unsure[10] = 1.0
    for _ in range(20):
        solver.learn(longer, unsure)
    found, true = solver.lengths_m, bone_lengths(standing_ray)
    np.testing.assert_allclose(found[:8:2], found[1:8:2], rtol=1e-12)
    np.testing.assert_allclose(found, true, rtol=0.01)
    for _ in range(20):
        solver.learn(longer, SIGMA)
    assert found[3] < solver.lengths_m[3] < 1.2 * true[3]


def test_a_length_that_truly_changes_is_followed(standing_ray):
    solver = BoneSolver()
    for size, n in ((1.0, 2000), (1.1, 6000)):
        for _ in range(n):
            solver.learn(standing_ray * size, SIGMA)
    np.testing.assert_allclose(solver.lengths_m, 1.1 * bone_lengths(standing_ray), rtol=0.01)


def test_a_limb_seen_end_on_does_not_break_the_solver(standing_ray):
    pose = standing_ray.copy()
    pose[9] = pose[7]
    solver = BoneSolver()
    for _ in range(3):
        solver.learn(standing_ray, SIGMA)
    assert np.isfinite(solver.hold(pose)).all()


def test_one_absurd_frame_changes_a_length_by_less_than_a_percent(standing_ray):
    solver = BoneSolver()
    for _ in range(60):
        solver.learn(standing_ray, SIGMA)
    before = solver.lengths_m
    solver.learn(standing_ray * 50, SIGMA)
    np.testing.assert_allclose(solver.lengths_m, before, rtol=0.01)


def test_a_pause_starts_a_new_person(standing_ray):
    stream = StreamRefiner(Unchanged(), smooth=True)
    for t in range(30):
        stream.refine(standing_ray, SEEN, time_s=t / 30)
    child = standing_ray * 0.6
    found = stream.refine(child, SEEN, time_s=5.0).joints_m
    np.testing.assert_allclose(bone_lengths(found), bone_lengths(child), rtol=1e-6)


def test_nobody_is_nan_and_teaches_nothing(standing_ray):
    stream = StreamRefiner(Unchanged(), smooth=True)
    stream.refine(standing_ray, SEEN, time_s=0.0)
    assert np.isnan(stream.refine(np.full((17, 3), np.nan), np.zeros(17), time_s=0.03).joints_m).all()
    found = stream.refine(standing_ray, SEEN, time_s=0.06).joints_m
    np.testing.assert_allclose(found, standing_ray - standing_ray[11:13].mean(axis=0), atol=1e-6)


def test_smoothing_shakes_less_and_every_switch_works(standing_ray):
    rng = np.random.default_rng(1)
    noisy = standing_ray + rng.normal(0, 0.02, (200, 17, 3))

    def shake(**switches):
        stream = StreamRefiner(Unchanged())
        for name, value in switches.items():
            setattr(stream, name, value)
        out = np.array([stream.refine(p, SEEN, time_s=t / 60).joints_m for t, p in enumerate(noisy)])
        return np.linalg.norm(np.diff(out, 2, axis=0), axis=-1).mean(), out

    plain, out = shake(smooth=False, lock_bones=False)
    np.testing.assert_allclose(out, noisy - noisy[:, 11:13].mean(axis=1, keepdims=True))
    assert shake(smooth=True)[0] < 0.4 * plain
    assert np.std(bone_lengths(shake(lock_bones=True)[1][60:])[:, : len(BONES)], axis=0).max() < 0.003


def test_a_swap_of_sides_does_not_reach_the_refiner_nor_its_past(standing_ray):
    inner = Unchanged()
    stream = StreamRefiner(inner)
    for t in range(40):
        pose = standing_ray[SWAP_SIDES] if 25 <= t < 32 else standing_ray
        stream.refine(pose, SEEN, time_s=t / 30)
    for window in inner.given[25:]:
        np.testing.assert_allclose(window[..., :2], np.broadcast_to(standing_ray[:, :2], (3, 17, 2)), atol=1e-6)


def test_the_refiner_gets_past_frames_and_none_from_before_a_pause(standing_ray):
    inner = Unchanged()
    stream = StreamRefiner(inner)
    for t in range(30):
        stream.refine(standing_ray * (1 + t / 100), SEEN, time_s=t / 30)
    sizes = inner.given[-1][:, 0, 1] / inner.given[0][0, 0, 1]
    np.testing.assert_allclose(sizes, [1.29, 1.26, 1.14])
    stream.refine(standing_ray, SEEN, time_s=9.0)
    assert (inner.given[-1] == inner.given[-1][0]).all()


def test_who_was_away_comes_back_with_their_bones_and_no_past(standing_ray):
    """Frames go on while nobody is seen: what was seen before is old by then, how long bones are is not."""
    inner = Unchanged()
    stream = StreamRefiner(inner, smooth=True)
    for t in range(60):
        is_away = t >= 30
        stream.refine(np.full((17, 3), np.nan) if is_away else standing_ray, SEEN, time_s=t / 30)
    found = stream.refine(2.0 * standing_ray, SEEN, time_s=2.0).joints_m
    assert (inner.given[-1] == inner.given[-1][0]).all()
    np.testing.assert_allclose(bone_lengths(found), bone_lengths(standing_ray), rtol=0.1)
