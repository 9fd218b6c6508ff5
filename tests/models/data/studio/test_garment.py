"""Skirts and dresses: round the legs, outside them, and moving with them."""

from unittest import mock

import numpy as np
import pytest

from models.data.studio.appearance import dress, vertex_normals
from models.data.studio.body import load_template, shape_body, skin
from models.data.studio.garment import hang

BODIES = [{}, {"weight": 0.95, "gender": 0.1}, {"weight": 0.1, "height": 0.55, "gender": 0.9}]


@pytest.fixture(scope="module")
def template():
    return load_template()


def worn_by(body, hem=1.2, flare_m=0.05):
    return hang(body, float(body.head("root")[1]) + 0.05, hem, flare_m)


@pytest.mark.parametrize("phenotype", BODIES)
def test_a_skirt_is_round_both_legs_and_outside_them(template, phenotype):
    body = shape_body(template, phenotype)
    vertices, weights, faces = worn_by(body)
    knee, ankle = (float(body.head(f"{bone}.L")[1]) for bone in ("lowerleg01", "foot"))
    assert vertices[:, 1].min() == pytest.approx(knee + 0.2 * (ankle - knee), abs=1e-3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)

    rings = vertices.reshape(14, 32, 3)
    legs = [label.startswith(("upperleg", "lowerleg")) for label in template.bone_labels]
    skin_of_legs = body.vertices[np.array(legs)[template.weights.argmax(axis=1)]]
    for ring in rings[4:]:
        near = skin_of_legs[np.abs(skin_of_legs[:, 1] - ring[0, 1]) < 0.01]
        centre = ring.mean(axis=0)
        angle = np.arctan2(near[:, 2] - centre[2], near[:, 0] - centre[0])
        of_ring = np.arctan2(ring[:, 2] - centre[2], ring[:, 0] - centre[0])
        reach = np.linalg.norm((ring - centre)[:, [0, 2]], axis=1)
        order = np.argsort(of_ring)
        cloth = np.interp(angle, of_ring[order], reach[order], period=2 * np.pi)
        assert len(near)
        assert (cloth > np.linalg.norm((near - centre)[:, [0, 2]], axis=1)).all()

    outward = vertices - rings.mean(axis=1, keepdims=True).repeat(32, axis=1).reshape(-1, 3)
    assert (np.sum(vertex_normals(vertices, faces) * outward, axis=1) > 0).mean() > 0.95, "seen from outside"


def test_flare_and_length_are_what_was_asked(template):
    body = shape_body(template, {})
    narrow, wide = (worn_by(body, flare_m=flare)[0].reshape(14, 32, 3) for flare in (0.0, 0.1))
    width = [np.ptp(rings[..., 0], axis=1) for rings in (narrow, wide)]
    assert width[1][-1] - width[0][-1] == pytest.approx(0.2, abs=0.02)
    assert width[1][0] == pytest.approx(width[0][0], abs=1e-6)
    short, long = (worn_by(body, hem=hem)[0][:, 1].min() for hem in (0.5, 1.7))
    assert short > body.head("lowerleg01.L")[1] > long


def test_each_side_follows_its_leg(template):
    body = shape_body(template, {})
    vertices, weights, _ = worn_by(body)
    still = np.tile(np.eye(4, dtype=np.float32)[:3], (1, len(template.bone_labels), 1, 1))
    moved = still.copy()
    for bone in ("upperleg01.L", "lowerleg01.L"):
        moved[0, template.bone_labels.index(bone), 2, 3] = 0.3  # forward
    shift = (skin(weights, moved, vertices, 0 * vertices) - skin(weights, still, vertices, 0 * vertices))[0, :, 2]
    hem = vertices.reshape(14, 32, 3)[-1]
    at_hem = shift.reshape(14, 32)[-1]
    assert at_hem[hem[:, 0].argmax()] == pytest.approx(0.3, abs=0.01)
    assert at_hem[hem[:, 0].argmin()] == pytest.approx(0.0, abs=0.01)
    assert np.abs(shift.reshape(14, 32)[0]).max() < 0.03, "the waistband stays"


@pytest.mark.parametrize(("skirts", "dresses"), [(1.0, 0.0), (0.0, 1.0)])
def test_a_skirt_has_its_own_colour_and_a_dress_that_of_the_top(template, skirts, dresses):
    body = shape_body(template, {})
    n = len(body.vertices)
    share = "models.data.studio.appearance._{}_SHARE"
    for seed in range(5):
        with mock.patch(share.format("SKIRT"), 0.0), mock.patch(share.format("DRESS"), 0.0):
            plain = dress(body, np.random.default_rng(seed))
        with mock.patch(share.format("SKIRT"), skirts), mock.patch(share.format("DRESS"), dresses):
            worn = dress(body, np.random.default_rng(seed))
        assert len(plain.vertices) == n
        assert len(worn.vertices) == len(worn.weights) == len(worn.cloth) == n + 14 * 32
        assert worn.faces.max() == len(worn.vertices) - 1
        chest = (template.weights.argmax(axis=1) == template.bone_labels.index("spine02")) & (plain.cloth == 1)
        top, garment = plain.colours[chest][0], worn.colours[n:]
        assert (garment == garment[0]).all()
        assert np.array_equal(garment[0], top) == bool(dresses)
        assert (worn.cloth[n:] == dresses).all()
        above = body.vertices[:, 1] > body.head("spine02")[1]
        np.testing.assert_array_equal(worn.vertices[:n][above], plain.vertices[above])
