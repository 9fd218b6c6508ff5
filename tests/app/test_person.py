import numpy as np
import pytest

from app.person import assumed_fov_deg
from core.geometry import intrinsics_from_fov


def test_a_phone_has_the_same_lens_upright_and_lying():
    upright, lying = ((1080, 1920), (1920, 1080))
    focal = [intrinsics_from_fov(size, assumed_fov_deg(size))[0, 0] for size in (upright, lying)]
    assert focal[0] == pytest.approx(focal[1])
    assert focal[1] == pytest.approx(960 / np.tan(np.deg2rad(30)))
