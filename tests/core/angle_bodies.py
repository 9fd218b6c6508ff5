"""Bodies put together from known joint rotations, by scipy and not by what is tested."""

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.skeleton import LANDMARK_NAMES

DOWN = np.array([0.0, -1.0, 0.0])


def body(
    *, hip=None, knee=None, ankle=None, shoulder=None, elbow=None, trunk_turn=0.0, neck=(0, 0, 0), turn=None
):  # fmt: skip
    """Return (1, 33, 3) landmarks, y up.

    hip, shoulder: {side: (flexion, abduction, internal rotation)}; knee, ankle, elbow: {side: flexion}; trunk_turn:
    shoulders against hips, to the left; neck: (flexion, side bend to the right, rotation to the left); degrees.
    turn: a Rotation of the whole body.
    """
    index = {name: i for i, name in enumerate(LANDMARK_NAMES)}
    p = np.zeros((33, 3))
    chest = Rotation.from_euler("y", trunk_turn, degrees=True)

    def put(name, place):
        p[index[name]] = place

    for side, right in (("right", 1.0), ("left", -1.0)):
        flexion, abduction, inward = (hip or {}).get(side, (0, 0, 0))
        thigh = Rotation.from_euler("ZXY", [flexion, -right * abduction, right * inward], degrees=True)
        put(f"{side}_hip", [0, 0, 0.12 * right])
        put(f"{side}_knee", p[index[f"{side}_hip"]] + thigh.apply(0.43 * DOWN))
        shin = thigh * Rotation.from_euler("z", -(knee or {}).get(side, 0), degrees=True)
        put(f"{side}_ankle", p[index[f"{side}_knee"]] + shin.apply(0.42 * DOWN))
        foot = shin * Rotation.from_euler("z", (ankle or {}).get(side, 0), degrees=True)
        put(f"{side}_heel", p[index[f"{side}_ankle"]] + foot.apply([-0.05, -0.06, 0]))
        put(f"{side}_foot_index", p[index[f"{side}_ankle"]] + foot.apply([0.15, -0.06, 0]))

        flexion, abduction, inward = (shoulder or {}).get(side, (0, 0, 0))
        upper = chest * Rotation.from_euler("ZXY", [flexion, -right * abduction, right * inward], degrees=True)
        put(f"{side}_shoulder", [0, 0.5, 0] + chest.apply([0, 0, 0.18 * right]))
        put(f"{side}_elbow", p[index[f"{side}_shoulder"]] + upper.apply(0.3 * DOWN))
        fore = upper * Rotation.from_euler("z", (elbow or {}).get(side, 0), degrees=True)
        put(f"{side}_wrist", p[index[f"{side}_elbow"]] + fore.apply(0.25 * DOWN))

    flexion, bend, rotation = neck
    head = chest * Rotation.from_euler("ZXY", [-flexion, bend, rotation], degrees=True)
    for side, right in (("right", 1.0), ("left", -1.0)):
        put(f"{side}_ear", [0, 0.5, 0] + head.apply([0, 0.2, 0.07 * right]))
    put("nose", [0, 0.5, 0] + head.apply([0.1, 0.2, 0]))
    return (p if turn is None else turn.apply(p))[None]
