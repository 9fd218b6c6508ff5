"""What can be wrong with a set of pairs, each said in one sentence."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from models.evaluation.pair_facts import PairFacts

_TORSO_M: Final = (0.25, 0.80)
_OFF_CENTRE_M: Final = 0.02
_LOST_POSES: Final = 0.20
_SIDEWAYS_MM: Final = 150.0
_TURN_GAIN: Final = 0.05
_TURN_GAIN_ALONE: Final = 0.10
_SWAPPED: Final = 0.5
_AZIMUTH_DEG: Final = 30.0
_REPEATED: Final = 0.10
_NAMED: Final = 3
_MISSING_TRUTH: Final = 0.3
_SHARED: Final = 0.1


def check(facts: Sequence[PairFacts]) -> list[str]:
    """Return the problems found, most basic first; empty when there is none."""
    problems = []
    for test in _PER_FILE:
        found = [(f.path.name, sentence) for f in facts if (sentence := test(f))]
        problems += _grouped(found)
    return [*problems, *_across(facts)]


def _grouped(found: list[tuple[str, str]]) -> list[str]:
    """Say a problem once for a file, and once for many: the first few files are named."""
    if len(found) <= _NAMED:
        return [f"{name}: {sentence}" for name, sentence in found]
    names = ", ".join(name for name, _ in found[:_NAMED])
    return [f"{len(found)} files ({names}, ...), for the first: {found[0][1]}"]


def _no_frames(f: PairFacts) -> str | None:
    return "it holds no frames." if f.n_frames == 0 else None


def _no_truth(f: PairFacts) -> str | None:
    return "no frame has ground truth." if f.n_frames and not np.isfinite(f.error_mm).any() else None


def _missing_truth(f: PairFacts) -> str | None:
    share = float(np.isnan(f.error_mm).mean()) if f.n_frames else 0.0
    if not _MISSING_TRUTH < share < 1:
        return None
    return f"{share:.0%} of the frames have no ground truth; they teach nothing and are not measured."


def _lost_poses(f: PairFacts) -> str | None:
    share = f.nan_shares["corrupted"]
    return (
        f"{share:.0%} of MediaPipe's joints are NaN; leave out frames without a pose." if share > _LOST_POSES else None
    )


def _visibility(f: PairFacts) -> str | None:
    share = f.bad_visibility + f.nan_shares["visibility"]
    return f"{share:.1%} of the visibilities are NaN or outside 0..1." if share > 0 else None


def _units(f: PairFacts) -> str | None:
    for what, torso in zip(("MediaPipe", "the truth"), f.torso_m, strict=True):
        if np.isfinite(torso) and not _TORSO_M[0] <= torso <= _TORSO_M[1]:
            return f"the torso of {what} is {torso:.3g} m long, so its unit is not the metre."
    return None


def _centre(f: PairFacts) -> str | None:
    for what, distance in zip(("MediaPipe", "the truth"), f.off_centre_m, strict=True):
        if np.isfinite(distance) and distance > _OFF_CENTRE_M:
            return f"the hips of {what} are {distance:.2f} m from the origin; poses must be hip-centred."
    return None


def _axes(f: PairFacts) -> str | None:
    wrong = [axis for axis, value in zip("xyz", f.axis_correlation, strict=True) if value < 0]
    if not wrong:
        return None
    return f"the {' and '.join(wrong)} of MediaPipe and of the truth run against each other; one is in other axes."


def _sides(f: PairFacts) -> str | None:
    if not f.swapped_share > _SWAPPED:
        return None
    return f"{f.swapped_share:.0%} of the frames fit the truth better with left and right exchanged."


def _sideways(f: PairFacts) -> str | None:
    sideways = f.sideways_mm[np.isfinite(f.sideways_mm)]
    if not len(sideways) or np.median(sideways) <= _SIDEWAYS_MM:
        return None
    return (
        f"MediaPipe errs by {np.median(sideways):.0f} mm across the ray, where it is usually good to 80 mm; the "
        "truth may be in the camera frame, of another person or out of step with the video."
    )


def _azimuth(f: PairFacts) -> str | None:
    if not f.azimuth_disagreement_deg > _AZIMUTH_DEG:
        return None
    return (
        f"the stored azimuth is {f.azimuth_disagreement_deg:.0f} degrees from the one that the true shoulders and hips "
        "show; it follows another convention."
    )


def _order(f: PairFacts) -> str | None:
    if (np.diff(f.frame_index) > 0).all():
        return None
    return "frame_index does not rise; a file must be one stream in the order of time, each frame once."


def _repeated(f: PairFacts) -> str | None:
    if f.n_frames < 2 or f.n_repeated <= _REPEATED * f.n_frames:
        return None
    return f"{f.n_repeated} of {f.n_frames} frames repeat the pose before; the video stands still or was padded."


_PER_FILE: Final[tuple[Callable[[PairFacts], str | None], ...]] = (
    _no_frames, _no_truth, _missing_truth, _lost_poses, _visibility, _units, _centre, _axes, _sides, _sideways,
    _azimuth, _order, _repeated,
)  # fmt: skip


def _across(facts: Sequence[PairFacts]) -> Iterator[str]:
    yield from _wrong_frame(facts)
    yield from _duplicates(facts)
    yield from _leaks(facts)
    for key in ("pose_variant", "running_mode"):
        kinds = Counter(str(f.meta[key]) for f in facts if key in f.meta)
        if len(kinds) > 1:
            counted = ", ".join(f"{name} ({n} files)" for name, n in kinds.most_common())
            yield f"{key} differs between files: {counted}; a refiner belongs to one."


def _wrong_frame(facts: Sequence[PairFacts]) -> Iterator[str]:
    known = [(f.turned_gain, f.unturned_gain) for f in facts if np.isfinite(f.turned_gain)]
    if not known:
        return
    # one clip can look turned because its person leans: the fewer files, the clearer it must be
    needed = _TURN_GAIN + _TURN_GAIN_ALONE / len(known)
    turned, unturned = np.mean(known, axis=0)
    if turned > max(needed, unturned):
        yield (
            f"Turning the truth by the ray to the pelvis lowers the error by {turned:.0%}: it is in the camera frame, "
            "and must be in the view-ray frame."
        )
    elif unturned > needed:
        yield f"Turning the truth back by the ray lowers the error by {unturned:.0%}: it was turned twice."


def _duplicates(facts: Sequence[PairFacts]) -> Iterator[str]:
    same: dict[str, list[str]] = defaultdict(list)
    for f in facts:
        if f.digest:
            same[f.digest].append(f.path.name)
    yield from (f"{_listed(names)} hold the same poses." for names in same.values() if len(names) > 1)
    yield from _overlaps(facts)
    claims: dict[tuple[str, ...], list[PairFacts]] = defaultdict(list)
    for f in facts:
        claim = tuple(str(f.meta.get(key, "")) for key in ("dataset", "subject", "sequence", "camera"))
        if all(claim[2:]):
            claims[claim].append(f)
    for claim, group in claims.items():
        if len({f.digest for f in group}) > 1:
            names = _listed([f.path.name for f in group])
            yield f"{names} all claim to be camera {claim[3]} of '{claim[2]}': the same video twice?"


def _overlaps(facts: Sequence[PairFacts]) -> Iterator[str]:
    """Say which files have poses in common, the largest overlap first."""
    owner: dict[int, int] = {}
    shared: Counter[tuple[int, int]] = Counter()
    for number, f in enumerate(facts):
        for mark in f.marks.tolist():
            first = owner.setdefault(mark, number)
            if first != number and facts[first].digest != f.digest:
                shared[first, number] += 1
    for (first, second), n in shared.most_common(_NAMED):
        a, b = facts[first], facts[second]
        share = n / max(min(len(a.marks), len(b.marks)), 1)
        if share > _SHARED:
            where = "" if a.split == b.split else f", though one is in {a.split} and the other in {b.split}: a leak"
            yield f"{a.path.name} and {b.path.name} have {share:.0%} of their poses in common{where}."


def _listed(names: Sequence[str]) -> str:
    shown = " and ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"


def _leaks(facts: Sequence[PairFacts]) -> Iterator[str]:
    for key in ("sequence", "subject"):
        splits: dict[tuple[str, str], set[str]] = defaultdict(set)
        for f in facts:
            if f.meta.get(key) and f.split != "-":
                splits[str(f.meta.get("dataset", "")), str(f.meta[key])].add(f.split)
        leaks = [(name, where) for (_, name), where in splits.items() if len(where) > 1]
        for name, where in leaks[:_NAMED]:
            yield f"The {key} '{name}' is in the splits {' and '.join(sorted(where))}: a leak."
        if len(leaks) > _NAMED:
            yield f"{len(leaks) - _NAMED} more {key}s are in several splits: leaks."
