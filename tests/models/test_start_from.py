"""Training may start from a checkpoint, or from an exported refiner, as the one that comes along."""

from pathlib import Path

import onnx
import pytest
import torch

from core.errors import DataError
from core.refinement.refiner import DepthRefiner
from core.settings import DEFAULT_REFINER
from models.network.flip_ensemble import Averaged, FlipEnsemble
from models.network.refiner_network import NetworkConfig, PoseAwareDepthRefiner
from models.training.checkpoint import start_from
from models.training.dataset import PairDataset

pytestmark = pytest.mark.train

SMALL = NetworkConfig(width=16, n_layers=1, n_view_hidden=16, n_view_embedding=4)


def test_the_refiner_that_comes_along_gives_back_its_network(pair_folder):
    network = PoseAwareDepthRefiner().eval()
    start_from(network, DEFAULT_REFINER)
    batch = PairDataset.load([pair_folder], "val")[range(20)]
    with torch.inference_mode():
        found = FlipEnsemble(network)(batch.pose, batch.visibility, batch.pose_2d)
    expected = DepthRefiner(DEFAULT_REFINER).refine_batch(*(part.numpy() for part in batch[:3]))
    torch.testing.assert_close(found.refined, torch.from_numpy(expected.joints_m), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.sigma, torch.from_numpy(expected.uncertainty_m), atol=1e-5, rtol=0)


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
