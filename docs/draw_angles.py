"""Draws docs/angles.png: every joint angle, its zero in grey and its positive side. `python -m docs.draw_angles`."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.spatial.transform import Rotation

from core.pose.angles.joint_angles import ANGLE_NAMES, joint_angles
from core.pose.palette import LEFT, RIGHT, hex_colour
from core.pose.skeleton import LANDMARK_NAMES
from tests.core.angle_bodies import body

TARGET = Path(__file__).with_name("angles.png")
_GREY, _NEUTRAL = "#c9ccd2", "#4b5563"
_SIDE, _FRONT, _TOP = "seen from the right", "seen from the front", "seen from above"
_AXES = {_SIDE: ((1, 0, 0), (0, 1, 0)), _FRONT: ((0, 0, -1), (0, 1, 0)), _TOP: ((0, 0, 1), (1, 0, 0))}
_BONES = (
    *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"),
        ("heel", "foot_index"), ("foot_index", "ankle"), ("shoulder", "hip"),
    )),
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_ear", "right_ear"), ("left_ear", "nose"),
    ("right_ear", "nose"),
)  # fmt: skip


def _both(*values: float) -> dict[str, object]:
    value = values if len(values) > 1 else values[0]
    return {"right": value, "left": value}


def _lean(forward: float, right: float) -> dict[str, object]:
    turn = Rotation.from_euler("z", -forward, degrees=True) * Rotation.from_euler("x", right, degrees=True)
    return {"turn": turn, "hip": {"right": (forward, right, 0), "left": (forward, -right, 0)}}


_BENT = {"hip": _both(70, 0, 0), "knee": _both(70)}
_PANELS = (
    ("hip_flexion", 55, _SIDE, {}, {"hip": {"right": (55, 0, 0)}}),
    ("knee_flexion", 70, _SIDE, {}, {"knee": {"right": 70}}),
    ("ankle_dorsiflexion", 25, _SIDE, {}, {"ankle": {"right": 25}}),
    ("elbow_flexion", 80, _SIDE, {}, {"elbow": {"right": 80}}),
    ("trunk_flexion", 40, _SIDE, {}, _lean(40, 0)),
    ("hip_abduction", 30, _FRONT, {}, {"hip": {"right": (0, 30, 0)}}),
    ("hip_rotation", 30, _FRONT, _BENT, {"hip": {"right": (70, 0, 30), "left": (70, 0, 0)}, "knee": _both(70)}),
    ("shoulder_elevation", 75, _FRONT, {}, {"shoulder": {"right": (0, 75, 0)}}),
    ("trunk_side_bend", 25, _FRONT, {}, _lean(0, 25)),
    ("neck_side_bend", 25, _FRONT, {}, {"neck": (0, 25, 0)}),
    ("shoulder_plane", 60, _TOP, {"shoulder": {"right": (0, 90, 0)}}, {"shoulder": {"right": (90, 30, 0)}}),
    ("shoulder_rotation", 50, _TOP, {"elbow": {"right": 90}},
     {"elbow": {"right": 90}, "shoulder": {"right": (0, 0, 50)}}),
    ("trunk_rotation", 35, _TOP, {}, {"trunk_turn": 35}),
    ("neck_rotation", 45, _TOP, {}, {"neck": (0, 0, 45)}),
    ("neck_flexion", 30, _SIDE, {}, {"neck": (30, 0, 0)}),
)  # fmt: skip


def _draw(ax, points: np.ndarray, view: str, *, is_zero: bool) -> None:
    across, up = (np.array(axis) for axis in _AXES[view])
    flat = np.stack([points @ across, points @ up], axis=1)
    order = np.cross(across, up)
    index = {name: i for i, name in enumerate(LANDMARK_NAMES)}
    depth = [points[[index[a], index[b]]].mean(axis=0) @ order for a, b in _BONES]
    ears, shoulders = (
        flat[[index[f"left_{name}"], index[f"right_{name}"]]].mean(axis=0) for name in ("ear", "shoulder")
    )
    ax.plot(*np.stack([shoulders, ears]).T, color=_GREY if is_zero else _NEUTRAL, lw=5 if is_zero else 2.6)
    for i in np.argsort(depth):
        a, b = _BONES[i]
        sides = {name.split("_")[0] for name in (a, b)} & {"left", "right"}
        colour = hex_colour(RIGHT if sides == {"right"} else LEFT) if len(sides) == 1 else _NEUTRAL
        line = flat[[index[a], index[b]]]
        ax.plot(*line.T, color=_GREY if is_zero else colour, lw=5 if is_zero else 2.6, solid_capstyle="round")


def main() -> None:
    """Draw all panels, each checked: the angle it names is the angle that is measured."""
    figure = Figure(figsize=(13, 10.4), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for ax, (name, angle, view, zero, moved) in zip(figure.subplots(3, 5).ravel(), _PANELS, strict=True):
        full = name if name in ANGLE_NAMES else f"right_{name}"
        got = joint_angles(body(**moved))[0, ANGLE_NAMES.index(full)]
        if abs(got - angle) > 1.0:
            raise AssertionError(f"{name} is {got:.1f}, drawn as {angle}")
        _draw(ax, body(**zero)[0], view, is_zero=True)
        _draw(ax, body(**moved)[0], view, is_zero=False)
        ax.set_title(f"{name.replace('_', ' ')} +{angle}°", fontsize=12)
        ax.text(0.5, 0.0, view, transform=ax.transAxes, ha="center", va="top", fontsize=9, color=_NEUTRAL)
        ax.set_aspect("equal")
        ax.axis("off")
        low_high = (0.25, 0.85) if name == "neck_flexion" else (-0.25, 0.65) if view == _TOP else (-1.0, 0.8)
        ax.set_ylim(*low_high)
        middle = 0.25 if name == "shoulder_plane" else 0.0
        ax.set_xlim(*(middle + np.array([-0.5, 0.5]) * (low_high[1] - low_high[0])))
    canvas.print_png(str(TARGET))


if __name__ == "__main__":
    main()
