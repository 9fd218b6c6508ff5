import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from core.errors import DataError, ModelError, NdrError, SettingsError
from core.pose.geometry import direction_from_angles
from core.pose.skeleton import COCO_NAMES, SWAP_SIDES
from core.refinement.refiner import DepthRefiner, Refinement
from core.sequence.pairs import save_pairs, write_index
from models.baselines import BASELINES
from models.cli import evaluate
from models.evaluation.measure import JOINT_METRICS, VIEWPOINT_METRICS, evaluate_pairs, write_result
from tests.conftest import write_tiny_refiner


class Answer:
    """A refiner that returns what the test tells it to."""

    def __init__(self, change, direction=(0.0, 0.0, 1.0)):
        self.change, self.direction = change, direction
        self.seen = []

    def refine_batch(self, poses, visibility, poses_2d=None):
        self.seen.append(len(poses))
        direction = np.broadcast_to(self.direction, (len(poses), 3))
        return Refinement(self.change(poses), direction, np.full(poses.shape[:2], 0.05))


class Memory:
    """A causal refiner that returns the mean of what it has seen since the last reset."""

    def __init__(self):
        self.n_resets, self.past = 0, []

    def reset(self):
        self.n_resets, self.past = self.n_resets + 1, []

    def refine(self, pose, visibility, pose_2d=None, *, time_s):
        self.past.append(pose)
        return Refinement(np.mean(self.past, axis=0), np.array([0.0, 0, 1]), np.zeros(17))

    def refine_batch(self, poses, visibility, poses_2d=None):
        raise AssertionError("a refiner with memory must be run frame by frame")


def unchanged(poses):
    return poses


@pytest.fixture
def saved(tmp_path, pairs_of):
    def save(name="a.npz", n=40, **changes):
        pairs = replace(pairs_of(n), **changes)
        save_pairs(tmp_path / name, pairs)
        return tmp_path / name

    return save


def test_keys_are_exactly_those_promised(saved):
    result = evaluate_pairs([saved()], Answer(unchanged))
    assert list(result) == [
        "n_frames", "raw", "refined", "viewpoint", "viewpoint_raw", "uncertainty", "per_joint", "per_azimuth_bin",
    ]  # fmt: skip
    assert set(result["raw"]) == set(result["refined"]) == set(JOINT_METRICS)
    assert set(result["viewpoint"]) == set(result["viewpoint_raw"]) == set(VIEWPOINT_METRICS)
    assert tuple(result["per_joint"]) == COCO_NAMES
    assert list(result["per_azimuth_bin"])[:2] == ["0-30", "30-60"]
    assert len(result["per_azimuth_bin"]) == 12
    assert result["n_frames"] == 40
    assert sum(b["n_frames"] for b in result["per_azimuth_bin"].values()) == 40


def test_a_refiner_that_changes_nothing_scores_as_raw(saved):
    result = evaluate_pairs([saved()], Answer(unchanged))
    assert result["refined"] == result["raw"]
    assert result["raw"]["worse_2cm_pct"] == 0
    assert result["raw"]["mpjpe_mm"] > 10


def test_the_truth_scores_zero(saved, pairs_of):
    truth = pairs_of(40).ground_truth
    refined = evaluate_pairs([saved()], Answer(lambda _: truth))["refined"]
    for name in ("mpjpe_mm", "depth_mm", "pa_mpjpe_mm", "n_mpjpe_mm", "bone_bias_pct", "accel_mm", "worse_2cm_pct"):
        assert refined[name] == pytest.approx(0, abs=0.01), name


def test_known_errors_come_out_in_millimetres(saved, pairs_of):
    truth = pairs_of(40).ground_truth
    wrist = truth.copy()
    wrist[:, 9] += [0.03, 0.0, 0.04]
    result = evaluate_pairs([saved()], Answer(lambda _: wrist))
    assert result["refined"]["mpjpe_mm"] == pytest.approx(50 / 12, abs=0.01)
    assert result["refined"]["depth_mm"] == pytest.approx(40 / 12, abs=0.01)
    joint = result["per_joint"]["left_wrist"]["refined"]
    assert joint["mpjpe_mm"] == pytest.approx(50, abs=0.05)
    assert joint["signed_depth_mm"] == pytest.approx(40, abs=0.05)
    assert result["per_joint"]["right_wrist"]["refined"]["mpjpe_mm"] == pytest.approx(0, abs=0.01)


def test_the_face_counts_per_joint_only(saved, pairs_of):
    face = pairs_of(40).ground_truth.copy()
    face[:, :5] += 1.0
    result = evaluate_pairs([saved()], Answer(lambda _: face))
    assert result["refined"]["mpjpe_mm"] == pytest.approx(0, abs=0.01)
    assert result["per_joint"]["nose"]["refined"]["depth_mm"] == pytest.approx(1000, abs=0.1)


