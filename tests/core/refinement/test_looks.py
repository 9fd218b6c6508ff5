"""Several looks refined one by one and fused, live and afterwards, and kept in recordings."""

import dataclasses
import shutil

import numpy as np
import pytest

from core.detection.looks import parse_looks
from core.detection.looks_detector import mean_detection
from core.errors import DataError
from core.exporters import EXPORTERS, npz
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Frame, LookLandmarks
from core.process.export_sequence import export_sequence
from core.refinement.card import ModelCard
from core.refinement.fusion import fuse
from core.refinement.offline_refinement import refine_offline
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner, Refinement
from core.refinement.refiners import Refiners
from core.refinement.stream_refiner import StreamRefiner
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import SequenceBuilder
from tests.conftest import write_tiny_refiner

NAMES = ("full", "heavy-mirrored")


@pytest.fixture
def seen(standing_ray):
    """Return what two looks see in frame i: the same person, whose depth they see differently."""

    def make(index, *, lost=()):
        rng = np.random.default_rng(index)
        world = np.zeros((2, 33, 3))
        world[:, LANDMARK_TO_COCO] = standing_ray
        world[0, :, 2] *= 1.1
        world[1, :, 2] *= 0.9
        world += rng.normal(0, 0.002, world.shape)
        pixels, visibility = world[..., :2] * 300 + 500, np.full((2, 33), 0.9)
        for look in lost:
            pixels[look], world[look], visibility[look] = np.nan, np.nan, 0.0
        return LookLandmarks(NAMES, pixels, world, visibility)

    return make


class TwoLooks:
    """A detector that sees by both, and loses the second in some frames."""

    def __init__(self, seen, lost=frozenset()):
        self._seen, self._lost = seen, lost

    def detect(self, frame):
        return mean_detection(frame, self._seen(frame.index, lost=[1] if frame.index in self._lost else []))

    def close(self):
        pass


def frames(n):
    return [Frame(np.zeros((48, 64, 3), np.uint8), index, index / 30) for index in range(n)]


def test_the_mean_leaves_out_what_is_unknown():
    joints = np.zeros((3, 2, 17, 3))
    joints[1] = 0.1
    joints[2] = np.nan
    joints[:, 1] = np.nan
    direction = np.zeros((3, 2, 3))
    direction[0, 0], direction[1, 0], direction[2] = [0, 0, 1], [1, 0, 0], np.nan
    fused = fuse(Refinement(joints, direction, np.full((3, 2, 17), 0.05)))
    np.testing.assert_allclose(fused.joints_m[0], 0.05)
    np.testing.assert_allclose(fused.direction[0], [np.sqrt(0.5), 0, np.sqrt(0.5)])
    assert np.isnan(fused.joints_m[1]).all()
    assert np.isnan(fused.uncertainty_m[1]).all()


def test_one_look_is_what_it_is_and_looks_that_disagree_are_unsure():
    rng = np.random.default_rng(0)
    one = Refinement(rng.normal(size=(1, 17, 3)), np.array([[0.0, 0, 1]]), rng.uniform(0.02, 0.1, (1, 17)))
    fused = fuse(one)
    np.testing.assert_allclose(fused.joints_m, one.joints_m[0])
    np.testing.assert_allclose(fused.uncertainty_m, one.uncertainty_m[0])

    def sigma(apart_m):
        joints = np.zeros((2, 17, 3))
        joints[0, 3, 2] = apart_m
        return fuse(Refinement(joints, np.tile([0.0, 0, 1], (2, 1)), np.full((2, 17), 0.05))).uncertainty_m

    assert sigma(0.0)[3] < 0.05
    assert 0.05 < sigma(0.2)[3] < sigma(0.3)[3]
    np.testing.assert_allclose(sigma(0.3)[:3], sigma(0.0)[:3])


def test_a_frame_of_looks_is_the_mean_of_what_each_becomes_alone(seen, tiny_refiner_path):
    refiner = DepthRefiner(tiny_refiner_path)
    together = StreamRefiner(refiner)
    together.lock_bones = False
    alone = [StreamRefiner(refiner) for _ in NAMES]
    for stream in alone:
        stream.lock_bones = False
    for index in range(10):
        looks = seen(index)
        fused = together.refine_looks(looks, time_s=index / 30)
        single = [
            stream.refine(looks.landmarks_m[k], looks.visibility[k], looks.landmarks_px[k], time_s=index / 30).joints_m
            for k, stream in enumerate(alone)
        ]
        np.testing.assert_allclose(fused.joints_m, np.mean(single, axis=0), atol=1e-6)
    gone = together.refine_looks(seen(11, lost=[0, 1]), time_s=11 / 30)
    assert np.isnan(gone.joints_m).all()


def test_every_look_has_the_refiner_of_its_variant(seen, tmp_path):
    path = write_tiny_refiner(tmp_path)  # halves depth
    other = tmp_path / "heavy"
    other.mkdir()
    twice = write_tiny_refiner(other, depth_factor=2.0)
    for suffix in (".onnx", ".toml"):
        shutil.move(twice.with_suffix(suffix), tmp_path / f"tiny-heavy{suffix}")
    refiners = Refiners.load(path, parse_looks("full,heavy-mirrored,lite"))
    used = [refiners.of("full"), refiners.of("heavy-mirrored").refiner, refiners.of("lite"), refiners.of("")]
    assert [refiner.path.name for refiner in used] == [
        "tiny.onnx", "tiny-heavy.onnx", "tiny.onnx", "tiny.onnx",
    ]  # fmt: skip
    assert set(refiners.table) == {"full", "heavy", "lite"}
    assert refiners.of("lite") is refiners.of("full")
    stream = StreamRefiner(refiners)
    stream.lock_bones = False
    looks = seen(0)
    depth = stream.refine_looks(looks, time_s=0.0).joints_m[:, 2]
    raw = looks.landmarks_m[:, LANDMARK_TO_COCO, 2]
    raw = raw - (raw[:, [11]] + raw[:, [12]]) / 2
    np.testing.assert_allclose(depth, (0.5 * raw[0] + 2.0 * raw[1]) / 2, atol=1e-6)


