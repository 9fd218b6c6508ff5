import numpy as np
import pytest

from app.export.axes_picture import AxesPicture, axes_in_scene
from core.sequence.coordinates import COORDINATES, UP_AXES

UP, TO_CAMERA = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("up", UP_AXES)
def test_axes_are_right_handed_and_point_where_the_exports_do(coordinates, up):
    x, y, z = axes = axes_in_scene(coordinates, up)
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert np.isclose(np.linalg.det(axes), 1.0)
    assert x[0] > 0.9  # to the right of the picture
    if coordinates == "upright":
        assert np.allclose({"y": y, "z": z}[up], UP)
        assert np.allclose({"y": z, "z": -y}[up], TO_CAMERA)
    else:
        assert y @ UP < -0.9
        assert z @ TO_CAMERA < -0.9


def test_only_the_view_ray_runs_through_the_hips():
    from app.export.axes_picture import _CAMERA, _HIPS

    ray = (_HIPS - _CAMERA) / np.linalg.norm(_HIPS - _CAMERA)
    assert np.allclose(axes_in_scene("view-ray", "y")[2], ray)
    assert axes_in_scene("camera", "y")[2] @ ray < 0.99


def test_another_choice_is_another_picture(qtbot):
    picture = AxesPicture()
    qtbot.addWidget(picture)
    picture.resize(300, 220)
    images = []
    for coordinates, up in (("upright", "y"), ("upright", "z"), ("camera", "y"), ("view-ray", "y")):
        picture.show_axes(coordinates, up)
        images.append(bytes(picture.grab().toImage().constBits()))
    assert len(set(images)) == 4