def test_frames_that_grew_worse_are_counted(saved, pairs_of):
    def spoil(poses):
        poses = poses.copy()
        poses[:10, 5:11] += 0.5
        return poses

    assert evaluate_pairs([saved()], Answer(spoil))["refined"]["worse_2cm_pct"] == pytest.approx(25)


def test_streams_weigh_by_frames(saved, pairs_of):
    near = saved("near.npz", n=30, ground_truth=pairs_of(30).corrupted)
    far = pairs_of(10)
    shifted = far.corrupted.copy()
    shifted[:, 5:11, 2] += 0.1
    far_file = saved("far.npz", n=10, ground_truth=shifted)
    raw = evaluate_pairs([near, far_file], Answer(unchanged))["raw"]
    assert raw["depth_mm"] == pytest.approx(100 * 0.5 * 10 / 40, abs=0.01)


def test_unknown_truth_is_left_out(saved, pairs_of):
    pairs = pairs_of(40)
    truth = pairs.ground_truth.copy()
    truth[:15] = np.nan
    truth[20:, 9] = np.nan
    corrupted = pairs.corrupted.copy()
    corrupted[20:, 9] += 5.0
    corrupted[16] = np.nan
    result = evaluate_pairs([saved(ground_truth=truth, corrupted=corrupted)], Answer(unchanged))
    assert result["n_frames"] == 24
    assert result["raw"]["mpjpe_mm"] < 300
    assert result["per_joint"]["left_wrist"]["n_frames"] == 4


def test_offset_poses_are_hip_centred_before_scoring(saved, pairs_of):
    pairs = pairs_of(40)
    truth = pairs.ground_truth
    result = evaluate_pairs([saved()], Answer(lambda _: truth + 3.0))
    assert result["refined"]["mpjpe_mm"] == pytest.approx(0, abs=0.01)
    offset = saved("b.npz", corrupted=pairs.corrupted + 3.0, ground_truth=truth - 2.0)
    moved = evaluate_pairs([offset], Answer(lambda _: truth))
    assert moved["raw"]["mpjpe_mm"] == pytest.approx(result["raw"]["mpjpe_mm"], abs=0.01)
    assert moved["refined"]["mpjpe_mm"] == pytest.approx(0, abs=0.01)


def test_viewpoint_errors(saved):
    azimuth, elevation = np.full(40, 350.0), np.full(40, 12.0)
    file = saved(azimuth=azimuth, elevation=elevation)
    said = direction_from_angles(np.deg2rad(5.0), np.deg2rad(10.0))
    view = evaluate_pairs([file], Answer(unchanged, said))["viewpoint"]
    assert view["azimuth_median_deg"] == pytest.approx(15, abs=1e-3)
    assert view["elevation_median_deg"] == pytest.approx(2, abs=1e-3)
    assert view["azimuth_flip_pct"] == 0
    behind = direction_from_angles(np.deg2rad(170.0), 0.0)
    assert evaluate_pairs([file], Answer(unchanged, behind))["viewpoint"]["azimuth_flip_pct"] == 100


def test_exchanged_sides_turn_the_raw_viewpoint_round(saved, pairs_of):
    pairs = pairs_of(40)
    right = evaluate_pairs([saved()], Answer(unchanged))["viewpoint_raw"]
    swapped = saved("b.npz", corrupted=pairs.corrupted[:, SWAP_SIDES])
    wrong = evaluate_pairs([swapped], Answer(unchanged))["viewpoint_raw"]
    assert right["azimuth_flip_pct"] == 0
    assert wrong["azimuth_flip_pct"] == 100


def test_memory_is_reset_at_the_start_and_left_to_judge_gaps_by_time(saved):
    """One frame without a person is no new stream, live or in a file: it must be none here."""
    frame_index = np.concatenate([np.arange(20), np.arange(25, 45)])
    refiner = Memory()
    evaluate_pairs([saved(frame_index=frame_index), saved("b.npz")], refiner)
    assert refiner.n_resets == 2
    assert len(refiner.past) == 40


def test_memory_needs_frames_in_order(saved):
    with pytest.raises(DataError, match="order of time"):
        evaluate_pairs([saved(frame_index=np.arange(40)[::-1].copy())], Memory())


def test_the_refiner_never_sees_truth_or_camera(saved, pairs_of):
    pairs = pairs_of(40)
    seen = {}

    class Spy(Answer):
        def refine_batch(self, poses, visibility, poses_2d=None):
            seen.update(poses=poses, visibility=visibility, poses_2d=poses_2d)
            return super().refine_batch(poses, visibility, poses_2d)

    evaluate_pairs([saved()], Spy(unchanged))
    np.testing.assert_allclose(seen["poses"], pairs.corrupted, atol=1e-6)
    np.testing.assert_allclose(seen["poses_2d"], pairs.pose_2d, rtol=1e-6)


