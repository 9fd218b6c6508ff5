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

Axes as in `core.humanoid`. Quaternions are x, y, z, w, as in scipy.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from core.geometry import normalise
from core.humanoid import (
    BONE,
    JOINT_NAMES,
    N_BONES,
    N_HUMANOID,
    PARENTS,
    REST_DIRECTIONS,
    Humanoid,
    humanoid_joints,
)
from core.types import FloatArray, require_shape

_JOINT: Final = {name: index for index, name in enumerate(JOINT_NAMES)}
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
    joints = humanoid_joints(marks)
    turned = np.full((len(marks), N_BONES, 3, 3), np.nan)

    def toward(name: str, start: str) -> FloatArray:
        return normalise(joints[:, _JOINT[name]] - joints[:, _JOINT[start]])

    hip_line, shoulder_line, ear_line = (
        normalise(marks[:, left] - marks[:, right]) for left, right in ((23, 24), (11, 12), (7, 8))
    )
    trunk = toward("Neck", "Hips")
    gaze = (marks[:, 0] + marks[:, [2, 5]].mean(axis=1)) / 2 - marks[:, [7, 8]].mean(axis=1)
    turned[:, BONE["Hips"]] = _from_x_and_y(hip_line, trunk)
    turned[:, BONE["Spine"]] = _from_y_and_x(trunk, hip_line + shoulder_line)
    turned[:, BONE["Chest"]] = _from_y_and_x(trunk, shoulder_line)
    turned[:, BONE["Head"]] = _from_x_and_z(ear_line, gaze)
    turned[:, BONE["Neck"]] = _from_y_and_x(toward("Head", "Neck"), turned[:, BONE["Chest"], :, 0] + ear_line)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        arm, forearm = toward(f"{side}LowerArm", f"{side}UpperArm"), toward(f"{side}Hand", f"{side}LowerArm")
        thigh, shin = toward(f"{side}LowerLeg", f"{side}UpperLeg"), toward(f"{side}Foot", f"{side}LowerLeg")
        for bone, parent, tail in (
            ("Shoulder", "Chest", "UpperArm"), ("UpperArm", f"{side}Shoulder", "LowerArm"),
            ("LowerArm", f"{side}UpperArm", "Hand"), ("UpperLeg", "Hips", "LowerLeg"),
            ("LowerLeg", f"{side}UpperLeg", "Foot"), ("Foot", f"{side}LowerLeg", "FootTip"),
        ):  # fmt: skip
            start = f"{side}{bone}"
            rest = REST_DIRECTIONS[_JOINT[f"{side}{tail}"]]
            swung = _swing(turned[:, BONE[parent]], rest, toward(f"{side}{tail}", start))
            if bone == "UpperArm":
                hinge = -sign * np.cross(arm, forearm)
                swung = swung @ _about_x(_hinge_twist(swung, hinge, (1, 2), _bend_deg(arm, forearm)))
            if bone == "UpperLeg":
                hinge = np.cross(thigh, shin)
                swung = swung @ _about_y(-_hinge_twist(swung, hinge, (0, 2), _bend_deg(thigh, shin)))
            turned[:, BONE[start]] = swung
        index, little = (marks[:, 19], marks[:, 17]) if side == "Left" else (marks[:, 20], marks[:, 18])
        hand = _from_x_and_z(sign * toward(f"{side}HandTip", f"{side}Hand"), index - little)
        for bone, turn, parent in (("Hand", hand, "LowerArm"), ("Foot", turned[:, BONE[f"{side}Foot"]], "LowerLeg")):
            is_seen = np.isfinite(turn).all(axis=(1, 2), keepdims=True)
            turned[:, BONE[f"{side}{bone}"]] = np.where(is_seen, turn, turned[:, BONE[f"{side}{parent}"]])
    turned[~np.isfinite(turned).all(axis=(1, 2, 3))] = np.nan
    return turned


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


