"""What a pair file says about itself, boiled down so that thousands of them fit in memory."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.pose.geometry import (
    level_viewpoint_direction,
    mid_hip,
    on_known_root,
    pixel_rays,
    rotate,
    view_ray_rotation,
)
from core.pose.metrics import azimuth_error_deg, bone_cv, bone_lengths, depth_error, masked_mean, mpjpe
from core.pose.skeleton import BODY, LEFT_SHOULDER, RIGHT_SHOULDER, SWAP_SIDES
from core.pose.types import FloatArray
from core.sequence.pairs import Pairs, load_pairs, pair_splits

_MM: Final = 1000.0
_MARK_EVERY: Final = 8
_VISIBILITY_EDGES: Final = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class PairFacts:
    """One pair file.

    Attributes:
        path: The file.
        split: From the index, else from the file's own `meta`, else "-".
        meta: Its provenance.
        n_frames: How many.
        error_mm: (N,) raw MPJPE of the body joints; NaN = no truth.
        depth_mm: (N,) raw |depth| error of the body joints.
        joint_depth_mm: (17,) raw mean |depth| error.
        sideways_mm: (N,) raw mean error across the ray.
        azimuth_deg: (N,).
        elevation_deg: (N,).
        frame_index: (N,).
        visibility_counts: (20,) joints in each twentieth of 0..1.
        nan_shares: Array name → share of NaN.
        bad_visibility: Share outside 0..1.
        torso_m: (raw, truth) median distance from mid-hip to mid-shoulder.
        off_centre_m: (raw, truth) median distance of the mid-hip from the origin.
        axis_correlation: (3,) of raw and true coordinates; negative: an axis points the other way.
        swapped_share: Frames that fit the truth better with left and right exchanged.
        turned_gain: By how much turning the truth by the ray to the pelvis lowers the raw error (share of it): positive
            when the truth is in the camera frame; NaN without intrinsics.
        unturned_gain: The same for turning it back: positive when it was turned twice.
        azimuth_disagreement_deg: Median distance of the stored azimuth from the one that the true joints show.
        n_repeated: Frames whose pose is exactly the one before.
        digest: Of the poses, to find the same file twice.
        marks: Hashes of about every eighth pose, the same poses in every file, to find parts of files twice.
        truth_bone_cv: Bone-length CV of the truth; NaN for fewer than two frames with truth.
    """

    path: Path
    split: str
    meta: dict[str, Any]
    n_frames: int
    error_mm: FloatArray
    depth_mm: FloatArray
    joint_depth_mm: FloatArray
    sideways_mm: FloatArray
    azimuth_deg: FloatArray
    elevation_deg: FloatArray
    frame_index: npt.NDArray[np.integer]
    visibility_counts: FloatArray
    nan_shares: dict[str, float]
    bad_visibility: float
    torso_m: tuple[float, float]
    off_centre_m: tuple[float, float]
    axis_correlation: FloatArray
    swapped_share: float
    turned_gain: float
    unturned_gain: float
    azimuth_disagreement_deg: float
    n_repeated: int
    digest: str
    marks: npt.NDArray[np.uint64]
    truth_bone_cv: float


def gather(path: Path, on_file: Callable[[Path], None] = lambda _: None) -> list[PairFacts]:
    """Read every pair file of a file or folder.

    Raises:
        DataError: Nothing there, or a file is damaged.
    """
    facts = []
    for file, split in pair_splits(path).items():
        on_file(file)
        facts.append(facts_of(load_pairs(file), file, split))
    return facts


def facts_of(pairs: Pairs, path: Path, split: str = "") -> PairFacts:
    """Boil down one file."""
    raw, truth = pairs.corrupted.astype(float), pairs.ground_truth.astype(float)
    centred_truth, centred = on_known_root(truth, raw)
    body, true_body = centred[:, BODY], centred_truth[:, BODY]
    error = mpjpe(body, true_body)
    difference = centred - centred_truth
    turned, unturned = _turn_gains(pairs, body, true_body)
    swapped = mpjpe(centred[:, SWAP_SIDES][:, BODY], true_body) < error
    counts, _ = np.histogram(pairs.visibility[np.isfinite(pairs.visibility)], _VISIBILITY_EDGES)
    return PairFacts(
        path=path,
        split=split or str(pairs.meta.get("split", "-")),
        meta=pairs.meta,
        n_frames=len(pairs),
        error_mm=_MM * error,
        depth_mm=_MM * depth_error(body, true_body),
        joint_depth_mm=_MM * masked_mean(np.abs(difference[..., 2]), axis=0),
        sideways_mm=_MM * masked_mean(np.linalg.norm(difference[:, BODY, :2], axis=-1), axis=-1),
        azimuth_deg=pairs.azimuth.astype(float),
        elevation_deg=pairs.elevation.astype(float),
        frame_index=pairs.frame_index,
        visibility_counts=counts,
        nan_shares={
            name: _nan_share(getattr(pairs, name))
            for name in ("corrupted", "ground_truth", "visibility", "pose_2d", "azimuth", "elevation")
        },
        bad_visibility=float(np.mean((pairs.visibility < 0) | (pairs.visibility > 1))) if len(pairs) else 0.0,
        torso_m=(_torso(raw), _torso(truth)),
        off_centre_m=(_off_centre(raw), _off_centre(truth)),
        axis_correlation=np.array([_correlation(body[..., a], true_body[..., a]) for a in range(3)]),
        swapped_share=float(np.mean(swapped[np.isfinite(error)])) if np.isfinite(error).any() else float("nan"),
        turned_gain=turned,
        unturned_gain=unturned,
        azimuth_disagreement_deg=_azimuth_disagreement(pairs, truth),
        n_repeated=int((np.diff(raw, axis=0) == 0).all(axis=(1, 2)).sum()),
        digest=hashlib.sha256(np.ascontiguousarray(pairs.corrupted).tobytes()).hexdigest() if len(pairs) else "",
        marks=_marks(pairs.corrupted),
        truth_bone_cv=float(masked_mean(bone_cv(bone_lengths(truth)))) if len(pairs) else float("nan"),
    )


def _marks(poses: FloatArray) -> npt.NDArray[np.uint64]:
    """Return (n,) hashes of those poses whose hash is a multiple of eight, each once."""
    rows = np.ascontiguousarray(poses, dtype=np.float32)
    hashes = {int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest()) for row in rows}
    return np.array(sorted(h for h in hashes if h % _MARK_EVERY == 0), dtype=np.uint64)


def _nan_share(array: FloatArray) -> float:
    return float(np.isnan(array).mean()) if array.size else 0.0


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _torso(joints: FloatArray) -> float:
    shoulders = (joints[:, LEFT_SHOULDER] + joints[:, RIGHT_SHOULDER]) / 2
    return _median(np.linalg.norm(shoulders - mid_hip(joints), axis=-1))


def _off_centre(joints: FloatArray) -> float:
    return _median(np.linalg.norm(mid_hip(joints), axis=-1))


def _correlation(a: FloatArray, b: FloatArray) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3 or np.ptp(a[known]) == 0 or np.ptp(b[known]) == 0:
        return float("nan")
    return float(np.corrcoef(a[known], b[known])[0, 1])


def _turn_gains(pairs: Pairs, body: FloatArray, true_body: FloatArray) -> tuple[float, float]:
    if not np.isfinite(pairs.K).all() or not len(pairs):
        return float("nan"), float("nan")
    turn = view_ray_rotation(pixel_rays(mid_hip(pairs.pose_2d.astype(float)), pairs.K))
    stored = float(masked_mean(mpjpe(body, true_body)))
    gains = []
    for rotation in (turn, np.swapaxes(turn, -1, -2)):
        gains.append(1 - float(masked_mean(mpjpe(body, rotate(rotation, true_body)))) / stored if stored > 0 else 0.0)
    return gains[0], gains[1]


def _azimuth_disagreement(pairs: Pairs, truth: FloatArray) -> float:
    """Compare with the azimuth of a level camera: rough, but enough to see a wrong convention."""
    direction = level_viewpoint_direction(truth)
    shown = np.rad2deg(np.arctan2(-direction[:, 0], direction[:, 2]))
    return _median(azimuth_error_deg(shown, pairs.azimuth))
