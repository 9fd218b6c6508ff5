"""A parametric body (anny) that is shaped once per clip and then turned by joint positions.

Axes here: x to the body's left, y up, z ahead; metres. The bones are turned in the world, so a limb is set by one
rotation and not by a chain of joint angles.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import anny
import numpy as np
import numpy.typing as npt
import torch
from anny.face_segmentation import get_face_segmentation_mask
from scipy.spatial.transform import Rotation

from core.pose.skeleton import COCO_NAMES
from core.pose.types import FloatArray
from models.data.motion.types import INDEX

Float32 = npt.NDArray[np.float32]

# how far along the way from the pelvis's turn to the chest's each bone of the spine is
_SPINE: Final = {"spine04": 0.25, "spine03": 0.5, "spine02": 0.8, "spine01": 1.0}
_NECK: Final = {"neck01": 0.35, "neck02": 0.6, "neck03": 0.85}
# the shoulder girdle follows the upper arm a little
_GIRDLE: Final = {"clavicle": 0.15, "shoulder01": 0.3}
_HAND_PREFIXES: Final = ("wrist", "finger", "metacarpal")
_FOOT_PREFIXES: Final = ("foot", "toe")
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Template:
    """What all bodies share.

    Attributes:
        model: anny itself.
        bone_labels: J bones.
        parents: (J,) bone index, -1 for the root.
        faces: (F, 3) visible triangles.
        weights: (V, J) skinning.
        keypoint_weights: (17, V) COCO joints from the skin.
        part_of_face: Name → (V,) whether a vertex belongs to a part that anny names (head, hand.L, eye_front.L, ...).
    """

    model: Any
    bone_labels: tuple[str, ...]
    parents: tuple[int, ...]
    faces: npt.NDArray[np.int32]
    weights: Float32
    keypoint_weights: Float32
    part_of_face: dict[str, npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class Body:
    """One person's shape, standing in anny's rest pose.

    Attributes:
        template: Shared parts.
        vertices: (V, 3) bare skin.
        heads: (J, 3) where each bone starts.
        keypoint_terms: (17, J, 4) what each bone adds to each COCO joint, homogeneous.
    """

    template: Template
    vertices: Float32
    heads: Float32
    keypoint_terms: Float32

    def head(self, bone: str) -> Float32:
        """Return the (3,) start of a bone."""
        result: Float32 = self.heads[self.template.bone_labels.index(bone)]
        return result

    @property
    def leg_m(self) -> float:
        """Hip to ankle along the bones."""
        hip, knee, ankle = (self.head(f"{b}.L") for b in ("upperleg01", "lowerleg01", "foot"))
        return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))

    @property
    def stature_m(self) -> float:
        """Sole to crown in the rest pose."""
        return float(np.ptp(self.vertices[:, 1]))


@cache
def load_template() -> Template:
    """Load anny (the first time on a machine it spends a minute preparing its cache)."""
    torch.set_num_threads(1)
    model = anny.Anny(pose_parameterization="world-orient", skinning_method="lbs").to(dtype=torch.float32)
    regressor = anny.KeypointsRegressor.coco(model, labels=list(COCO_NAMES))
    n_vertices = len(model.template_vertices)
    faces = model.faces.numpy().astype(np.int32)
    parts, hidden = {}, np.zeros(len(faces), dtype=bool)
    for label in (
        "head", "hand.L", "hand.R", "foot.L", "foot.R", "eye_front.L", "eye_front.R",
        "eye_back.L", "eye_back.R", "mouth_cavity", "tongue",
    ):  # fmt: skip
        of_part = get_face_segmentation_mask(model, [label]).numpy()
        parts[label] = np.zeros(n_vertices, dtype=bool)
        parts[label][faces[of_part]] = True
        if label in ("mouth_cavity", "tongue", "eye_back.L", "eye_back.R"):
            hidden |= of_part
    return Template(
        model,
        tuple(model.bone_labels),
        tuple(int(p) for p in model.bone_parents),
        faces[~hidden],
        model.dense_vertex_bone_weights.numpy().astype(np.float32),
        regressor.regression_weights.numpy().astype(np.float32),
        parts,
    )


def shape_body(template: Template, phenotype: dict[str, float]) -> Body:
    """Return the body with these sliders (0..1 each: gender, age, muscle, weight, height, proportions)."""
    model = template.model
    values = torch.tensor([[phenotype.get(label, 0.5) for label in model.phenotype_labels]], dtype=torch.float32)
    with torch.no_grad():
        output = model(phenotype_kwargs=values)
    # anny: z up, facing -y
    vertices, heads = (
        np.ascontiguousarray(output[k][0].numpy()[:, [0, 2, 1]] * np.array([1, 1, -1], np.float32))
        for k in ("rest_vertices", "rest_bone_heads")
    )
    homogeneous = np.concatenate([vertices, np.ones((len(vertices), 1), np.float32)], axis=1)
    terms = np.einsum("kv,vj,vc->kjc", template.keypoint_weights, template.weights, homogeneous, optimize=True)
    return Body(template, vertices, heads, terms.astype(np.float32))


def bone_transforms(body: Body, joints_m: FloatArray, head_forward: FloatArray) -> Float32:
    """Return (T, J, 3, 4) rest → posed transforms for joint positions.

    The pelvis and chest turn as their hip and shoulder lines do, each limb by the shortest rotation onto its target,
    starting from its parent's turn. The pelvis is put where the motion has it, scaled by the leg length.

    Args:
        body: The shape.
        joints_m: (T, 20, 3) `MOTION_JOINTS` with the legs of this body, metres, y up.
        head_forward: (T, 3) where the face looks.
    """
    turns = _bone_turns(body, joints_m, head_forward)  # (T, J, 3, 3)
    heads = np.zeros((*turns.shape[:2], 3))
    root_rest = (body.head("upperleg01.L") + body.head("upperleg01.R")) / 2
    mid_hip = (joints_m[:, INDEX["left_hip"]] + joints_m[:, INDEX["right_hip"]]) / 2
    for bone, parent in enumerate(body.template.parents):
        if parent < 0:
            heads[:, bone] = mid_hip + turns[:, bone] @ (body.heads[bone] - root_rest)
        else:
            heads[:, bone] = heads[:, parent] + turns[:, parent] @ (body.heads[bone] - body.heads[parent])
    shift = heads - np.einsum("tjab,jb->tja", turns, body.heads)
    return np.concatenate([turns, shift[..., None]], axis=-1).astype(np.float32)


def keypoints(body: Body, transforms: Float32) -> FloatArray:
    """Return (T, 17, 3) COCO joints of the posed bare skin, metres, world."""
    result: FloatArray = np.einsum(
        "tjab,kjb->tka", transforms.astype(float), body.keypoint_terms.astype(float), optimize=True
    )
    return result


def skin(weights: Float32, transforms: Float32, vertices: Float32, normals: Float32) -> Float32:
    """Return (T, V, 6) posed positions and normals (not quite unit length) of vertices with (V, J) weights."""
    n = len(transforms)
    flat = np.ascontiguousarray(transforms.transpose(1, 0, 2, 3)).reshape(transforms.shape[1], n * 12)
    blended = (weights @ flat).reshape(len(vertices), n, 3, 4)
    out = np.empty((n, len(vertices), 6), np.float32)
    out[..., :3] = (np.einsum("vtab,vb->vta", blended[..., :3], vertices) + blended[..., 3]).transpose(1, 0, 2)
    out[..., 3:] = np.einsum("vtab,vb->vta", blended[..., :3], normals).transpose(1, 0, 2)
    return out


def _bone_turns(body: Body, joints: FloatArray, head_forward: FloatArray) -> FloatArray:
    p = {name: joints[:, index] for name, index in INDEX.items()}
    mid_hip = (p["left_hip"] + p["right_hip"]) / 2
    pelvis = _frame_x_first(p["left_hip"] - p["right_hip"], p["spine"] - mid_hip)
    chest = _frame_y_first(p["left_shoulder"] - p["right_shoulder"], p["neck"] - p["spine"])
    head = _frame_z_first(head_forward, p["head"] - p["neck"] + 0.2 * (p["neck"] - p["spine"]))
    turns: dict[str, FloatArray] = {"root": pelvis, "spine05": pelvis, "head": head}
    for bone, share in _SPINE.items():
        turns[bone] = _between(pelvis, chest, share)
    for bone, share in _NECK.items():
        turns[bone] = _between(chest, head, share)
    for side, letter in (("left", "L"), ("right", "R")):
        arm = _aim(
            body, chest, f"upperarm01.{letter}", f"lowerarm01.{letter}", p[f"{side}_elbow"] - p[f"{side}_shoulder"]
        )
        forearm = _aim(body, arm, f"lowerarm01.{letter}", f"wrist.{letter}", p[f"{side}_wrist"] - p[f"{side}_elbow"])
        hand = _aim(body, forearm, f"wrist.{letter}", f"finger3-1.{letter}", p[f"{side}_hand"] - p[f"{side}_wrist"])
        thigh = _aim(body, pelvis, f"upperleg01.{letter}", f"lowerleg01.{letter}", p[f"{side}_knee"] - p[f"{side}_hip"])
        shin = _aim(body, thigh, f"lowerleg01.{letter}", f"foot.{letter}", p[f"{side}_ankle"] - p[f"{side}_knee"])
        foot = _aim(body, shin, f"foot.{letter}", f"toe2-1.{letter}", p[f"{side}_toe"] - p[f"{side}_ankle"])
        turns |= {
            f"pelvis.{letter}": pelvis,
            f"upperarm01.{letter}": arm, f"upperarm02.{letter}": arm,
            f"lowerarm01.{letter}": _between(arm, forearm, 0.9), f"lowerarm02.{letter}": forearm,
            f"upperleg01.{letter}": thigh, f"upperleg02.{letter}": thigh,
            f"lowerleg01.{letter}": shin, f"lowerleg02.{letter}": shin,
            **{f"{bone}.{letter}": _between(chest, arm, share) for bone, share in _GIRDLE.items()},
        }  # fmt: skip
        for bone in body.template.bone_labels:
            if bone.endswith(f".{letter}") and bone.startswith(_HAND_PREFIXES):
                turns[bone] = hand
            elif bone.endswith(f".{letter}") and bone.startswith(_FOOT_PREFIXES):
                turns[bone] = foot
            elif bone == f"eye.{letter}":
                turns[bone] = head
    return np.stack([turns[bone] for bone in body.template.bone_labels], axis=1)


def _aim(body: Body, parent: FloatArray, start: str, end: str, target: FloatArray) -> FloatArray:
    """Return the (T, 3, 3) shortest turn, after `parent`, of the bone's rest direction onto (T, 3) `target`."""
    at_rest = parent @ (body.head(end) - body.head(start)).astype(float)
    return _shortest(at_rest, target) @ parent


