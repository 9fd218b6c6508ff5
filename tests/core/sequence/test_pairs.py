import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.sequence.pairs import Pairs, load_pairs, pair_files, save_pairs, write_index


@pytest.fixture
def pairs() -> Pairs:
    rng = np.random.default_rng(1)
    n = 4
    return Pairs(
        corrupted=rng.normal(size=(n, 17, 3)),
        ground_truth=rng.normal(size=(n, 17, 3)),
        visibility=rng.uniform(size=(n, 17)),
        pose_2d=rng.uniform(0, 640, size=(n, 17, 2)),
        azimuth=rng.uniform(0, 360, size=n),
        elevation=rng.uniform(-90, 90, size=n),
        camera_relative=rng.normal(size=(n, 3)),
        landmarks_world=rng.normal(size=(n, 33, 3)),
        landmarks_px=rng.uniform(0, 640, size=(n, 33, 2)),
        frame_index=np.array([0, 1, 2, 9]),
        timestamp_s=np.array([0, 1, 2, 9]) / 30,
        K=np.eye(3),
        image_size=np.array([640, 480]),
        meta={"dataset": "test", "fps": 30},
    )


def test_round_trip(tmp_path, pairs):
    save_pairs(tmp_path / "a.npz", pairs)
    back = load_pairs(tmp_path / "a.npz")
    for name in ("corrupted", "ground_truth", "pose_2d", "timestamp_s", "K", "landmarks_world"):
        np.testing.assert_allclose(getattr(back, name), getattr(pairs, name), rtol=1e-6)
    np.testing.assert_array_equal(back.frame_index, pairs.frame_index)
    assert back.meta == {"dataset": "test", "fps": 30, "schema_version": 1}


def test_a_minimal_file_from_elsewhere_is_enough(tmp_path, pairs):
    keys = ("corrupted", "ground_truth", "visibility", "pose_2d")
    np.savez(tmp_path / "a.npz", **{key: getattr(pairs, key) for key in keys})
    back = load_pairs(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.frame_index, [0, 1, 2, 3])
    assert np.isnan(back.azimuth).all()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda d: d.pop("ground_truth"), "lacks ground_truth"),
        (lambda d: d.update(visibility=d["visibility"][:2]), "'visibility' has shape"),
        (lambda d: d.update(pose_2d=np.array(["x"])), "does not hold numbers"),
        (lambda d: d.update(meta=np.array("{")), "is not JSON"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, pairs, spoil, sentence):
    data = {k: getattr(pairs, k) for k in ("corrupted", "ground_truth", "visibility", "pose_2d")}
    spoil(data)
    np.savez(tmp_path / "a.npz", **data)
    with pytest.raises(DataError, match=sentence):
        load_pairs(tmp_path / "a.npz")


def test_pickles_and_junk_are_refused(tmp_path):
    np.savez(tmp_path / "object.npz", corrupted=np.array([{}], dtype=object))
    (tmp_path / "junk.npz").write_bytes(b"not a zip")
    (tmp_path / "empty.npz").write_bytes(b"")
    for name in ("object.npz", "junk.npz", "empty.npz", "missing.npz"):
        with pytest.raises(DataError, match=name):
            load_pairs(tmp_path / name)


def test_a_cut_file_is_refused(tmp_path, pairs):
    save_pairs(tmp_path / "a.npz", pairs)
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="cut.npz"):
        load_pairs(tmp_path / "cut.npz")


def test_a_damaged_member_is_refused(tmp_path, pairs):
    save_pairs(tmp_path / "a.npz", pairs)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[200:260] = bytes(60)
    (tmp_path / "bent.npz").write_bytes(bytes(content))
    with pytest.raises(DataError, match="bent.npz"):
        load_pairs(tmp_path / "bent.npz")


def test_splits_come_from_the_index(tmp_path, pairs):
    for name in ("a.npz", "b.npz"):
        save_pairs(tmp_path / name, replace(pairs))
    assert [p.name for p in pair_files(tmp_path)] == ["a.npz", "b.npz"]
    with pytest.raises(DataError, match="no index"):
        pair_files(tmp_path, "test")
    write_index(tmp_path, {"a.npz": "train", "b.npz": "test"}, {"seed": 1})
    assert [p.name for p in pair_files(tmp_path, "test")] == ["b.npz"]
    with pytest.raises(DataError, match="split val"):
        pair_files(tmp_path, "val")
    (tmp_path / "index.json").write_text(json.dumps([1]))
    with pytest.raises(DataError, match="damaged"):
        pair_files(tmp_path)
