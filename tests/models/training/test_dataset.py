import dataclasses

import numpy as np
import pytest
import torch

from core.errors import DataError
from core.sequence.pairs import save_pairs
from models.training.augmentation import mirror
from models.training.dataset import OrderedBatches, PairDataset, ShuffledBatches


def test_loads_a_split(pair_folder, pairs_of):
    data = PairDataset.load([pair_folder], "train")
    assert len(data) == 192
    assert len(PairDataset.load([pair_folder], "val")) == 64
    assert data.provenance.n_files == 2
    assert (data.provenance.pose_variant, data.provenance.running_mode) == ("full", "video")
    assert data.provenance.sources == (
        {"name": "synthetic", "licence": "CC0", "source": "not stated", "n_frames": 192},
    )
    expected = pairs_of(128, 1)
    batch = data[[5, 130, 0]]
    assert np.allclose(batch.truth[0], expected.ground_truth[5], atol=1e-6)
    assert np.allclose(batch.pose[2], expected.corrupted[0], atol=1e-6)
    assert np.allclose(batch.pose[1], pairs_of(64, 2).corrupted[2], atol=1e-6)
    assert all(column.dtype == torch.float32 for column in batch)


def test_direction_from_position_or_angles(tmp_path, pairs_of):
    pairs = pairs_of(20)
    save_pairs(tmp_path / "a.npz", pairs)
    save_pairs(tmp_path / "b.npz", dataclasses.replace(pairs, camera_relative=np.full((20, 3), np.nan)))
    a, b = (PairDataset.load([tmp_path / name], None)[range(20)].direction for name in ("a.npz", "b.npz"))
    assert torch.allclose(a, b, atol=1e-5)
    assert torch.allclose(a.norm(dim=-1), torch.ones(20), atol=1e-5)


def test_a_mirrored_look_is_put_back_before_the_mirror(tmp_path, pairs_of):
    pairs = pairs_of(20)
    save_pairs(tmp_path / "a.npz", pairs)
    save_pairs(tmp_path / "b.npz", dataclasses.replace(pairs, meta={**pairs.meta, "mirrored": True}))
    plain, seen = (PairDataset.load([tmp_path / name], None)[range(20)] for name in ("a.npz", "b.npz"))
    for found, expected in zip(seen, mirror(plain), strict=True):
        torch.testing.assert_close(found, expected)
    assert not torch.allclose(seen.pose, plain.pose)


def test_leaves_out_frames_without_detection_or_truth(tmp_path, pairs_of):
    pairs = pairs_of(10)
    corrupted, truth = pairs.corrupted.copy(), pairs.ground_truth.copy()
    corrupted[2] = np.nan
    truth[4] = np.nan
    truth[5, 9] = np.nan
    save_pairs(tmp_path / "a.npz", dataclasses.replace(pairs, corrupted=corrupted, ground_truth=truth))
    data = PairDataset.load([tmp_path / "a.npz"], None)
    assert len(data) == 8
    assert torch.isfinite(data.frames.pose).all()
    assert torch.isnan(data.frames.truth).sum() == 3


def test_refuses_other_units_mixed_variants_and_nothing(tmp_path, pairs_of):
    pairs = pairs_of(4)
    save_pairs(tmp_path / "cm.npz", dataclasses.replace(pairs, ground_truth=100 * pairs.ground_truth))
    with pytest.raises(DataError, match="not metres"):
        PairDataset.load([tmp_path / "cm.npz"], None)
    save_pairs(tmp_path / "full.npz", pairs)
    save_pairs(tmp_path / "lite.npz", pairs_of(4, pose_variant="lite"))
    with pytest.raises(DataError, match="mix MediaPipe variants"):
        PairDataset.load([tmp_path / "full.npz", tmp_path / "lite.npz"], None)
    save_pairs(tmp_path / "nobody.npz", dataclasses.replace(pairs, corrupted=np.full((4, 17, 3), np.nan)))
    with pytest.raises(DataError, match="No frame"):
        PairDataset.load([tmp_path / "nobody.npz"], None)


def test_shuffled_batches_depend_on_seed_and_epoch_only():
    def rows(seed: int, epoch: int) -> list[list[int]]:
        batches = ShuffledBatches(100, 8, seed)
        batches.set_epoch(epoch)
        return [batch.tolist() for batch in batches]

    assert rows(0, 3) == rows(0, 3)
    assert rows(0, 3) != rows(0, 4)
    assert rows(0, 3) != rows(1, 3)
    flat = [row for batch in rows(0, 0) for row in batch]
    assert len(flat) == len(set(flat)) == 96


@pytest.mark.parametrize("kind", ["shuffled", "ordered"])
def test_processes_share_the_rows(kind):
    n = 50
    shards = []
    for rank in range(3):
        batches = ShuffledBatches(n, 4, 0, rank, 3) if kind == "shuffled" else OrderedBatches(n, 4, rank, 3)
        assert len(list(batches)) == len(batches)
        shards.append([row for batch in batches for row in batch.tolist()])
    assert len({len(shard) for shard in shards}) == 1, "gathering needs equal shards"
    seen = [row for shard in shards for row in shard]
    if kind == "ordered":
        assert set(seen) == set(range(n))
    else:
        assert len(seen) == len(set(seen)) == 48


def test_small_sets_make_one_batch():
    assert [len(batch) for batch in ShuffledBatches(5, 64, 0)] == [5]


def test_windows_hold_the_past_of_their_own_file(pair_folder):
    frames = PairDataset.load([pair_folder], "train")
    windows = PairDataset.load([pair_folder], "train", (0.05, 0.1))
    batch = windows[range(len(windows))]
    torch.testing.assert_close(batch.pose[:, 0], frames.frames.pose)
    torch.testing.assert_close(batch.pose[0, 1], frames.frames.pose[0])
    assert torch.equal(batch.pose[9, 2], frames.frames.pose[6]), "0.1 s at 30 fps are three frames"
    assert torch.equal(batch.direction, frames.frames.direction) or torch.isnan(batch.direction).any()
