from dataclasses import replace

import numpy as np
import pytest
import typer
from matplotlib.image import imread
from typer.testing import CliRunner

from core.errors import DataError
from core.pose.geometry import pixel_rays, rotate, view_ray_rotation
from core.pose.skeleton import SWAP_SIDES
from core.sequence.pairs import save_pairs, write_index
from models.cli import inspect
from models.evaluation.inspection import draw_report, worst_frames
from models.evaluation.inspection_html import write_html
from models.evaluation.pair_checks import check
from models.evaluation.pair_facts import facts_of, gather


@pytest.fixture
def facts(pairs_of, tmp_path):
    """Return a maker of the facts of one synthetic file with something changed."""

    def make(name="a.npz", split="train", seed=0, meta=None, **changes):
        pairs = replace(pairs_of(60, seed, **(meta or {})), **changes)
        return facts_of(pairs, tmp_path / name, split)

    return make


def from_pixels(pairs):
    return pixel_rays(pairs.pose_2d[:, 11:13].mean(axis=1), pairs.K)


def test_sound_pairs_have_no_problem(facts):
    assert check([facts(), facts("b.npz", "test", seed=1)]) == []


def edge(pairs):
    """Return the pairs with everything 25 degrees beside the middle of the image, where the frames differ most."""
    turn = view_ray_rotation(np.array([np.tan(np.deg2rad(25)), 0, 1.0]))
    rays = np.concatenate(
        [(pairs.pose_2d - pairs.K[:2, 2]) / pairs.K[0, 0], np.ones((*pairs.pose_2d.shape[:2], 1))], -1
    )
    moved = rays @ turn
    return replace(pairs, pose_2d=moved[..., :2] / moved[..., 2:] * pairs.K[0, 0] + pairs.K[:2, 2])


def break_units(p):
    return {"ground_truth": p.ground_truth * 100}


def break_centre(p):
    return {"corrupted": p.corrupted + 0.5}


def break_axes(p):
    return {"ground_truth": p.ground_truth * [1, -1, 1]}


def break_sides(p):
    return {"corrupted": p.corrupted[:, SWAP_SIDES]}


def break_visibility(p):
    return {"visibility": p.visibility * 2}


def break_poses(p):
    return {"corrupted": np.where(np.arange(len(p))[:, None, None] % 2, np.nan, p.corrupted)}


def break_truth(p):
    return {"ground_truth": np.full_like(p.ground_truth, np.nan)}


def break_order(p):
    return {"frame_index": np.repeat(np.arange(len(p) // 2), 2)}


def break_azimuth(p):
    return {"azimuth": (360 - p.azimuth) % 360}


def break_motion(p):
    return {"corrupted": np.repeat(p.corrupted[::2], 2, axis=0), "ground_truth": np.repeat(p.ground_truth[::2], 2, 0),
            "azimuth": np.repeat(p.azimuth[::2], 2), "pose_2d": np.repeat(p.pose_2d[::2], 2, 0)}  # fmt: skip


def break_person(p):
    rng = np.random.default_rng(0)
    return {"ground_truth": p.ground_truth + rng.normal(0, 0.15, p.ground_truth.shape) * [1, 1, 0]}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (break_units, "unit is not the metre"),
        (break_centre, "must be hip-centred"),
        (break_axes, "the y of MediaPipe"),
        (break_sides, "left and right exchanged"),
        (break_visibility, "outside 0..1"),
        (break_poses, "are NaN; leave out"),
        (break_truth, "no frame has ground truth"),
        (break_order, "frame_index does not rise"),
        (break_azimuth, "another convention"),
        (break_motion, "repeat the pose before"),
        (break_person, "across the ray"),
    ],
)
def test_each_fault_is_named(facts, pairs_of, broken, words):
    problems = check([facts(**broken(pairs_of(60)))])
    assert any(words in problem and problem.startswith("a.npz: ") for problem in problems), problems


def test_truth_in_the_camera_frame_is_found(facts, pairs_of):
    pairs = edge(pairs_of(60))
    turn = view_ray_rotation(from_pixels(pairs))
    still_in_camera = rotate(np.swapaxes(turn, -1, -2), pairs.ground_truth)
    turned_twice = rotate(turn, pairs.ground_truth)
    right = check([facts(pose_2d=pairs.pose_2d)])
    wrong = check([facts(pose_2d=pairs.pose_2d, ground_truth=still_in_camera)])
    twice = check([facts(pose_2d=pairs.pose_2d, ground_truth=turned_twice)])
    assert not right
    assert any("it is in the camera frame" in p for p in wrong)
    assert any("turned twice" in p for p in twice)


def test_the_same_poses_twice(facts):
    assert any("a.npz and b.npz hold the same poses" in p for p in check([facts(), facts("b.npz")]))


@pytest.mark.parametrize("key", ["sequence", "subject"])
def test_a_leak_between_splits(facts, key):
    def both(second_split, value="s1"):
        return check([facts(meta={key: "s1"}), facts("b.npz", second_split, seed=1, meta={key: value})])

    assert any(f"The {key} 's1' is in the splits test and train: a leak." in p for p in both("test"))
    assert both("train") == []
    assert both("test", "s2") == []


def test_mixed_variants_are_named(facts):
    problems = check([facts(), facts("b.npz", seed=1, meta={"pose_variant": "lite"})])
    assert any("pose_variant differs" in p for p in problems)


def test_many_files_with_one_fault_are_one_sentence(facts, pairs_of):
    many = [facts(f"{i}.npz", seed=i, **break_units(pairs_of(60, i))) for i in range(5)]
    assert sum("metre" in p for p in check(many)) == 1
    assert check(many)[0].startswith("5 files (0.npz, 1.npz, 2.npz, ...)")


def test_an_empty_file_is_said(facts, pairs_of):
    assert any("holds no frames" in p for p in check([facts_of(pairs_of(0), facts().path)]))


def test_worst_frames_come_first(facts, pairs_of):
    pairs = pairs_of(60)
    corrupted = pairs.corrupted.copy()
    corrupted[33, 9:11] += 2.0
    corrupted[44, 9] += 2.0
    worst = worst_frames([facts(corrupted=corrupted), facts("b.npz", seed=1)], 2)
    assert [(name, frame) for _, name, frame in worst] == [("a.npz", 33), ("a.npz", 44)]
    assert worst[0][0] > worst[1][0] > 200


@pytest.mark.render
def test_the_picture_is_a_picture(facts, tmp_path):
    draw_report([facts(), facts("b.npz", "test", seed=1)], tmp_path / "report.png")
    assert imread(tmp_path / "report.png").shape[:2] == (1000, 1600)


@pytest.mark.render
def test_the_picture_survives_unknown_truth_and_odd_names(facts, pairs_of, tmp_path):
    draw_report([facts(**break_truth(pairs_of(60)))], tmp_path / "report.png")
    assert (tmp_path / "report.png").is_file()


@pytest.fixture
def cli():
    app = typer.Typer()
    app.callback()(lambda: None)
    inspect.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["inspect", *map(str, arguments)])