def test_a_refiner_that_drops_hard_poses_is_refused(saved):
    def drop(poses):
        poses = poses.copy()
        poses[3] = np.nan
        return poses

    with pytest.raises(ModelError, match="no joints for 1 of 40"):
        evaluate_pairs([saved()], Answer(drop))


def test_no_truth_at_all_is_one_sentence(saved):
    with pytest.raises(DataError, match="nothing to measure"):
        evaluate_pairs([saved(ground_truth=np.full((40, 17, 3), np.nan))], Answer(unchanged))


def test_what_cannot_be_measured_is_null(saved, tmp_path):
    file = saved(azimuth=np.full(40, np.nan), elevation=np.full(40, np.nan), frame_index=np.arange(40) * 2)
    result = evaluate_pairs([file], Answer(unchanged))
    assert math.isnan(result["raw"]["accel_mm"])
    write_result(tmp_path / "r.json", result)
    text = (tmp_path / "r.json").read_text()
    assert "NaN" not in text
    written = json.loads(text)
    assert written["raw"]["accel_mm"] is None
    assert written["viewpoint"]["azimuth_median_deg"] is None


@pytest.fixture
def cli():
    app = typer.Typer()
    app.callback()(lambda: None)
    evaluate.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_command_prints_and_writes(cli, saved, tiny_refiner_path, tmp_path):
    file = saved()
    write_index(tmp_path, {"a.npz": "test"}, {})
    out = tmp_path / "out" / "result.json"
    run = cli("--pairs", tmp_path, "--split", "test", "--model", tiny_refiner_path, "--json", out)
    assert run.exit_code == 0, run.output
    assert "depth_mm" in run.output
    expected = evaluate_pairs([file], DepthRefiner(tiny_refiner_path))
    written = json.loads(out.read_text())
    assert written["refined"]["depth_mm"] == pytest.approx(expected["refined"]["depth_mm"], abs=1e-5)


@pytest.mark.parametrize("arguments", [("--pairs", "/nowhere"), ("--pairs", __file__)])
def test_command_refuses_what_is_no_pair_file(cli, tiny_refiner_path, arguments):
    assert isinstance(cli(*arguments, "--model", tiny_refiner_path).exception, NdrError)


def test_command_compares_with_the_baselines(cli, saved, tiny_refiner_path, pair_folder, tmp_path):
    table = tmp_path / "table.md"
    (tmp_path / "older").mkdir()
    older = write_tiny_refiner(tmp_path / "older", depth_factor=0.9)
    card = older.with_suffix(".toml")
    card.write_text(card.read_text(encoding="utf-8").replace('"tiny"', '"tiny 0.1"'), encoding="utf-8")
    run = cli("--pairs", saved(), "--model", tiny_refiner_path, "--fit", pair_folder, "--table", table, "--samples", 0,
              "--beside", older)  # fmt: skip
    assert run.exit_code == 0, run.output
    text = table.read_text(encoding="utf-8")
    assert [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][2:] == [
        *BASELINES, "tiny 0.1", "tiny", "half tiny, half MediaPipe", "tiny, live",
    ]  # fmt: skip
    assert "Made by `python main.py evaluate --pairs" in text
    assert isinstance(cli("--pairs", saved(), "--table", table).exception, SettingsError)
    assert "--beside adds rows" in str(cli("--pairs", saved(), "--beside", older).exception)


def test_measuring_on_training_pairs_is_said(cli, pair_folder, tiny_refiner_path):
    assert "training pairs included" in cli("--pairs", pair_folder, "--model", tiny_refiner_path).output
    only = cli("--pairs", pair_folder, "--split", "val", "--model", tiny_refiner_path)
    assert "training pairs included" not in only.output


def test_evaluation_does_not_import_torch():
    code = "import sys; sys.modules['torch'] = None; import models.evaluation.measure, models.cli.evaluate"
    subprocess.run([sys.executable, "-c", code], check=True)
    control_code = "import sys; sys.modules['torch'] = None; import models.network.refiner_network"
    control = subprocess.run([sys.executable, "-c", control_code], capture_output=True, check=False)
    assert control.returncode != 0


def test_coverage_of_the_expected_errors(saved, pairs_of):
    rng = np.random.default_rng(0)
    truth = pairs_of(400).ground_truth
    laplace = rng.laplace(0, 0.05 / math.sqrt(2), truth.shape[:2])  # of standard deviation 0.05, as Answer says
    laplace[:, 12] = -laplace[:, 11]  # the hips' middle stays the origin
    noisy = truth.copy()
    noisy[..., 2] += laplace
    coverage = evaluate_pairs([saved(n=400)], Answer(lambda _: noisy))["uncertainty"]
    assert coverage["within_1_sigma_pct"] == pytest.approx(75.7, abs=4)
    assert coverage["within_2_sigma_pct"] == pytest.approx(94.1, abs=4)
