from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.errors import DataError
from models.data.motion.types import INDEX
from models.data.studio.plan import cut, plan_clips
from models.data.studio.splits import RESERVED, SAMPLE_BODIES, body_range, groups_of, split_of


@pytest.fixture
def motions(make_motion):
    cmu = [
        (f"cmu{s}_{t}", f"cmu{s}") for s, t in (("60", "01"), ("60", "12"), ("61", "01"), ("61", "12"), ("07", "02"))
    ]
    others = [("train-walking-walking_1", "action_walking"), ("clip", "somebody"), ("soccer", "action_soccer")]
    return tuple(make_motion(name, subject, forward=subject != "somebody") for name, subject in cmu + others)


def test_the_same_seed_plans_the_same_and_another_another(motions):
    first, again, other = (list(plan_clips(motions, 2000, seed)) for seed in (3, 3, 4))

    assert [p.sequence for p in first] == [p.sequence for p in again]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.joints_m, b.joints_m)
    assert [p.sequence for p in first] != [p.sequence for p in other]


def test_reserved_motion_is_never_filmed_and_people_stay_in_one_split(motions):
    plans = list(plan_clips(motions, 60_000, 1))

    assert not any(name in p.sequence for p in plans for name in RESERVED)
    for subject in {p.subject for p in plans}:
        assert len({p.split for p in plans if p.subject == subject}) == 1
    assert {p.split for p in plans} == {"train", "val", "test"}
    # a limb from a test person would teach what is tested
    held_out = [m.name for m in motions if split_of(m) != "train"]
    assert not any(name in p.sequence for p in plans if p.split == "train" for name in held_out)


def test_recordings_of_one_walker_are_all_held_out(motions):
    assert {split_of(m) for m in motions if m.subject in ("cmu07", "action_walking")} == {"test"}


def test_bodies_of_the_splits_do_not_overlap(motions):
    ranges = [body_range(split) for split in ("train", "val", "test")]

    assert all(a[1] <= b[0] for a, b in pairwise(ranges))
    assert ranges[-1][1] <= SAMPLE_BODIES
    for plan in plan_clips(motions, 5000, 2):
        low, high = body_range(plan.split)
        assert low <= plan.body < high


def test_frames_are_planned_up_to_the_wish(motions):
    counts = [len(p.joints_m) for p in plan_clips(motions, 20_000, 1)]

    assert sum(counts) >= 20_000
    assert sum(counts[:-1]) < 20_000


def test_a_small_set_can_be_trained_on(motions):
    """Training wants clips to validate on, also where chance gives none."""
    for seed in range(8):
        assert {p.split for p in plan_clips(motions, 300, seed)} == {"train", "val", "test"}


@pytest.mark.parametrize("n_motions", [1, 2, 3, 25])
def test_motion_of_one_person_can_be_trained_on(motions, n_motions):
    theirs = tuple(replace(motions[0], name=f"anna_{i}", subject="anna") for i in range(n_motions))
    plans = list(plan_clips(theirs, 6000, 1))
    assert {p.split for p in plans} == {"train", "val", "test"}
    if n_motions >= 3:
        groups = groups_of(theirs)
        names = {split: {m.name for group in groups[split] for m in group.motions} for split in groups}
        assert not names["train"] & (names["val"] | names["test"])
        assert len(names["train"]) >= 0.8 * (n_motions - 2)


def test_what_is_held_out_stays_held_out_among_few_people(motions):
    walker = next(m for m in motions if m.subject == "cmu07")
    one = tuple(replace(motions[0], name=f"anna_{i}", subject="anna") for i in range(5))
    groups = groups_of((*one, walker))
    assert groups["val"]
    assert not any(m.subject == "cmu07" for split in ("train", "val") for group in groups[split] for m in group.motions)
    with pytest.raises(DataError, match="may be used for training"):
        list(plan_clips((walker,), 300, 1))


def test_only_held_out_motion_cannot_train(make_motion):
    with pytest.raises(DataError, match="training"):
        next(plan_clips((make_motion("cmu07_01", "cmu07"),), 100, 1))


def test_a_long_path_is_taken_out_but_steps_stay(make_motion):
    motion = make_motion(n=240)
    walking = motion.positions_m + np.arange(240).reshape(-1, 1, 1) * [0.05, 0.0, 0.0]
    motion = type(motion)(walking, None, 30.0, "m", "s", "")

    joints, forward = cut(motion, 30.0, 8.0, 1.0, np.random.default_rng(0))

    assert np.ptp(joints[:, INDEX["pelvis"]], axis=0).max() < 2.1
    np.testing.assert_allclose(joints - joints[:, :1], walking[: len(joints)] - walking[: len(joints), :1], atol=0.05)
    np.testing.assert_allclose(np.linalg.norm(forward, axis=1), 1)
    assert np.ptp(forward[:, 0]) > 0.1  # looks about


def test_short_motion_is_played_forth_and_back(make_motion):
    joints, _ = cut(make_motion(n=40), 30.0, 7.0, 1.0, np.random.default_rng(0))

    assert len(joints) >= 75
    np.testing.assert_allclose(joints[1:38], joints[75:38:-1], atol=0.2)
    assert np.abs(np.diff(joints, axis=0)).max() < 0.1
