"""`python -m models.data.miniature.run`: make the miniature AIST++, and compare a conversion with its truth."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from core.errors import DataError, NdrError
from core.pose.geometry import camera_to_view_ray
from core.sequence.pairs import load_pairs, pair_files
from core.system.files.atomic import atomic_path

_TRUTH = "known_truth.npz"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def make(
    motion: Annotated[list[Path], typer.Option(help="Motion file or folder; may be repeated.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder: videos/ and annotations/ come into it.")],
    frames: Annotated[int, typer.Option(min=30, help="Annotated frames of a dance.")] = 150,
    width: Annotated[int, typer.Option(min=320, max=1920, help="Of the videos, 16:9.")] = 1920,
) -> None:
    """Film three dances and a withdrawn one with nine cameras, and write them as AIST++ lies on disk.

    Example: make --motion ~/mocap -o miniature
    """
    from models.data.miniature.make import make_miniature
    from models.data.motion import collect_motions
    from models.data.studio.body import load_template
    from models.data.studio.renderer import Renderer

    template = load_template()
    size = (width // 4 * 4, width * 9 // 16 // 2 * 2)
    motions = collect_motions(motion).motions
    filmed = make_miniature(motions, out, template, Renderer(), n_frames=frames, size=size)
    with atomic_path(out / _TRUTH) as temporary:
        arrays: dict[str, Any] = {name: view.joints_cam_m for name, view in filmed.items()}
        np.savez_compressed(temporary, **arrays)
    typer.echo(f"{len(filmed)} videos in {out / 'videos'}; annotations in {out / 'annotations'}")


@app.command()
def compare(
    miniature: Annotated[Path, typer.Argument(help="Folder made by `make`.")],
    pairs: Annotated[Path, typer.Argument(help="Folder that `convert aist` made of it.")],
) -> None:
    """Tell how far the truth in pair files is from the known one."""
    with np.load(miniature / _TRUTH) as archive:
        known = dict(archive)
    worst, n_pairs, n_unknown = 0.0, 0, 0
    for path in pair_files(pairs):
        if path.stem not in known:
            raise DataError(f"{path} is none of the miniature's videos.")
        loaded = load_pairs(path)
        stride = int(loaded.meta["stride"])
        truth, _ = camera_to_view_ray(known[path.stem][loaded.frame_index * stride])
        error = np.linalg.norm(loaded.ground_truth - truth, axis=-1) * 1000
        worst = max(worst, float(np.nanmax(error)))
        n_pairs += len(loaded)
        n_unknown += int(np.isnan(error).any(axis=1).sum())
        typer.echo(
            f"{path.stem}: {len(loaded)} pairs, truth {np.nanmean(error):.3f} mm off, at most {np.nanmax(error):.3f}"
        )
    typer.echo(f"{n_pairs:,} pairs, {n_unknown:,} of them without all of the truth; at most {worst:.3f} mm off")


if __name__ == "__main__":
    try:
        app(standalone_mode=True)
    except NdrError as error:
        typer.echo(f"Error: {error}", err=True)
        raise SystemExit(error.exit_code) from error
