"""A pool of poses without images: the motions of the studio on its bodies, for the projection teacher.

Cheaper than rendering by a factor of a thousand, so it can hold every motion on many bodies.
"""

from collections.abc import Callable

import numpy as np

from core.pose.geometry import mid_hip
from core.pose.types import FloatArray
from models.data.motion import NOMINAL_LEG_M, Motion
from models.data.pose_pool import Poses
from models.data.studio.body import bone_transforms, keypoints, load_template, shape_body
from models.data.studio.clip import phenotype
from models.data.studio.plan import plan_clips

_POSES_PER_S = 15.0  # neighbours in time say little new, but a window of the past needs them
_BETWEEN_S = 10.0  # sets motions apart
_ENDLESS = 10**9


def make_pose_pool(
    motions: tuple[Motion, ...], n_poses: int, seed: int, on_progress: Callable[[int], None] = lambda _: None
) -> tuple[Poses, FloatArray]:
    """Return at least n_poses training poses and their (N,) times, seconds; motions lie `_BETWEEN_S` apart.

    Poses are (N, 17, 3): metres, y up, hip-centred, COCO joints of studio bodies.

    Only motions and bodies of the studio's training split are used; `seed` should differ from the studio's own.

    Raises:
        DataError: There is no motion for training.
    """
    template = load_template()
    pool: list[Poses] = []
    times: list[FloatArray] = []
    n = 0
    now = 0.0
    for plan in plan_clips(motions, _ENDLESS, seed):
        if plan.split != "train":
            continue
        rng = np.random.default_rng([seed, plan.index, 4])
        step = max(1, round(plan.fps / _POSES_PER_S))
        rows = slice(int(rng.integers(step)), None, step)
        body = shape_body(template, phenotype(plan.body))
        joints = plan.joints_m[rows] * (body.leg_m / NOMINAL_LEG_M)
        poses = keypoints(body, bone_transforms(body, joints, plan.head_forward[rows]))
        pool.append((poses - mid_hip(poses)[:, None]).astype(np.float32))
        times.append(now + np.arange(len(poses)) * step / plan.fps)
        now = times[-1][-1] + _BETWEEN_S
        n += len(poses)
        on_progress(n)
        if n >= n_poses:
            break
    return np.concatenate(pool), np.concatenate(times)
