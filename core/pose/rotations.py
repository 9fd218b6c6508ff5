"""From where joints are to how bones are turned, and back.

Where a bone points is seen; how it is turned about its own length (its twist) is not, so a rule says it:

- **Hips** have the hip line for x and lean with the trunk; **Chest** has the trunk for y and turns with the shoulder
  line; **Spine** has the trunk for y and half of the turn between the two.
- **Shoulders** follow the chest by the shortest rotation. **Head** has the ear line for x and looks from the ears to
  the middle between nose and eyes; **Neck** points to the head and takes half of its turn.
- **Upper arms and thighs** are turned so that the elbow and the knee bend about their hinge only: an elbow brings the
  forearm of a T-pose forward, a knee the shin backward. A limb bent by less than 15° says nothing about its hinge: it
  follows its parent by the shortest rotation. From 15° to 45° one rule fades into the other. A hinge that would need
  over 140° of twist is an error in depth (a knee that seems to bend forward) and is not believed; it fades from 100°.
- **Forearms and shins** follow by the shortest rotation, which is the hinge. **Hands** point to the knuckles, with
  the line from little finger to index for their z. **Feet** follow the shin by the shortest rotation. A hand or foot
  without landmarks goes straight on.

Axes as in `core.pose.humanoid`. Quaternions are x, y, z, w, as in scipy.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.pose.geometry import normalise
from core.pose.humanoid import (
    BONE,
    JOINT_NAMES,
    N_BONES,
    N_HUMANOID,
    PARENTS,
    REST_DIRECTIONS,
    Humanoid,
    humanoid_joints,
)
from core.pose.types import FloatArray, require_shape

_HINGE_SILENT_DEG, _HINGE_SURE_DEG = 15.0, 45.0
_TWIST_BELIEVED_DEG, _TWIST_IMPOSSIBLE_DEG = 100.0, 140.0
_OPPOSITE: Final = 1e-8


@dataclass(frozen=True)
class HumanoidMotion:
    """T poses of one humanoid.

    Attributes:
        humanoid: Its bone lengths.
        root_m: (T, 3) where Hips are, metres.
        local: (T, 19, 4) each bone's rotation from its rest pose, seen from its parent; unit quaternions x, y, z, w,
            identity in the T-pose. NaN where nobody is.
    """

    humanoid: Humanoid
    root_m: FloatArray
    local: FloatArray

    def __post_init__(self) -> None:
        require_shape("root_m", self.root_m, (len(self.local), 3))
        require_shape("local", self.local, (len(self.root_m), N_BONES, 4))

    def __len__(self) -> int:
        return len(self.root_m)

    def joints_m(self) -> FloatArray:
        """Return (T, 24, 3) where the joints are: forward kinematics; NaN where the rotations are."""
        return pose_joints(self.humanoid, self.root_m, global_from_local(self.local))


def solve_motion(
    landmarks_m: FloatArray, *, humanoid: Humanoid | None = None, root_m: FloatArray | None = None
) -> HumanoidMotion:
    """Turn joint positions into the rotations of a humanoid of constant bone lengths.

    Args:
        landmarks_m: (T, 33, 3) refined landmarks, metres, y up; frames with NaN give NaN.
        humanoid: Its lengths; None measures them (median over the frames).
        root_m: (T, 3) where Hips are to be; None leaves them where the landmarks have them.

    Raises:
        DataError: A shape is wrong, or there is no frame to measure lengths in.
    """
    require_shape("landmarks_m", landmarks_m, (None, 33, 3))
    joints = humanoid_joints(landmarks_m)
    humanoid = Humanoid.from_joints(joints) if humanoid is None else humanoid
    return HumanoidMotion(
        humanoid,
        joints[:, BONE["Hips"]] if root_m is None else np.asarray(root_m, dtype=float),
        local_from_global(global_rotations(landmarks_m)),
    )


def global_rotations(landmarks_m: FloatArray) -> FloatArray:
    """Return (T, 19, 3, 3) rotations of each bone from its rest pose, by the rule at the top of this module.

    Args:
        landmarks_m: (T, 33, 3) metres, y up. A frame with a NaN (hands and feet may be NaN), or one so degenerate that
            a line has no direction (both hips in one point), is NaN as a whole.
    """
    marks = np.asarray(landmarks_m, dtype=float)
    turned = np.full((len(marks), N_BONES, 3, 3), np.nan)
    lines = normalise(marks[:, [23, 11, 7]] - marks[:, [24, 12, 8]])  # right to left, of hips, shoulders and ears
    hip_line, shoulder_line, ear_line = lines[:, 0], lines[:, 1], lines[:, 2]
    hips, shoulders, ears = marks[:, [[23, 24], [11, 12], [7, 8]]].mean(axis=2).swapaxes(0, 1)
    trunk = normalise(shoulders - hips)
    gaze = (marks[:, 0] + marks[:, [2, 5]].mean(axis=1)) / 2 - ears
    chest = _from_y_and_x(trunk, shoulder_line)
    turned[:, BONE["Hips"]] = _from_x_and_y(hip_line, trunk)
    turned[:, BONE["Spine"]] = _from_y_and_x(trunk, hip_line + shoulder_line)
    turned[:, BONE["Chest"]] = chest
    turned[:, BONE["Neck"]] = _from_y_and_x(normalise(ears - shoulders), chest[..., 0] + ear_line)
    turned[:, BONE["Head"]] = _from_x_and_z(ear_line, gaze)
    _turn_arms(turned, marks, shoulders)
    _turn_legs(turned, marks)
    turned[~np.isfinite(turned).all(axis=(1, 2, 3))] = np.nan
    return turned


def _turn_arms(turned: FloatArray, marks: FloatArray, mid_shoulders: FloatArray) -> None:
    """Fill in both arms from shoulder to hand; the axis after T is the side, left first."""
    sign = np.array([1.0, -1.0])[:, None]
    shoulder, elbow, wrist = marks[:, [11, 12]], marks[:, [13, 14]], marks[:, [15, 16]]
    index, little = marks[:, [19, 20]], marks[:, [17, 18]]
    rest = sign * [1.0, 0.0, 0.0]
    arm, forearm = normalise(elbow - shoulder), normalise(wrist - elbow)
    clavicle = _swing(turned[:, [BONE["Chest"]] * 2], rest, normalise(shoulder - mid_shoulders[:, None]))
    upper = _swing(clavicle, rest, arm)
    angle = _hinge_twist(upper, -sign * cross(arm, forearm), (1, 2), _bend_deg(arm, forearm))
    upper = upper @ _about(0, angle)
    lower = _swing(upper, rest, forearm)
    hand = _from_x_and_z(sign * normalise((index + little) / 2 - wrist), index - little)
    hand = np.where(np.isfinite(hand).all(axis=(-2, -1), keepdims=True), hand, lower)
    for part, value in (("Shoulder", clavicle), ("UpperArm", upper), ("LowerArm", lower), ("Hand", hand)):
        turned[:, [BONE[f"Left{part}"], BONE[f"Right{part}"]]] = value


def _turn_legs(turned: FloatArray, marks: FloatArray) -> None:
    """Fill in both legs from hip to foot, as `_turn_arms` does."""
    hip, knee, ankle, toes = (marks[:, pair] for pair in ([23, 24], [25, 26], [27, 28], [31, 32]))
    down, foot_rest = np.array([[0.0, -1.0, 0.0]]), REST_DIRECTIONS[[JOINT_NAMES.index("LeftFootTip")]]
    thigh, shin = normalise(knee - hip), normalise(ankle - knee)
    upper = _swing(turned[:, [BONE["Hips"]] * 2], down, thigh)
    angle = -_hinge_twist(upper, cross(thigh, shin), (0, 2), _bend_deg(thigh, shin))
    upper = upper @ _about(1, angle)
    lower = _swing(upper, down, shin)
    foot = _swing(lower, foot_rest, normalise(toes - ankle))
    foot = np.where(np.isfinite(foot).all(axis=(-2, -1), keepdims=True), foot, lower)
    for part, value in (("UpperLeg", upper), ("LowerLeg", lower), ("Foot", foot)):
        turned[:, [BONE[f"Left{part}"], BONE[f"Right{part}"]]] = value


def local_from_global(turned: FloatArray) -> FloatArray:
    """Return (T, 19, 4) rotations seen from the parent, as quaternions, of (T, 19, 3, 3) global ones; NaN stays."""
    parents = turned[:, np.maximum(PARENTS[:N_BONES], 0)]
    local = np.swapaxes(parents, -1, -2) @ turned
    local[:, 0] = turned[:, 0]
    quaternions = np.full((len(turned), N_BONES, 4), np.nan)
    found = np.isfinite(turned).all(axis=(1, 2, 3))
    if found.any():
        flat = Rotation.from_matrix(local[found].reshape(-1, 3, 3)).as_quat(canonical=True)
        quaternions[found] = flat.reshape(-1, N_BONES, 4)
    return quaternions


def global_from_local(local: FloatArray) -> FloatArray:
    """Return (T, 19, 3, 3) global rotations of (T, 19, 4) local quaternions; NaN stays."""
    turned = np.full((len(local), N_BONES, 3, 3), np.nan)
    found = np.isfinite(local).all(axis=(1, 2))
    if found.any():
        turned[found] = Rotation.from_quat(local[found].reshape(-1, 4)).as_matrix().reshape(-1, N_BONES, 3, 3)
    for bone in range(1, N_BONES):
        turned[:, bone] = turned[:, PARENTS[bone]] @ turned[:, bone]
    return turned


def pose_joints(humanoid: Humanoid, root_m: FloatArray, turned: FloatArray) -> FloatArray:
    """Return (T, 24, 3) joints of a humanoid: forward kinematics.

    Args:
        humanoid: Bone lengths.
        root_m: (T, 3) where Hips are, metres.
        turned: (T, 19, 3, 3) global rotations.
    """
    joints = np.empty((len(root_m), N_HUMANOID, 3))
    joints[:, 0] = root_m
    for joint in range(1, N_HUMANOID):
        parent = PARENTS[joint]
        joints[:, joint] = joints[:, parent] + turned[:, parent] @ humanoid.offsets_m[joint]
    return joints


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the cross product of (..., 3) vectors: `np.cross` without the checks that cost a live frame 1 ms."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _from_x_and_y(x: FloatArray, y_hint: FloatArray) -> FloatArray:
    """Return (..., 3, 3) whose columns are x, and y and z with y as near the hint as it can be."""
    z = normalise(cross(x, y_hint))
    return np.stack([x, cross(z, x), z], axis=-1)


def _from_y_and_x(y: FloatArray, x_hint: FloatArray) -> FloatArray:
    z = normalise(cross(x_hint, y))
    return np.stack([cross(y, z), y, z], axis=-1)


def _from_x_and_z(x: FloatArray, z_hint: FloatArray) -> FloatArray:
    y = normalise(cross(z_hint, x))
    return np.stack([x, y, cross(x, y)], axis=-1)


def _swing(parent: FloatArray, rest: FloatArray, target: FloatArray) -> FloatArray:
    """Return the parents' rotations, turned on by the shortest way so that their `rest` directions become `target`.

    Args:
        parent: (T, 2, 3, 3).
        rest: (2, 3) or (1, 3) unit directions.
        target: (T, 2, 3) unit directions.
    """
    start = np.einsum("tsij,sj->tsi", parent, np.broadcast_to(rest, (2, 3)))
    k = _cross_matrix(cross(start, target))  # the vector's length is the sine
    cosine = np.sum(start * target, axis=-1)
    is_opposite = 1.0 + cosine < _OPPOSITE
    scale = np.where(is_opposite, 0.0, 1.0 / np.where(is_opposite, 1.0, 1.0 + cosine))
    turn = np.eye(3) + k + k @ k * scale[..., None, None]
    if is_opposite.any():  # half a turn has no shortest way: go about the parent's axis across the bone
        across = parent[..., 2 if abs(rest[0, 2]) < 0.9 else 0]
        half_turn = 2.0 * across[..., :, None] * across[..., None, :] - np.eye(3)
        turn = np.where(is_opposite[..., None, None], half_turn, turn)
    result: FloatArray = turn @ parent
    return result


def _cross_matrix(v: FloatArray) -> FloatArray:
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*v.shape, 3)


def _bend_deg(upper: FloatArray, lower: FloatArray) -> FloatArray:
    """Return degrees between (..., 3) unit directions; 0 for a straight limb."""
    sine = np.linalg.norm(cross(upper, lower), axis=-1)
    return np.asarray(np.rad2deg(np.arctan2(sine, np.sum(upper * lower, axis=-1))))


def _hinge_twist(swung: FloatArray, hinge: FloatArray, axes: tuple[int, int], bend_deg: FloatArray) -> FloatArray:
    """Return (...,) radians that turn the first of two local axes towards the second, onto a believed hinge.

    Args:
        swung: (..., 3, 3) bones without twist.
        hinge: (..., 3) where the first of `axes` has to point.
        axes: The two local axes across the bone.
        bend_deg: (...,) how far the limb is bent.
    """
    seen = np.einsum("...ji,...j->...i", swung, hinge)  # in the bone's own axes
    angle = np.arctan2(seen[..., axes[1]], seen[..., axes[0]])
    belief = _fade(bend_deg, _HINGE_SILENT_DEG, _HINGE_SURE_DEG)
    doubt = _fade(np.abs(np.rad2deg(angle)), _TWIST_BELIEVED_DEG, _TWIST_IMPOSSIBLE_DEG)
    result: FloatArray = angle * belief * (1.0 - doubt)
    return result


def _fade(value: FloatArray, start: float, end: float) -> FloatArray:
    """Return 0 below `start`, 1 above `end`, and a smooth way between."""
    t = np.clip((value - start) / (end - start), 0.0, 1.0)
    result: FloatArray = t * t * (3.0 - 2.0 * t)
    return result


def _about(axis: int, angle_rad: FloatArray) -> FloatArray:
    """Return (..., 3, 3) rotations about one of the three axes."""
    turn = np.zeros((*angle_rad.shape, 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn[..., axis, axis] = 1.0
    turn[..., first, first] = turn[..., second, second] = np.cos(angle_rad)
    turn[..., second, first] = np.sin(angle_rad)
    turn[..., first, second] = -turn[..., second, first]
    return turn
