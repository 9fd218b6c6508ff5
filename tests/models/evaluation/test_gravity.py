import numpy as np
import pytest

from core.pose.geometry import (
    azimuth_elevation,
    camera_relative_to_subject,
    camera_to_view_ray,
    rotate,
    view_ray_rotation,
)
from models.evaluation.gravity import up_of_stream


@pytest.mark.parametrize("roll_deg", [0.0, 15.0, -25.0])
@pytest.mark.parametrize("turn_deg", [0, 40, 90, 150, 200, 320])
def test_up_is_found_for_rolled_and_raised_cameras(standing_ray, roll_deg, turn_deg):
    rng = np.random.default_rng(turn_deg)
    n = 40
    pose = np.repeat(standing_ray[None], n, axis=0)
    pose[:, 5:] += rng.normal(0, 0.05, (n, 12, 3))  # so that shoulders and hips are not always level
    turn, tilt, roll = np.deg2rad(turn_deg) + np.linspace(0, 0.5, n), 0.3, np.deg2rad(roll_deg)
    zero, one = 0 * turn, 0 * turn + 1
    about_y = np.stack([np.cos(turn), zero, np.sin(turn), zero, one, zero, -np.sin(turn), zero, np.cos(turn)], 1)
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    rotation = about_z @ about_x @ about_y.reshape(n, 3, 3)
    joints_cam = pose @ rotation.transpose(0, 2, 1) + [0.4, -0.2, 4.0]
    up_cam = -rotation[:, :, 1]
    truth, root = camera_to_view_ray(joints_cam)
    azimuth, elevation = azimuth_elevation(camera_relative_to_subject(joints_cam, up_cam))

    up = up_of_stream(truth, np.rad2deg(azimuth), np.rad2deg(elevation))

    expected = rotate(view_ray_rotation(root), up_cam[:, None])[:, 0]
    error_deg = np.rad2deg(np.arccos(np.clip((up * expected).sum(axis=1), -1, 1)))
    assert np.median(error_deg) < 0.01
    assert np.mean(error_deg > 1) <= 0.1


def test_no_frames_are_no_directions():
    assert up_of_stream(np.zeros((0, 17, 3)), np.zeros(0), np.zeros(0)).shape == (0, 3)