def _unit(v: FloatArray) -> FloatArray:
    result: FloatArray = v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), _TINY)
    return result


def _shortest(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the (T, 3, 3) rotations that take (T, 3) directions a to b by the shortest way."""
    a, b = _unit(a), _unit(b)
    v = np.cross(a, b)
    # opposite directions have no shortest way; this keeps the factor finite, and mocap does not meet it
    factor = 1 / np.maximum(1 + np.sum(a * b, axis=-1), 1e-3)
    zero = np.zeros(len(v))
    k = np.stack([zero, -v[:, 2], v[:, 1], v[:, 2], zero, -v[:, 0], -v[:, 1], v[:, 0], zero], axis=-1).reshape(-1, 3, 3)
    result: FloatArray = np.eye(3) + k + (k @ k) * factor[:, None, None]
    return result


def _frame_x_first(x: FloatArray, y: FloatArray) -> FloatArray:
    x = _unit(x)
    z = _unit(np.cross(x, y))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _frame_y_first(x: FloatArray, y: FloatArray) -> FloatArray:
    y = _unit(y)
    z = _unit(np.cross(x, y))
    return np.stack([np.cross(y, z), y, z], axis=-1)


def _frame_z_first(z: FloatArray, y: FloatArray) -> FloatArray:
    z = _unit(z)
    x = _unit(np.cross(y, z))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _between(a: FloatArray, b: FloatArray, share: float) -> FloatArray:
    """Return the rotations a share of the way from a to b."""
    relative = Rotation.from_matrix(np.swapaxes(a, -1, -2) @ b).as_rotvec()
    result: FloatArray = a @ Rotation.from_rotvec(relative * share).as_matrix()
    return result