def test_a_strange_variant_alone_is_said_and_beside_a_known_one_it_is_not(tmp_path):
    path = write_tiny_refiner(tmp_path)
    assert Refiners.load(path, parse_looks("full,heavy")).mismatches == ()
    (sentence,) = Refiners.load(path, parse_looks("heavy,heavy-mirrored")).mismatches
    assert "'full', not on 'heavy'" in sentence
    card = path.with_suffix(".toml")
    card.write_text(card.read_text().replace('pose_variant = "full"', 'pose_variant = ["full", "heavy"]'))
    assert ModelCard.load(card).pose_variants == ("full", "heavy")
    assert Refiners.load(path, parse_looks("heavy")).mismatches == ()


def recorded(seen, refiner, n=40, lost=frozenset(range(10, 20))):
    builder = SequenceBuilder()
    with Pipeline(TwoLooks(seen, lost), refiner) as pipeline:
        for packet in pipeline.run(frames(n)):
            builder.append(packet)
    return builder.build({"source": "x"})


def test_a_recording_keeps_every_look_and_is_refined_again_without_the_video(seen, tiny_refiner_path, tmp_path):
    refiner = DepthRefiner(tiny_refiner_path)
    sequence = recorded(seen, refiner)
    assert sequence.looks.landmarks_m.shape == (40, 2, 33, 3)
    assert np.isnan(sequence.looks.landmarks_px[10:20, 1]).all()
    assert sequence.is_found.all()
    EXPORTERS["npz"].save(sequence, tmp_path / "a.npz")
    again = npz.load(tmp_path / "a.npz")
    assert again.equals(sequence)
    assert npz.load(tmp_path / "a.npz", without=frozenset({npz.LOOKS})).looks is None
    np.testing.assert_array_equal(refine_offline(again, refiner).joints_m, refine_offline(sequence, refiner).joints_m)

    def alone(look):
        world = sequence.looks.landmarks_m[:, look, LANDMARK_TO_COCO]
        return dataclasses.replace(
            sequence, looks=None, landmarks_px=sequence.looks.landmarks_px[:, look], raw_m=world,
            visibility=sequence.looks.visibility[:, look, LANDMARK_TO_COCO],
        )  # fmt: skip

    one_by_one = [refine_offline(alone(look), refiner, hold_bones=False).joints_m for look in (0, 1)]
    fused = refine_offline(sequence, refiner, hold_bones=False).joints_m
    np.testing.assert_allclose(fused[:10], np.mean(one_by_one, axis=0)[:10], atol=1e-6)
    np.testing.assert_allclose(fused[10:20], one_by_one[0][10:20], atol=1e-6)


def test_looks_that_change_while_recording_are_not_mixed(seen, standing_ray, tiny_refiner_path):
    builder = SequenceBuilder()
    with Pipeline(TwoLooks(seen), DepthRefiner(tiny_refiner_path)) as pipeline:
        packets = [pipeline.process(frame) for frame in frames(3)]
    bare = dataclasses.replace(packets[2], detection=dataclasses.replace(packets[2].detection, looks=None))
    for packet in (*packets[:2], bare):
        builder.append(packet)
    assert builder.build({}).looks is None
    assert len(builder.build({})) == 3


def test_a_range_of_a_recording_keeps_its_looks(seen, tiny_refiner_path, tmp_path):
    sequence = recorded(seen, DepthRefiner(tiny_refiner_path))
    EXPORTERS["npz"].save(sequence, tmp_path / "a.npz")
    export_sequence(tmp_path / "a.npz", tmp_path / "out", ("npz", "csv"), ExportChoices(), start_s=0.5, end_s=1.0)
    part = npz.load(tmp_path / "out" / "a.npz")
    np.testing.assert_array_equal(part.looks.landmarks_m, sequence.looks.landmarks_m[15:30])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("looks_px", None),
        ("looks_m", np.zeros((40, 3, 33, 3), np.float32)),
        ("looks_visibility", np.zeros((39, 2, 33), np.float32)),
        ("look_names", np.array([1, 2])),
        ("looks_px", np.zeros(3, np.float32)),
    ],
)
def test_damaged_looks_are_one_sentence(seen, tiny_refiner_path, tmp_path, key, value):
    EXPORTERS["npz"].save(recorded(seen, DepthRefiner(tiny_refiner_path)), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        arrays = dict(archive)
    arrays.pop(key)
    if value is not None:
        arrays[key] = value
    np.savez(tmp_path / "b.npz", **arrays)
    with pytest.raises(DataError, match="b.npz"):
        npz.load(tmp_path / "b.npz")


def test_a_recording_of_before_looks_is_read(seen, tiny_refiner_path, tmp_path):
    EXPORTERS["npz"].save(recorded(seen, DepthRefiner(tiny_refiner_path)), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        arrays = {name: array for name, array in archive.items() if not name.startswith("look")}
    np.savez(tmp_path / "old.npz", **arrays)
    old = npz.load(tmp_path / "old.npz")
    assert old.looks is None
    refined = refine_offline(old, DepthRefiner(tiny_refiner_path))
    assert np.isfinite(refined.joints_m).all()
    np.testing.assert_array_equal(old.landmarks_m, arrays["landmarks_m"])