@pytest.mark.render
def test_command(cli, pair_folder, tmp_path):
    good = cli(pair_folder, "-o", tmp_path / "report.png", "--check")
    assert good.exit_code == 0, good.output
    assert "No problems found" in good.output
    assert (tmp_path / "report.png").is_file()
    facts = gather(pair_folder)
    assert [f.split for f in facts] == ["train", "train", "val"]


def test_command_exits_with_1_on_problems_and_fails_on_nothing(cli, pair_folder, pairs_of, tmp_path):
    save_pairs(pair_folder / "d.npz", pairs_of(128, 1))  # a.npz again
    write_index(pair_folder, {"a.npz": "train", "d.npz": "test"}, {})
    bad = cli(pair_folder, "--check")
    assert bad.exit_code == 1
    assert "a.npz and d.npz hold the same poses" in bad.output
    assert cli(pair_folder).exit_code == 0
    assert isinstance(cli(tmp_path / "nowhere").exception, DataError)


@pytest.mark.render
def test_html_report_is_one_file_and_escapes_names(facts, tmp_path, pairs_of):
    name = "<b>&.npz"
    pairs = pairs_of(40, 3)
    save_pairs(tmp_path / name, pairs)
    target = tmp_path / "report.html"
    write_html([facts_of(pairs, tmp_path / name, "train")], target, "Pairs in <x>")
    text = target.read_text(encoding="utf-8")
    assert "<title>Pairs in &lt;x&gt;</title>" in text
    assert "&lt;b&gt;&amp;.npz" in text
    assert "<b>" not in text
    assert text.count("data:image/png;base64,") == 2
    assert "http" not in text.replace("http-equiv", "")
    assert "No problems found" in text


def test_worst_frames_can_keep_apart(facts):
    worst = worst_frames([facts()], 5, apart=10)
    frames = sorted(frame for _, _, frame in worst)
    assert min(np.diff(frames)) >= 10
    assert worst[0] == worst_frames([facts()], 1)[0]


def test_parts_of_a_file_in_another_split_are_a_leak(facts, pairs_of, tmp_path):
    whole = pairs_of(200, 5)
    cut = {
        name: getattr(whole, name)[50:150]
        for name in (
            "corrupted", "ground_truth", "visibility", "pose_2d", "azimuth", "elevation", "camera_relative",
            "landmarks_world", "landmarks_px", "frame_index", "timestamp_s",
        )
    }  # fmt: skip
    files = [
        facts_of(whole, tmp_path / "whole.npz", "train"),
        facts_of(replace(whole, **cut), tmp_path / "part.npz", "test"),
    ]
    found = [problem for problem in check(files) if "in common" in problem]
    assert len(found) == 1
    assert "whole.npz and part.npz have 100% of their poses in common" in found[0]
    assert "a leak" in found[0]


def test_the_same_camera_twice_is_noticed(facts):
    meta = {"sequence": "s", "camera": "c01"}
    assert any(
        "all claim to be camera c01 of 's'" in p for p in check([facts(meta=meta), facts("b.npz", seed=1, meta=meta)])
    )


def test_little_truth_is_a_problem(facts, pairs_of):
    truth = pairs_of(60, 0).ground_truth.copy()
    truth[:30] = np.nan
    assert any("50% of the frames have no ground truth" in problem for problem in check([facts(ground_truth=truth)]))
