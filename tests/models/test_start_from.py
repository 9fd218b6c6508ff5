"""Training may start from a checkpoint, or from an exported refiner, as the one that comes along."""

from pathlib import Path

import onnx
import pytest
import torch

from core.errors import DataError
from core.refinement.refiner import DepthRefiner
from core.system.files.program import DEFAULT_REFINER
from models.cli.train import settings_of_run
from models.network.flip_ensemble import Averaged, FlipEnsemble
from models.network.refiner_network import NetworkConfig, PoseAwareDepthRefiner
from models.training.checkpoint import design_of, start_from
from models.training.dataset import PairDataset

pytestmark = pytest.mark.train

SMALL = NetworkConfig(width=16, n_layers=1, n_view_hidden=16, n_view_embedding=4)


@pytest.mark.parametrize("path", sorted(DEFAULT_REFINER.parent.glob("refiner*.onnx")), ids=lambda path: path.stem)
def test_refiners_that_come_along_give_back_their_networks(pair_folder, path):
    design, is_handed = design_of(path)
    network = PoseAwareDepthRefiner(design).eval()
    start_from(network, path)
    batch = PairDataset.load([pair_folder], "val")[range(20)]
    inputs = batch[:3]
    with torch.inference_mode():
        found = (network if is_handed else FlipEnsemble(network))(*inputs)
    expected = DepthRefiner(path).refine_batch(*(part.numpy() for part in batch[:3]))
    torch.testing.assert_close(found.refined, torch.from_numpy(expected.joints_m), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.sigma, torch.from_numpy(expected.uncertainty_m), atol=1e-5, rtol=0)


def test_a_run_goes_on_with_the_design_that_it_starts_from_unless_another_is_named(tmp_path):
    heavy = DEFAULT_REFINER.with_name("refiner-heavy.onnx")
    named = {"pairs": ("pairs",), "start_from": str(heavy)}
    config = settings_of_run(tmp_path, named, None, resume=False)
    assert (config.network.backbone, config.network.ages_s) == ("transformer", ())
    assert config.augment.mirror == 0  # heavy's refiner knows on which side heavy errs
    assert settings_of_run(tmp_path, {**named, "network": SMALL}, None, resume=False).network == SMALL
    # as the window writes what was chosen there
    (tmp_path / "config.toml").write_text(f'pairs = ["pairs"]\nstart_from = "{heavy}"\n', encoding="utf-8")
    assert settings_of_run(tmp_path, {}, tmp_path, resume=False) == config


def test_no_other_file_is_read(tmp_path):
    """A weight may be said to lie in another file, which is none of ours."""
    model = onnx.load(DEFAULT_REFINER)
    weight = next(w for w in model.graph.initializer if w.name.endswith("encoder.embed.0.bias"))
    (tmp_path / "other").write_bytes(weight.raw_data)
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="other")
    path = tmp_path / "pointing.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(DataError, match="of another shape"):
        start_from(PoseAwareDepthRefiner(), path)


def test_what_cannot_be_started_from_is_said(tmp_path):
    averaged = tmp_path / "two.onnx"
    two = FlipEnsemble(Averaged([PoseAwareDepthRefiner(SMALL), PoseAwareDepthRefiner(SMALL)]))
    weights = [onnx.numpy_helper.from_array(value.numpy(), name) for name, value in two.state_dict().items()]
    graph = onnx.helper.make_graph([], "two", [], [], weights)  # as an export names them, which would take ten seconds
    averaged.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(Path(DEFAULT_REFINER).read_bytes()[:1000])
    for path, sentence in (
        (averaged, "name a refiner of one network"),
        (Path(DEFAULT_REFINER), "of another shape"),
        (damaged, "is not an exported refiner"),
        (tmp_path / "absent.onnx", "is not an exported refiner"),
    ):
        network = PoseAwareDepthRefiner(SMALL)
        before = network.backbone.enter.weight.clone()
        with pytest.raises(DataError, match=sentence):
            start_from(network, path)
        assert torch.equal(network.backbone.enter.weight, before)
