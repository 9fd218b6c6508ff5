"""What the window's controls say, and what a take says, in each other's words."""

import math
from dataclasses import replace
from typing import Final

from app.session.choices import Choices
from core.detection.looks import look_names
from core.filters import FilterChoice
from core.settings import Settings
from core.take.take import Processing, Subject, Take, TakeCamera

_USUAL_NOISE_M: Final = 0.03
"""Of the Kalman filter, at strength 0.5."""


def processing_for(settings: Settings, choices: Choices) -> Processing:
    """Return how a new take is processed: as the user likes it."""
    return replace(
        Processing.of(settings), hold_bones=choices.lock_bones, filter=filter_of(choices.smooth, choices.strength)
    )


def settings_of(take: Take) -> Settings:
    """Return the settings by which a command makes the poses that are shown: the looks are named."""
    looks = take.processing.chosen_looks
    settings = take.processing.settings
    return settings if looks is None else replace(settings, looks=look_names(looks), variant="")


def choices_of(take: Take) -> Choices:
    """Return what the controls show of a take."""
    is_smooth, strength = _strength_of(take.processing.filter)
    return Choices(
        lock_bones=take.processing.hold_bones,
        smooth=is_smooth,
        strength=strength,
        height_m=take.subject.height_m or 0.0,
        fov_deg=take.camera.fov_deg or 0.0,
        calibration=take.camera.calibration,
    )


def with_choices(take: Take, choices: Choices) -> tuple[Processing, Subject, TakeCamera]:
    """Return what becomes of a take when the controls say something else; what they do not know stays.

    Raises:
        SettingsError: A value makes no sense.
    """
    before, processing = choices_of(take), replace(take.processing, hold_bones=choices.lock_bones)
    if (before.smooth, before.strength) != (choices.smooth, choices.strength):
        processing = replace(processing, filter=filter_of(choices.smooth, choices.strength))
    return (
        processing,
        replace(take.subject, height_m=choices.height_m or None),
        replace(take.camera, fov_deg=choices.fov_deg or None, calibration=choices.calibration),
    )


def filter_of(is_smooth: bool, strength: float) -> FilterChoice:
    """Return the filter for a position of the slider: four times the noise in either direction at its ends."""
    if not is_smooth:
        return FilterChoice("none")
    noise_m = round(_USUAL_NOISE_M * 4.0 ** (2.0 * strength - 1.0), 4)
    return FilterChoice("kalman", () if noise_m == _USUAL_NOISE_M else (("noise_m", noise_m),))


def _strength_of(choice: FilterChoice | None) -> tuple[bool, float]:
    if choice is None or choice.name == "none":
        return False, 0.5
    noise_m = choice.values.get("noise_m", _USUAL_NOISE_M)
    strength = (math.log(noise_m / _USUAL_NOISE_M, 4.0) + 1.0) / 2.0
    return True, min(max(round(strength, 2), 0.0), 1.0)
