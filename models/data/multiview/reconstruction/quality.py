"""What can be said about ground truth: sentences for the terminal and numbers for a file."""

from typing import Any

import numpy as np

from core.pose.metrics import bone_cv, bone_lengths, masked_mean
from core.pose.skeleton import BODY, BONES, LEFT_HIP, LEFT_SHOULDER
from core.pose.types import FloatArray
from models.data.multiview.reconstruction.reconstruct import Reconstruction

_ARMS, _LEGS = LEFT_SHOULDER, LEFT_HIP


def reconstruction_lines(found: Reconstruction) -> list[str]:
    """Return the evidence of a reconstruction, a sentence a camera and one for all."""
    lines = []
    for number, camera in enumerate(found.cameras):
        residual = found.residual_px[number][:, BODY]
        middle, worst = _percentiles(residual)
        left_out, _ = _percentiles(found.left_out_px[number][:, BODY])
        arms, legs = (int(found.swapped[number][:, joint].sum()) for joint in (_ARMS, _LEGS))
        lines.append(
            f"{camera.name}: reprojection error median {middle:.1f} px, p95 {worst:.1f} px; used for "
            f"{np.isfinite(residual).mean():.1%} of body joints; left out, the others miss its keypoints by "
            f"{left_out:.1f} px; sides exchanged in {arms} frames (arms) and {legs} (legs); turned by "
            f"{found.offsets_px[number, 0]:+.1f}, {found.offsets_px[number, 1]:+.1f} px"
        )
    return [*lines, truth_line(found.joints_world_m)]


def truth_line(joints_world_m: FloatArray) -> str:
    """Return how much of the truth is known and how its bones vary."""
    unknown = np.isnan(joints_world_m[:, BODY, 0]).mean()
    variation = float(masked_mean(bone_cv(bone_lengths(joints_world_m, BONES))))
    return f"{unknown:.2%} of body joints have no trusted solution; bone-length CV {variation:.4f}"


def reconstruction_figures(found: Reconstruction) -> dict[str, Any]:
    """Return the same as numbers, for JSON."""
    return {
        "cameras": {
            camera.name: {
                "reprojection_median_px": _percentiles(found.residual_px[number][:, BODY])[0],
                "reprojection_p95_px": _percentiles(found.residual_px[number][:, BODY])[1],
                "left_out_median_px": _percentiles(found.left_out_px[number][:, BODY])[0],
                "used_share": float(np.isfinite(found.residual_px[number][:, BODY]).mean()),
                "frames_with_arms_exchanged": int(found.swapped[number][:, _ARMS].sum()),
                "frames_with_legs_exchanged": int(found.swapped[number][:, _LEGS].sum()),
                "turned_by_px": [round(float(v), 2) for v in found.offsets_px[number]],
            }
            for number, camera in enumerate(found.cameras)
        },
        **truth_figures(found.joints_world_m),
    }


def truth_figures(joints_world_m: FloatArray) -> dict[str, Any]:
    """Return figures of (T, 17, 3) truth, for JSON."""
    lengths = bone_lengths(joints_world_m, BONES)
    return {
        "n_moments": len(joints_world_m),
        "unknown_share": float(np.isnan(joints_world_m[:, BODY, 0]).mean()),
        "bone_cv": float(masked_mean(bone_cv(lengths))),
        "median_bone_m": [round(_percentiles(column)[0], 4) for column in lengths.T],
    }


def _percentiles(values: FloatArray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    middle, worst = np.percentile(known, [50, 95])
    return float(middle), float(worst)
