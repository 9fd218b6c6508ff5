import numpy as np
import pytest

from core.errors import DataError
from core.pose.geometry import mid_hip
from core.pose.skeleton import LEFT_SHOULDER
from models.data.poses import make_pose_pool


def test_poses_of_training_motions_on_many_bodies(make_motion):
    motions = (make_motion("cmu05_01", "cmu05"), make_motion("cmu61_01", "cmu61"))
    reports: list[int] = []
    pool, time_s = make_pose_pool(motions, 150, 3, reports.append)
    assert len(pool) >= 150
    assert reports == sorted(reports)
    assert reports[-1] == len(pool)
    assert pool.dtype == np.float32
    assert np.isfinite(pool).all()
    assert np.allclose(mid_hip(pool), 0, atol=1e-6)
    assert (pool[:, LEFT_SHOULDER, 1] > 0).mean() > 0.8, "y is up"
    torso = np.linalg.norm((pool[:, 5] + pool[:, 6]) / 2, axis=-1)
    assert 0.3 < torso.mean() < 0.7
    assert np.ptp(np.round(torso, 3)) > 0.01, "bodies differ"
    assert np.array_equal(pool, make_pose_pool(motions, 150, 3)[0])
    steps = np.diff(time_s)
    assert (steps > 0).all()
    assert ((steps < 0.15) | (steps > 5)).all(), "poses follow each other, motions lie apart"
    moved = np.linalg.norm(np.diff(pool, axis=0), axis=-1).mean(axis=-1)
    assert moved[steps < 0.15].mean() < 0.3 * moved[steps > 5].mean()


def test_held_out_motions_are_never_used(make_motion):
    with pytest.raises(DataError, match="training"):
        make_pose_pool((make_motion("cmu61_01", "cmu61"),), 10, 3)
