"""A track that is filled at once says what one says that was shown every packet."""

import numpy as np

from app.session.track import COLUMNS, Track
from core.pose.types import Frame
from core.take.detections import Detections
from core.take.poses import How, finished
from tests.core.conftest import KnownDetector

N = 60


def poses(standing_ray):
    detector = KnownDetector(standing_ray)
    detector.empty = {10, 11}
    image = np.zeros((48, 64, 3), np.uint8)
    found = [detector.detect(Frame(image, i, i / 30)) for i in range(N)]
    names = ("landmarks_px", "landmarks_m", "visibility")
    arrays = {name: np.array([getattr(d, name) for d in found], np.float32) for name in names}
    return finished(Detections.of_one(np.arange(N) / 30, np.arange(N), **arrays, image_size=(64, 48)), How())


def test_filled_at_once_or_packet_by_packet(standing_ray):
    known = poses(standing_ray)
    one, other = Track(is_live=False), Track(is_live=False)
    one.fill(known, slice(0, 20))
    one.fill(known, slice(20, N))
    image = np.zeros((48, 64, 3), np.uint8)
    for row in range(N):
        other.add(known.packet(row, Frame(image, row, row / 30)))
    filled, added = one.between(0, 9, COLUMNS[1:]), other.between(0, 9, COLUMNS[1:])
    for name in COLUMNS:
        np.testing.assert_allclose(filled[name], added[name], rtol=1e-4, atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(one.seen()[1], other.seen()[1])
    for a, b in zip(one.points_between(0, 9), other.points_between(0, 9), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    one.clear()
    assert len(one.seen()[0]) == 0