def _from_x_and_y(x: FloatArray, y_hint: FloatArray) -> FloatArray:
    """Return (T, 3, 3) whose columns are x, and y and z with y as near the hint as it can be."""
    z = normalise(np.cross(x, y_hint))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _from_y_and_x(y: FloatArray, x_hint: FloatArray) -> FloatArray:
    z = normalise(np.cross(x_hint, y))
    return np.stack([np.cross(y, z), y, z], axis=-1)


def _from_x_and_z(x: FloatArray, z_hint: FloatArray) -> FloatArray:
    y = normalise(np.cross(z_hint, x))
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _swing(parent: FloatArray, rest: FloatArray, target: FloatArray) -> FloatArray:
    """Return the parent's rotation, turned on by the shortest way so that its `rest` direction becomes `target`."""
    start = parent @ rest
    axis = np.cross(start, target)  # its length is the sine
    cosine = np.sum(start * target, axis=-1)
    # half a turn has no shortest way: go about an axis of the parent across the bone
    across = parent[..., :, 2] if abs(rest[2]) < 0.9 else parent[..., :, 0]
    k = _cross_matrix(axis)
    opposite = 1.0 + cosine < _OPPOSITE
    scale = np.where(opposite, 0.0, 1.0 / np.where(opposite, 1.0, 1.0 + cosine))
    shortest = np.eye(3) + k + k @ k * scale[:, None, None]
    half_turn = 2.0 * across[:, :, None] * across[:, None, :] - np.eye(3)
    result: FloatArray = np.where(opposite[:, None, None], half_turn, shortest) @ parent
    return result


def _cross_matrix(v: FloatArray) -> FloatArray:
    x, y, z = v[:, 0], v[:, 1], v[:, 2]
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)


def _bend_deg(upper: FloatArray, lower: FloatArray) -> FloatArray:
    """Return (T,) degrees between two unit directions; 0 for a straight limb."""
    sine = np.linalg.norm(np.cross(upper, lower), axis=-1)
    return np.asarray(np.rad2deg(np.arctan2(sine, np.sum(upper * lower, axis=-1))))


def _hinge_twist(swung: FloatArray, hinge: FloatArray, axes: tuple[int, int], bend_deg: FloatArray) -> FloatArray:
    """Return (T,) radians that turn the first of two local axes towards the second, onto the hinge as far as believed.

    Args:
        swung: (T, 3, 3) the bone without twist.
        hinge: (T, 3) where the first of `axes` has to point.
        axes: The two local axes across the bone.
        bend_deg: (T,) how far the limb is bent.
    """
    seen = np.einsum("tji,tj->ti", swung, hinge)  # in the bone's own axes
    angle = np.arctan2(seen[:, axes[1]], seen[:, axes[0]])
    belief = _fade(bend_deg, _HINGE_SILENT_DEG, _HINGE_SURE_DEG)
    doubt = _fade(np.abs(np.rad2deg(angle)), _TWIST_BELIEVED_DEG, _TWIST_IMPOSSIBLE_DEG)
    result: FloatArray = angle * belief * (1.0 - doubt)
    return result


def _fade(value: FloatArray, start: float, end: float) -> FloatArray:
    """Return 0 below `start`, 1 above `end`, and a smooth way between."""
    t = np.clip((value - start) / (end - start), 0.0, 1.0)
    result: FloatArray = t * t * (3.0 - 2.0 * t)
    return result


def _about_x(angle_rad: FloatArray) -> FloatArray:
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    one, zero = np.ones_like(c), np.zeros_like(c)
    return np.stack([one, zero, zero, zero, c, -s, zero, s, c], axis=-1).reshape(-1, 3, 3)


def _about_y(angle_rad: FloatArray) -> FloatArray:
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    one, zero = np.ones_like(c), np.zeros_like(c)
    return np.stack([c, zero, s, zero, one, zero, -s, zero, c], axis=-1).reshape(-1, 3, 3)
