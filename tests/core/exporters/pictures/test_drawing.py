from dataclasses import replace

import numpy as np
import pytest

from core.exporters.pictures.drawing import annotate, draw_landmarks, draw_side_view
from core.pose.palette import LEFT, RIGHT, edge_colour
from core.pose.skeleton import LANDMARK_TO_COCO


def near(image, colour):
    return np.abs(image.astype(int) - colour).max(axis=2) < 30


def test_left_and_right_bones_have_their_colours_where_they_are(standing_ray):
    image = np.zeros((400, 400, 3), np.uint8)
    points = np.full((33, 2), np.nan)
    points[LANDMARK_TO_COCO] = standing_ray[:, :2] * 180 + 200
    draw_landmarks(image, points, np.ones(33, bool))
    # the subject faces the camera: its left is at the image's right
    assert near(image, LEFT)[150:350, 205:].sum() > 50
    assert near(image, LEFT)[:, :180].sum() == 0
    assert near(image, RIGHT)[150:350, :195].sum() > 50


def test_edges_between_sides_are_neutral():
    assert edge_colour(5, 7) == LEFT
    assert edge_colour(0, 2) == RIGHT
    assert edge_colour(11, 12) not in (LEFT, RIGHT)


def test_the_side_view_shows_depth_to_the_right(standing_ray):
    def centre(depth):
        image = np.zeros((300, 300, 3), np.uint8)
        leaning = standing_ray + [0, 0, depth]
        draw_side_view(image, leaning, leaning, np.ones(17, bool))
        return np.nonzero(near(image, RIGHT))[1].mean()

    assert centre(0.3) - centre(0.0) == pytest.approx(0.3 * 102 / 2.3, abs=2)


def test_the_frame_itself_is_not_touched_and_odd_packets_do_not_crash(packets):
    for packet in packets:
        before = packet.detection.frame.image.copy()
        drawn = annotate(packet)
        assert drawn.shape == before.shape
        assert (drawn != before).any()
        np.testing.assert_array_equal(packet.detection.frame.image, before)
    far = replace(packets[0].detection, landmarks_px=np.full((33, 2), 1e9))
    annotate(replace(packets[0], detection=far, viewpoint=None, bone_cv=float("nan")))
