"""NaN, infinities and absurd magnitudes at every place where numbers come in."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import DataError, NdrError
from core.exporters import EXPORTERS
from core.exporters.pictures.drawing import annotate
from core.pose.bone_lengths import LiveBoneCV
from core.pose.geometry import (
    azimuth_elevation,
    camera_to_view_ray,
    level_viewpoint_direction,
    viewpoint_from_direction,
)
from core.pose.metrics import (
    acceleration_error,
    bone_cv,
    bone_lengths,
    depth_error,
    mpjpe,
    n_mpjpe,
    pa_mpjpe,
    worse_share,
)
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.skeleton import LANDMARK_TO_COCO, N_JOINTS
from core.pose.types import Detection, Frame
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner
from core.sequence.pairs import load_pairs, save_pairs
from core.sequence.pose_sequence import ARRAY_NAMES, SequenceBuilder
from core.sources.clock import Clock
from core.system.files.program import DEFAULT_REFINER
from models.data.calibration.files import read_qca
from models.data.motion.bvh import parse_bvh
from models.data.motion.reduce import reduce_motion
from models.training.dataset import PairDataset

BAD = [np.nan, np.inf, -np.inf, 1e30, -1e30, 1e300]


@pytest.fixture(scope="module")
def refiner():
    return DepthRefiner(DEFAULT_REFINER)


@pytest.mark.parametrize("landmark", [11, 23], ids=["shoulder", "hip"])
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_one_bad_number_from_the_detector_costs_one_frame(refiner, standing_ray, bad, landmark):
    """The frame has finite numbers or NaN, the one after it is as if nothing had been."""

    class Detector:
        def detect(self, frame):
            arrays = [np.zeros((33, 2)), np.zeros((33, 3)), np.ones(33)]
            arrays[1][LANDMARK_TO_COCO] = standing_ray
            arrays[0][:] = arrays[1][:, :2] * 300 + 300
            if 1 <= frame.index <= 3:
                arrays[frame.index - 1][landmark] = bad
            return Detection(frame, *arrays)

        def close(self):
            pass

    with Pipeline(Detector(), refiner) as pipeline:
        packets = [pipeline.process(Frame(np.zeros((48, 64, 3), np.uint8), i, i / 30)) for i in range(6)]
    for packet in packets:
        assert not np.isinf(packet.joints_m).any()
        annotate(packet)
    for packet in [packets[0], *packets[4:]]:
        assert np.isfinite(packet.joints_m).all()
        assert np.abs(packet.joints_m).max() < 3
    if not np.isfinite(bad):  # the image or the visibility alone do not cost the frame
        assert np.isfinite(packets[1].joints_m).all()
        assert np.isfinite(packets[3].joints_m).all()
    assert np.isfinite(packets[-1].bone_cv)
    assert packets[-1].bone_cv < 0.5


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_batch_keeps_a_bad_row_to_itself(refiner, standing_ray, bad):
    poses = np.repeat(standing_ray[None], 4, axis=0)
    seen, flat = np.ones((4, N_JOINTS)), poses[..., :2] * 300
    good = refiner.refine_batch(poses, seen, flat)
    poses, flat, seen = poses.copy(), flat.copy(), seen.copy()
    poses[1, 5, 2], flat[2, 5, 0], seen[3, 5] = bad, bad, bad
    found = refiner.refine_batch(poses, seen, flat)
    np.testing.assert_allclose(found.joints_m[0], good.joints_m[0], atol=1e-5)
    assert not np.isinf(found.joints_m).any()
    assert np.isfinite(found.joints_m[3]).all()
    if not np.isfinite(bad):
        assert np.isnan(found.joints_m[1]).all()
        assert np.isfinite(found.joints_m[2]).all()


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_geometry_and_metrics_answer_nan_not_an_exception(standing_ray, bad):
    poses = np.repeat(standing_ray[None], 3, axis=0)
    poses[1, 11] = bad
    truth = np.repeat(standing_ray[None], 3, axis=0)
    for measure in (mpjpe, depth_error, n_mpjpe, pa_mpjpe):
        assert np.isfinite(measure(poses, truth)[[0, 2]]).all()
        assert np.isfinite(measure(truth, poses)[[0, 2]]).all()
        assert np.isfinite(measure(poses, -poses)[[0, 2]]).all()
    acceleration_error(poses, -poses, np.arange(3))
    worse_share(poses[:, 11, 0], poses[:, 11, 0])
    bone_cv(bone_lengths(poses))
    camera_to_view_ray(poses)
    azimuth_elevation(level_viewpoint_direction(poses))
    viewpoint = viewpoint_from_direction(np.array([bad, 0.0, 1.0]))
    assert viewpoint is None or np.isfinite(viewpoint.azimuth_rad)
    attach_rigid_landmarks(np.full((3, 33, 3), bad), poses)


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_the_live_bone_figure_recovers(standing_ray, bad):
    window = LiveBoneCV()
    for index in range(3):
        window.add(index / 30, standing_ray)
    broken = standing_ray.copy()
    broken[7] = bad
    window.add(0.1, broken)
    values = [window.add(20.0 + index / 30, standing_ray) for index in range(3)]
    assert values[-1] == pytest.approx(0.0, abs=1e-6)


def test_a_body_without_any_length_has_no_bone_figure():
    window = LiveBoneCV()
    assert np.isnan([window.add(index / 30, np.zeros((17, 3))) for index in range(3)]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("name", EXPORTERS)
def test_exports_say_unknown_where_a_number_is_none(packets, tmp_path, name, bad):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    sequence = builder.build({})
    arrays = {key: getattr(sequence, key).copy() for key in ARRAY_NAMES}
    for key in ("joints_m", "raw_m", "landmarks_px", "landmarks_m"):
        arrays[key][1, 0] = bad
    arrays["direction"][1] = bad
    sequence = replace(sequence, **arrays)
    path = tmp_path / f"a.{name}"
    EXPORTERS[name].save(sequence, path)
    if name == "json":
        json.loads(path.read_text(), parse_constant=lambda text: pytest.fail(f"{text} is not JSON"))
    loads = getattr(EXPORTERS[name], "load", None)
    if loads is not None:
        assert len(loads(path)) == len(sequence)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
def test_times_that_are_no_numbers_are_replaced(bad):
    clock = Clock(0.04)
    times = [clock.repair(t) for t in (0.0, bad, 0.08, bad, bad)]
    assert np.isfinite(times).all()
    assert (np.diff(times) > 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
def test_a_sequence_with_times_that_are_no_numbers_is_refused(packets, bad):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    sequence = builder.build({})
    times = sequence.time_s.copy()
    times[-1] = bad
    with pytest.raises(DataError, match="times"):
        replace(sequence, time_s=times)


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_training_never_sees_what_is_no_number(pairs_of, tmp_path, bad):
    pairs = pairs_of(8)
    pairs.corrupted[0, 5], pairs.ground_truth[1, 5] = bad, bad
    pairs.pose_2d[2, 5], pairs.visibility[3, 5], pairs.camera_relative[4] = bad, bad, bad
    pairs.azimuth[4] = bad
    path = tmp_path / "a.npz"
    save_pairs(path, pairs)
    load_pairs(path)
    frames = PairDataset.load([path], None).frames
    for column in (frames.pose, frames.visibility, frames.pose_2d):
        assert torch.isfinite(column).all()
        assert column.abs().max() < 1e6
    assert not (frames.truth.abs() > 10).any()
    assert not torch.isinf(frames.direction).any()


BVH = """HIERARCHY
ROOT hip
{{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  End Site
  {{
    OFFSET 0 {value} 0
  }}
}}
MOTION
Frames: 2
Frame Time: {time}
0 0 {value} 0 0 0
0 0 0 {value} 0 0
"""


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400"])
def test_motion_files_with_such_numbers_are_refused(value):
    with pytest.raises(DataError):
        parse_bvh(BVH.format(value="1", time=value), "a.bvh")
    with pytest.raises(DataError):
        reduce_motion(parse_bvh(BVH.format(value=value, time="0.1"), "a.bvh"), name="a", subject="a", licence="")


@pytest.mark.parametrize("value", ["nan", "inf", "1e400"])
def test_a_calibration_with_such_numbers_is_refused(tmp_path, value):
    path = tmp_path / "a.qca.txt"
    path.write_text(f'<calibration><camera serial="1"><fov_video left="{value}" top="0"/></camera></calibration>')
    with pytest.raises(NdrError):
        read_qca(path)
