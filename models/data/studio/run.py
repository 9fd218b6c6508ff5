"""Film many clips in worker processes, one pair file each, and keep the folder's index true."""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import cv2

from core.documents import parse_json
from core.errors import DataError, brief
from core.pairs import save_pairs, write_index
from core.pose_model import load_pose_model
from models.data.motion import collect_motions
from models.data.studio.body import load_template
from models.data.studio.clip import frames, make_pairs, observe, prepare
from models.data.studio.plan import ClipPlan, plan_clips
from models.data.studio.renderer import Renderer
from models.data.worker_pool import worker_pool

_FEWEST_FRAMES: Final = 10
_INDEX_EVERY: Final = 20


@dataclass(frozen=True)
class StudioEvent:
    """One clip is done, or a file or clip was turned down.

    Attributes:
        n_done: Frames planned so far that are dealt with, of `n_frames`.
        n_frames: Frames planned in all.
        file: Pair file that was written or found, empty otherwise.
        n_pairs: Pairs in it; 0 for one found from an earlier run.
        rejected: Why something was left out, empty otherwise.
    """

    n_done: int
    n_frames: int
    file: str = ""
    n_pairs: int = 0
    rejected: str = ""


def run_studio(
    motion_dirs: list[Path],
    out: Path,
    n_frames: int,
    seed: int,
    n_workers: int,
    variant: str = "full",
    size: int = 640,
    report: Callable[[StudioEvent], None] = lambda _: None,
) -> Path:
    """Film about `n_frames` frames and write pairs; the same arguments give the same pairs.

    Clips that are finished are not filmed again, so an interrupted run is continued by the same call.

    Args:
        motion_dirs: Files and folders with motion.
        out: Folder for the pair files and `index.json`.
        n_frames: How many frames to film; those in which nobody is found are left out of the pairs.
        seed: Decides everything that is left to chance.
        n_workers: Processes; 0 films in this one.
        variant: MediaPipe's model.
        size: Longest side of the images, pixels.
        report: Told about every clip.

    Returns:
        The path of `index.json`.

    Raises:
        DataError: No usable motion, or `out` holds pairs made with other settings.
        ModelError: The pose model or OpenGL is missing.
        OutputError: `out` cannot be written.
    """
    load_pose_model(variant)  # fails here and not in every worker
    if n_workers > 1:
        load_template()  # prepares anny's cache once, not in every worker at the same time
    found = collect_motions(motion_dirs)
    names = "\n".join(f"{m.name} {len(m.positions_m)}" for m in found.motions)
    settings = {
        "dataset": "studio",
        "seed": seed,
        "size": size,
        "pose_variant": variant,
        "running_mode": "video",
        "motions": f"{len(found.motions)}, checksum {zlib.crc32(names.encode()):08x}",
    }
    folder = _Folder(out, settings)
    for reason in found.rejected:
        report(StudioEvent(0, n_frames, rejected=reason))
    folder.about["licences"] = sorted({m.licence for m in found.motions})
    done = 0
    todo = []
    # planning is quick next to filming, and knowing what is left makes the progress honest
    for plan in plan_clips(found.motions, n_frames, seed):
        if folder.has(plan):
            done += len(plan.joints_m)
            report(StudioEvent(done, n_frames, file=plan.file_name))
        else:
            todo.append(plan.index)
    folder.write()  # a folder that cannot be written shows before the first clip is filmed
    wanted = set(todo)
    plans = (plan for plan in plan_clips(found.motions, n_frames, seed) if plan.index in wanted)
    try:
        for number, (plan, n_pairs, rejected) in enumerate(_film_all(plans, out, n_workers, variant, size)):
            done += len(plan.joints_m)
            folder.add(plan, rejected)
            report(StudioEvent(done, n_frames, "" if rejected else plan.file_name, n_pairs, rejected))
            if number % _INDEX_EVERY == 0:
                folder.write()
    finally:
        folder.write()
    return out / "index.json"


class _Folder:
    """The pair files there are, and the clips that gave none."""

    def __init__(self, out: Path, settings: dict[str, Any]) -> None:
        self.out = out
        self.about: dict[str, Any] = {**settings, "rejected": {}}
        self.splits: dict[str, str] = {}
        index = out / "index.json"
        if index.is_file():
            try:
                before = parse_json(index.read_text(encoding="utf-8"))
                about, self.splits = before["about"], before["files"]
                differing = [key for key, value in settings.items() if about.get(key) != value]
                self.about["rejected"] = about["rejected"]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{index} is damaged ({brief(error)}); delete it or choose another folder.") from error
            if differing:
                raise DataError(f"{out} holds pairs made with another {', '.join(differing)}; choose another folder.")

    def has(self, plan: ClipPlan) -> bool:
        if plan.file_name in self.about["rejected"]:
            return True
        if (self.out / plan.file_name).is_file():
            self.splits[plan.file_name] = plan.split
            return True
        return False

    def add(self, plan: ClipPlan, rejected: str) -> None:
        if rejected:
            self.about["rejected"][plan.file_name] = rejected
        else:
            self.splits[plan.file_name] = plan.split

    def write(self) -> None:
        write_index(self.out, self.splits, self.about)


def _film_all(
    plans: Iterator[ClipPlan], out: Path, n_workers: int, variant: str, size: int
) -> Iterator[tuple[ClipPlan, int, str]]:
    """Yield (plan, pairs written, reason for rejection) as clips are finished."""
    if n_workers == 0:
        for plan in plans:
            yield plan, *film_clip(plan, out, variant, size)
        return
    with worker_pool(n_workers) as pool:
        waiting: dict[Future[tuple[int, str]], ClipPlan] = {}
        try:
            while True:
                for plan in islice(plans, n_workers + 1 - len(waiting)):
                    waiting[pool.submit(film_clip, plan, out, variant, size)] = plan
                if not waiting:
                    return
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    plan = waiting.pop(future)
                    yield plan, *future.result()
        except BrokenProcessPool as error:
            raise DataError("A studio process was stopped (out of memory?); start again with fewer workers.") from error


def film_clip(plan: ClipPlan, out: Path, variant: str, size: int) -> tuple[int, str]:
    """Film one clip and write its pairs; return their number and, if there were too few, why nothing was written."""
    template, renderer = _stage()
    model = load_pose_model(variant)
    take = prepare(plan, template, size)
    pairs = make_pairs(take, observe(frames(take, renderer), take, model), model)
    if len(pairs) < _FEWEST_FRAMES:
        return (
            0,
            f"clip {plan.index} ({plan.sequence}): a person was found in {len(pairs)} of {len(plan.joints_m)} frames",
        )
    save_pairs(out / plan.file_name, pairs)
    return len(pairs), ""


@cache
def _stage() -> tuple[Any, Renderer]:
    """Return what a process needs once: the bodies' template and the renderer."""
    cv2.setNumThreads(1)  # one process, one core: several workers share the machine
    template = load_template()
    return template, Renderer()
