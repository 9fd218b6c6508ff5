import pytest
import typer
from typer.testing import CliRunner

import main
from core.cli.renamed import renamed


@pytest.fixture
def command():
    cli = typer.Typer()

    @cli.command(cls=renamed(keep="weight_interpolation", travel="root_trajectory"))
    def _command(
        keep: float = typer.Option(0.0, "--weight-interpolation"),
        travel: bool = typer.Option(True, "--root-trajectory/--no-root-trajectory"),
    ):
        typer.echo(f"{keep} {travel}")

    return cli


@pytest.mark.parametrize("given", [["--keep", "0.5"], ["--keep=0.5"]])
def test_an_old_name_works_and_says_the_new_one(command, given):
    result = CliRunner().invoke(command, [*given, "--no-travel"])
    assert result.stdout == "0.5 False\n"
    assert "--keep is called --weight-interpolation now" in result.stderr
    assert "--no-travel is called --no-root-trajectory now" in result.stderr


def test_a_new_name_says_nothing(command):
    result = CliRunner().invoke(command, ["--weight-interpolation", "0.5", "--root-trajectory"])
    assert (result.stdout, result.stderr) == ("0.5 True\n", "")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("process", "--travel", "--root-trajectory"),
        ("export-sequence", "--no-travel", "--no-root-trajectory"),
        ("train", "--film-share", "--projected-share"),
        ("train", "--lessons", "--distillation-windows"),
        ("train", "--keep", "--weight-interpolation"),
    ],
)
def test_help_knows_the_new_name_and_the_program_the_old_one(name, old, new):
    shown = CliRunner().invoke(main.cli, [name, "--help"]).output
    assert new in shown
    assert f"{old} " not in shown
    assert f"{old} is called {new} now" in CliRunner().invoke(main.cli, [name, old]).stderr
