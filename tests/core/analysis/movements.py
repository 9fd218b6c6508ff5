"""Measures of made-up people whose repetitions are known."""

import numpy as np

from core.analysis.measures import MEASURES, Series


def standing(duration_s, hz):
    time_s = np.arange(0.0, duration_s, 1.0 / hz)
    return Series(time_s, {name: np.zeros(len(time_s)) for name in MEASURES})


def bumps(time_s, tops_s, width_s=2.0):
    """1 at each top, 0 half a width away: a raised cosine."""
    away = np.min([np.abs(time_s - top) for top in tops_s], axis=0)
    return np.where(away < width_s / 2, 0.5 + 0.5 * np.cos(2 * np.pi * away / width_s), 0.0)


def squats(tops_s=(2.0, 5.0, 8.0, 11.0), duration_s=13.0, hz=30.0, noise_deg=1.0):
    series = standing(duration_s, hz)
    deep = bumps(series.time_s, tops_s)
    random = np.random.default_rng(4)
    for name, height in (("knee_flexion", 95.0), ("hip_flexion", 105.0)):
        for side in ("left", "right"):
            series.values[f"{side}_{name}"] += height * deep + random.normal(0, noise_deg, len(deep))
    series.values["trunk_flexion"] += 35.0 * deep
    series.values["hip_height"] += 0.8 - 0.35 * deep
    return series


def walking(duration_s=6.0, hz=30.0, stride_s=1.1):
    series = standing(duration_s, hz)
    for side, shift in (("left", 0.0), ("right", 0.5)):
        turn = 2 * np.pi * (series.time_s / stride_s + shift)
        series.values[f"{side}_hip_flexion"] += 20 * np.sin(turn)
        series.values[f"{side}_knee_flexion"] += 30 - 25 * np.cos(turn - 0.6) + 8 * np.cos(2 * turn)
        series.values[f"{side}_elbow_flexion"] += 20 - 15 * np.sin(turn)
    series.values["step_length"] += 0.3 * np.sin(2 * np.pi * (series.time_s / stride_s + 0.5))
    return series


def aimless(seed, duration_s=20.0, hz=30.0):
    """Every measure wanders by itself: smooth noise, nothing comes again."""
    random, series = np.random.default_rng(seed), standing(duration_s, hz)
    coarse = np.arange(0.0, duration_s + 1.0, 0.6)
    for name in MEASURES:
        size = 0.2 if name.endswith(("height", "length")) else 40.0
        series.values[name] += size * np.interp(series.time_s, coarse, random.normal(0, 1, len(coarse)))
    return series
