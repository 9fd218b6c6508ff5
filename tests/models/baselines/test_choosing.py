"""Each set counts once, whatever its length and however many variants saw it."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from core.errors import SettingsError
from core.refinement.refiner import Refinement
from core.sequence.pairs import save_pairs, write_index
from models.baselines.choosing import Choice, Figure, Verdict, by_look, measure_choice, refiner_row
from models.cli import choose
from tests.conftest import write_tiny_refiner


class Better:
    """A refiner that takes away a share of MediaPipe's error; it cheats."""

    def __init__(self, truths, share):
        self.truths, self.share = truths, share

    def refine_batch(self, poses, visibility, poses_2d=None):
        truth = self.truths[len(poses)]
        joints = poses + self.share * (truth - poses)
        return Refinement(joints, np.tile([0.0, 0, 1], (len(poses), 1)), np.full(poses.shape[:2], np.nan))


@pytest.fixture
def people(tmp_path, pairs_of):
    """Return three sets of people of 20, 21 and 300 frames, the first seen by two variants and in a mirror."""
    truths = {}
    for name, n in (("a", 20), ("b", 21), ("c", 300)):
        pairs = pairs_of(n, seed=n)
        truths[n] = pairs.ground_truth
        save_pairs(tmp_path / name / "x.npz", pairs)
        write_index(tmp_path / name, {"x.npz": "test"}, {})
    for name, subject in (("p", "anna"), ("q", "bert"), ("r", "carl")):
        save_pairs(tmp_path / "d" / f"{name}.npz", pairs_of(12, seed=ord(name), subject=subject))
    write_index(tmp_path / "d", {"p.npz": "test", "q.npz": "test", "r.npz": "train"}, {})
    heavy = pairs_of(20, seed=20, pose_variant="heavy", subject="s", sequence="walk", camera="c1")
    save_pairs(tmp_path / "a" / "y.npz", heavy)
    save_pairs(tmp_path / "a" / "z.npz", replace(heavy, meta={**heavy.meta, "mirrored": True}))
    write_index(tmp_path / "a", dict.fromkeys(("x.npz", "y.npz", "z.npz"), "test"), {})
    return tmp_path, truths


def verdict(*depth):
    values = {str(number): value for number, value in enumerate(depth)}
    return Verdict(values, values)


def test_looks_are_told_apart(people):
    folder, _ = people
    found = by_look(sorted((folder / "a").glob("*.npz")))
    names = {name: [path.name for path in files] for name, files in found.items()}
    assert names == {"full": ["x.npz"], "heavy": ["y.npz"], "heavy-mirrored": ["z.npz"]}


def test_each_set_counts_once(people):
    folder, truths = people
    sets = {name: sorted((folder / name).glob("*.npz")) for name in "abc"}
    rows = {
        "none": lambda _variant: Better(truths, 0.0),
        "half": lambda variant: Better(truths, 0.5 if variant == "full" else 0.1),
    }
    choice = measure_choice(sets, rows)
    assert choice.figures["a"]["heavy"]["none"] == choice.figures["a"]["heavy"]["MediaPipe"]
    found = choice.verdict("half", "none")
    assert found.depth == pytest.approx({"a": (0.5 + 0.9) / 2, "b": 0.5, "c": 0.5}, rel=1e-4)
    assert found.mean_depth == pytest.approx((0.7 + 0.5 + 0.5) / 3, rel=1e-4)  # 300 frames weigh as much as 20
    assert found.is_kept
    assert str(found).startswith("keep: depth -43.3 %")


@pytest.mark.parametrize(
    ("depth", "kept"),
    [
        ((0.98, 0.98, 0.98), True),
        ((0.99, 0.985, 0.98), False),  # under 2 % is noise
        ((0.5, 1.01, 1.01, 1.01), False),  # one set alone
        ((0.9, 0.9, 1.0, 1.01), True),  # three of four do not get worse
        ((0.8, 0.8, 0.8, 0.8, 1.1, 1.1), True),  # four of six
        ((0.7, 0.7, 0.7, 1.01, 1.1, 1.1), False),
    ],
)
def test_what_is_kept(depth, kept):
    assert verdict(*depth).is_kept is kept


def test_worse_counts_in_depth_and_a_tie_is_no_worse():
    choice = Choice({"a": {"full": {"old": Figure(9, 100.0, 50.0), "new": Figure(9, 120.0, 50.0)}}})
    assert choice.verdict("new", "old").n_not_worse == 1
    assert choice.verdict("new", "old").mean_mpjpe == pytest.approx(1.2)


def test_a_variant_may_have_a_refiner_of_its_own(tmp_path):
    main = write_tiny_refiner(tmp_path)
    (tmp_path / "other").mkdir()
    own = write_tiny_refiner(tmp_path / "other", depth_factor=0.7)
    for file in (own, own.with_suffix(".toml")):
        shutil.copy(file, main.with_name(f"{main.stem}-heavy{file.suffix}"))
    name, row = refiner_row(main)
    assert name == "tiny"
    assert row("full") is row("lite")
    assert row("heavy") is not row("full")


def test_command(people, tmp_path, pairs_of):
    folder, _ = people
    for name, factor in (("one", 1.0), ("two", 1.2)):
        (tmp_path / name).mkdir()
        card = write_tiny_refiner(tmp_path / name, depth_factor=factor).with_suffix(".toml")
        card.write_text(card.read_text(encoding="utf-8").replace('"tiny"', f'"{name}"'), encoding="utf-8")
    save_pairs(tmp_path / "learned" / "x.npz", pairs_of(40, seed=9))
    write_index(tmp_path / "learned", {"x.npz": "train"}, {})
    cli = typer.Typer()
    cli.callback()(lambda: None)
    choose.register(cli)
    sets = [f"--set={name}={folder / name}" for name in "abc"]
    refiners = [
        *(f"--refiner={tmp_path / name / 'tiny.onnx'}" for name in ("one", "two")),
        f"--fit={tmp_path / 'learned'}",
    ]
    result = CliRunner().invoke(cli, ["choose", *sets, *refiners, "-o", str(tmp_path / "table.md")])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "a, heavy" in text
    assert "Against one:" in text
    assert [line.split(" | ")[:2] for line in text.splitlines() if line.startswith(("| a", "| b", "| c"))] == [
        ["| a, full", "20"], ["| a, heavy", "20"], ["| b, full", "21"], ["| c, full", "300"],
    ]  # fmt: skip
    assert "two: " in result.output
    assert "| ridge |" in text
    people = CliRunner().invoke(
        cli, ["choose", f"--set=all={folder / 'd'}", "--split=test", "--by-subject", *refiners[:2]]
    )
    assert people.exit_code == 0, people.output
    assert "all anna, full" in people.output
    assert "all bert, full" in people.output
    assert "of 2 sets no worse" in people.output
    fused = CliRunner().invoke(
        cli, ["choose", sets[0], "--looks=heavy,heavy-mirrored", "-o", str(tmp_path / "looks.md"), *refiners]
    )
    assert fused.exit_code == 0, fused.output
    assert "| a, heavy,heavy-mirrored | 20 |" in (tmp_path / "looks.md").read_text(encoding="utf-8")
    wrong = CliRunner().invoke(cli, ["choose", "--set=a", *refiners])
    assert isinstance(wrong.exception, SettingsError)
    twice = CliRunner().invoke(cli, ["choose", sets[0], refiners[0], refiners[0]])
    assert "same name" in str(twice.exception)
