import numpy as np
import onnxruntime
import pytest

from core.errors import DataError, ModelError
from core.pose.skeleton import LANDMARK_TO_COCO
from core.refinement.card import ModelCard
from core.refinement.onnx_session import CPU, usable_providers
from core.refinement.refiner import DepthRefiner


@pytest.fixture
def refiner(tiny_refiner_path):
    return DepthRefiner(tiny_refiner_path)


def test_refine_follows_the_network_and_centres_on_the_hips(refiner, standing_ray):
    result = refiner.refine(standing_ray + [1, 2, 3], np.ones(17), standing_ray[:, :2] * 400)
    np.testing.assert_allclose(result.joints_m, standing_ray * [1, 1, 0.5], atol=1e-6)
    np.testing.assert_allclose(result.direction, [0, 0, 1])
    np.testing.assert_allclose(result.uncertainty_m, 0.05)


def test_33_landmarks_are_17_joints(refiner, standing_ray):
    landmarks = np.zeros((33, 3))
    landmarks[LANDMARK_TO_COCO] = standing_ray
    seventeen = refiner.refine(standing_ray, np.ones(17))
    np.testing.assert_array_equal(refiner.refine(landmarks, np.ones(33)).joints_m, seventeen.joints_m)


def test_a_batch_equals_its_rows_and_nobody_stays_nobody(refiner, standing_ray):
    poses = np.stack([standing_ray, np.full((17, 3), np.nan), standing_ray * 1.1])
    batch = refiner.refine_batch(poses, np.ones((3, 17)))
    assert np.isnan(batch.joints_m[1]).all()
    assert np.isnan(batch.direction[1]).all()
    np.testing.assert_allclose(batch.joints_m[2], refiner.refine(poses[2], np.ones(17)).joints_m, atol=1e-6)
    assert refiner.refine_batch(poses[:0], np.ones((0, 17))).joints_m.shape == (0, 17, 3)


def test_nan_in_2d_or_visibility_never_reaches_the_network(refiner, standing_ray):
    result = refiner.refine(standing_ray, np.full(17, np.nan), np.full((17, 2), np.nan))
    assert np.isfinite(result.joints_m).all()
    assert np.isfinite(result.uncertainty_m).all()


def test_wrong_shapes_are_named(refiner):
    with pytest.raises(DataError, match=r"pose has shape \(1, 16, 3\)"):
        refiner.refine(np.zeros((16, 3)), np.ones(17))
    with pytest.raises(DataError, match=r"visibility has shape \(1, 5\)"):
        refiner.refine(np.zeros((17, 3)), np.ones(5))
    with pytest.raises(DataError, match="differ in length"):
        refiner.refine_batch(np.zeros((2, 17, 3)), np.ones((3, 17)))


def test_a_damaged_network_is_told_from_a_missing_one(tiny_refiner_path, tmp_path):
    content = bytearray(tiny_refiner_path.read_bytes())
    content[-1] ^= 1
    tiny_refiner_path.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        DepthRefiner(tiny_refiner_path)
    tiny_refiner_path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        DepthRefiner(tiny_refiner_path)
    with pytest.raises(ModelError, match=r"none\.toml is missing"):
        DepthRefiner(tmp_path / "none.onnx")


def test_cards_are_checked(tiny_refiner_path):
    card = tiny_refiner_path.with_suffix(".toml")
    text = card.read_text()
    for spoiled, sentence in [
        (text.replace("contract = 1", "contract = 3"), "contract 3"),
        (text.replace('pose_variant = "full"', ""), "lacks 'pose_variant'"),
        ("[model", "cannot be read"),
    ]:
        card.write_text(spoiled)
        with pytest.raises(ModelError, match=sentence):
            ModelCard.load(card)


def test_the_provider_is_what_the_session_says(refiner):
    assert refiner.provider in usable_providers()
    assert refiner.provider in onnxruntime.get_available_providers()


def test_without_a_driver_cuda_is_not_even_asked_for(monkeypatch):
    monkeypatch.setattr("core.refinement.onnx_session._has_cuda_driver", lambda: False)
    assert usable_providers() == [CPU]
