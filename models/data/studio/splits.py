"""Who is in which split, and what no pair may ever use."""

import zlib
from dataclasses import dataclass
from typing import Final

from models.data.motion import Motion

SPLITS: Final = ("train", "val", "test")

# People and actions that only validate or test; test holds everyday motion and dance by people unseen in training.
_HELD_OUT: Final = {
    "cmu61": "test",  # salsa, one of the two dancers
    "cmu07": "test",  # walks
    "action_walking": "test",  # recordings of the same person as cmu07, some of them the same
    "cmu02": "test",  # walking, running, jumping, bending, punching, swinging
    "action_washwindow": "test",
    "jesse_dance": "test",
    "dab": "test",
    "cmu03": "val",  # walking on uneven ground
    "action_directing_traffic": "val",
    "action_soccer": "val",
    "wave_hello": "val",
    "zombie": "val",
}
_TRAIN_PREFIXES: Final = ("cmu", "action_", "jumping")
RESERVED: Final = ("cmu60_12", "cmu61_12")
"""Motions kept for the sample clip."""

_BODIES: Final = {"train": (0, 100_000), "val": (100_000, 110_000), "test": (110_000, 120_000)}
SAMPLE_BODIES: Final = 200_000
"""First body seed for sample clips: bodies of no split."""

_KINDS: Final = {"cmu01": 0.5, "cmu05": 2.0, "cmu60": 1.5, "action_walking_extra": 1.0}


@dataclass(frozen=True)
class Group:
    """Motions of one subject, and how often it is drawn."""

    motions: tuple[Motion, ...]
    weight: float


def split_of(motion: Motion) -> str | None:
    """Return the split of a motion, None when it is reserved.

    Subjects that are not named here are spread by a checksum of their name: 80 % train, 10 % val, 10 % test.
    """
    if motion.name in RESERVED:
        return None
    if motion.subject in _HELD_OUT:
        return _HELD_OUT[motion.subject]
    if motion.subject.startswith(_TRAIN_PREFIXES):
        return "train"
    share = zlib.crc32(motion.subject.encode()) % 10
    return "train" if share < 8 else "val" if share == 8 else "test"


def groups_of(motions: tuple[Motion, ...]) -> dict[str, list[Group]]:
    """Return split → the groups that clips are drawn from, in a fixed order.

    Where too few people move for validation by others, other motions of the same people validate and test, or, of a
    single motion, other bodies. What is held out here stays held out.
    """
    splits_of: dict[str, tuple[str, ...]] = {motion.name: (split,) for motion in motions if (split := split_of(motion))}
    if not {("train",), ("val",)} <= set(splits_of.values()):
        splits_of |= _by_motion(motions)
    by_subject: dict[tuple[str, str], list[Motion]] = {}
    for motion in motions:
        for split in splits_of.get(motion.name, ()):
            by_subject.setdefault((split, motion.subject), []).append(motion)
    result: dict[str, list[Group]] = {split: [] for split in SPLITS}
    for (split, subject), members in sorted(by_subject.items()):
        # many short recordings say more than one, but not in proportion
        weight = _KINDS.get(subject, 1.0) * min(len(members), 20) ** 0.5
        result[split].append(Group(tuple(members), weight))
    return result


def _by_motion(motions: tuple[Motion, ...]) -> dict[str, tuple[str, ...]]:
    """Return name → splits of the motions that are not held out, spread by a checksum of their own names."""
    free = [m.name for m in motions if m.name not in RESERVED and m.subject not in _HELD_OUT]
    free = sorted(set(free), key=lambda name: (zlib.crc32(name.encode()), name))
    if len(free) < len(SPLITS):
        return dict.fromkeys(free, SPLITS)
    n = max(1, len(free) // 10)
    split_of_each = ["val"] * n + ["test"] * n + ["train"] * (len(free) - 2 * n)
    return {name: (split,) for name, split in zip(free, split_of_each, strict=True)}


def body_range(split: str) -> tuple[int, int]:
    """Return the body seeds (from, below) of a split."""
    return _BODIES[split]
