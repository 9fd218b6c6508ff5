import numpy as np
import pytest

from models.data.motion.mixing import MixRates, MotionMixer
from models.data.motion.types import INDEX, MIRRORED, MOTION_JOINTS, Motion

_STILL = MixRates(
    mirror=0, swap_upper=0, swap_arm=0, swap_leg=0, turn_arm=0, sit=0, lean=0, lie=0, head_deg=0
)  # fmt: skip
_STANDING = {
    "pelvis": (0, 0, 0), "spine": (0, 0.25, 0), "neck": (0, 0.5, 0), "head": (0, 0.65, 0),
    "left_hip": (0.1, 0, 0), "left_knee": (0.1, -0.43, 0.02), "left_ankle": (0.1, -0.86, 0),
    "left_toe": (0.1, -0.9, 0.2),
    "left_shoulder": (0.2, 0.45, 0), "left_elbow": (0.3, 0.2, 0), "left_wrist": (0.35, -0.02, 0.05),
    "left_hand": (0.36, -0.1, 0.08),
}  # fmt: skip


def motion(name, *, arm_forward=False, fps=30.0, n=40):
    pose = np.zeros((len(MOTION_JOINTS), 3))
    for joint, where in _STANDING.items():
        pose[INDEX[joint]] = where
        if joint.startswith("left"):
            pose[INDEX[joint.replace("left", "right")]] = np.array(where) * [-1, 1, 1]
    if arm_forward:
        for joint, reach in (("left_elbow", 0.25), ("left_wrist", 0.5), ("left_hand", 0.6)):
            pose[INDEX[joint]] = pose[INDEX["left_shoulder"]] + [0, 0, reach]
    return Motion(np.repeat(pose[None], n, axis=0), None, fps, name, name, "test")


def lengths(p):
    links = [("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")]
    return {
        (side, a, b): np.linalg.norm(p[:, INDEX[f"{side}_{b}"]] - p[:, INDEX[f"{side}_{a}"]], axis=1)
        for side in ("left", "right")
        for a, b in links
    }


def test_nothing_changed_is_the_motion_facing_ahead():
    turned = motion("a")
    quarter = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    turned = Motion(turned.positions_m @ quarter.T, None, 30.0, "a", "a", "test")
    p, face = MotionMixer([turned], _STILL).draw(np.random.default_rng(0), 12)
    np.testing.assert_allclose(p, motion("a").positions_m[:12], atol=1e-9)
    np.testing.assert_allclose(face, np.tile([0, 0, 1], (12, 1)), atol=1e-9)


def test_equal_seeds_give_equal_clips_and_others_differ():
    mixer = MotionMixer([motion("a"), motion("b", arm_forward=True)])
    first, again, other = (mixer.draw(np.random.default_rng(seed), 20)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def test_every_change_keeps_bone_lengths():
    everything = MixRates(*(1.0,) * 5, turn_arm_deg=60, sit=1.0, lean=1.0, lie=1.0)
    mixer = MotionMixer([motion("a"), motion("b", arm_forward=True)], everything)
    known = {
        key: {float(lengths(m.positions_m)[key][0].round(6)) for m in (motion("a"), motion("b", arm_forward=True))}
        for key in lengths(motion("a").positions_m)
    }
    for seed in range(20):
        p, _ = mixer.draw(np.random.default_rng(seed), 8)
        for (side, a, b), found in lengths(p).items():
            other = known[(side, a, b)] | known[("left" if side == "right" else "right", a, b)]  # mirrored
            assert all(min(abs(value - k) for k in other) < 1e-6 for value in found)


def test_an_arm_taken_from_another_clip_keeps_its_place_on_the_chest():
    always = MixRates(mirror=0, swap_upper=0, swap_arm=1, swap_leg=0, turn_arm=0, sit=0, lean=0, lie=0, head_deg=0)
    mixer = MotionMixer([motion("a"), motion("b", arm_forward=True)], always)
    reaches = set()
    for seed in range(30):
        p, _ = mixer.draw(np.random.default_rng(seed), 4)
        reaches.add(tuple((p[0, INDEX["left_wrist"]] - p[0, INDEX["left_shoulder"]]).round(6)))
    assert reaches == {(0.15, -0.47, 0.05), (0.0, 0.0, 0.5)}


def test_sitting_brings_the_knees_forward_and_leaves_the_trunk():
    sitting = MixRates(mirror=0, swap_upper=0, swap_arm=0, swap_leg=0, turn_arm=0, sit=1, lean=0, lie=0, head_deg=0)
    p, _ = MotionMixer([motion("a")], sitting).draw(np.random.default_rng(3), 4)
    for side in ("left", "right"):
        assert p[0, INDEX[f"{side}_knee"], 2] > 0.2
        assert p[0, INDEX[f"{side}_ankle"], 1] < p[0, INDEX[f"{side}_knee"], 1]
    np.testing.assert_allclose(p[:, INDEX["neck"]], motion("a").positions_m[:4, INDEX["neck"]])


def test_mirrored_means_left_and_right_change_places():
    mirrored = MixRates(mirror=1, swap_upper=0, swap_arm=0, swap_leg=0, turn_arm=0, sit=0, lean=0, lie=0, head_deg=0)
    source = motion("b", arm_forward=True)
    p, _ = MotionMixer([source], mirrored).draw(np.random.default_rng(0), 4)
    np.testing.assert_allclose(p, source.positions_m[:4, MIRRORED] * [-1, 1, 1], atol=1e-9)
    assert p[0, INDEX["right_wrist"], 2] == pytest.approx(0.5)
