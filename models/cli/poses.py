"""`poses`: motions → a pool of poses for `train --poses`."""

from pathlib import Path

import typer


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("poses")(poses_command)


def poses_command(
    motion: list[Path] = typer.Option(..., help="Motion file or folder (BVH, ASF and AMC, NPZ, tar); may be repeated."),
    output: Path = typer.Option(..., "-o", "--output", help="The pool (.npz)."),
    count: int = typer.Option(120_000, min=1, help="Poses to make."),
    seed: int = typer.Option(777, min=0, help="Decides everything left to chance; differ from the studio's seeds."),
) -> None:
    """Put studio bodies into the poses of the training motions, without filming them.

    Training films the pool anew in each step with random cameras and MediaPipe errors borrowed from real pairs.
    """
    from rich.progress import Progress

    from models.data.motion import collect_motions
    from models.data.pose_pool import save_pose_pool
    from models.data.poses import make_pose_pool

    motions = collect_motions(motion).motions
    with Progress(transient=True) as bar:
        task = bar.add_task("posing", total=count)
        poses, time_s = make_pose_pool(motions, count, seed, lambda n: bar.update(task, completed=n))
    about = {"seed": seed, "licences": sorted({m.licence for m in motions}), "n_motions": len(motions)}
    save_pose_pool(output, poses, about, time_s)
    typer.echo(f"{output}: {len(poses):,} poses of {len(motions)} motions")
