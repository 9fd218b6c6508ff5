"""From a camera or file to other programs, without a window: what the command `stream` does."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from core.detection.bundle import load_pose_model
from core.detection.chosen_point import ChosenPoint
from core.detection.look_rates import look_rate
from core.detection.looks import look_names
from core.detection.looks_detector import open_detector
from core.detection.quality import carried_looks
from core.live.loop import LiveLoop, LiveStats, LoopState
from core.live.streaming.calibration import CalibrationState
from core.live.streaming.json_lines import JsonSink
from core.live.streaming.sinks import PoseSink
from core.live.streaming.streamer import RATE_HZ, Streamer, StreamStats
from core.live.streaming.targets import Target, open_sinks, parse_target
from core.refinement.pipeline import Pipeline
from core.refinement.refiners import Refiners
from core.sequence.export_choices import ExportChoices
from core.settings import Settings
from core.sources import Reading, is_camera, is_url, open_source
from core.sources.reading import AS_IT_SAYS
from core.sources.sample import sample_frames

_REPORT_S = 1.0
_POLL_S = 0.05
_USUAL_HZ: Final = 30.0  # of a camera that does not say
_PAUSE = {CalibrationState.WAITING: "get into a T-pose", CalibrationState.COLLECTING: "hold the T-pose"}


@dataclass(frozen=True)
class StreamJob:
    """What to stream.

    Attributes:
        source: Video file, camera number or stream address.
        targets: Where to, as `parse_target` reads them.
        settings: Looks and refinement.
        rate_hz: How often avatars are sent to.
        fov_deg: The camera's horizontal field of view; None assumes one.
        calibrate_s: Seconds that the person has to get into a T-pose; None for no calibration.
        is_looping: Whether a file starts over at its end.
        reading: What the source does not say: a picture that is turned or mirrored.
        person: Whom to follow, of several: who is nearest to it in the first frame.
        seen: Which joints count as seen: `min_visibility` and `only`, where they are not None.
    """

    source: str
    targets: Sequence[str] = ("vmc",)
    settings: Settings = field(default_factory=Settings)
    rate_hz: float = RATE_HZ
    fov_deg: float | None = None
    calibrate_s: float | None = None
    is_looping: bool = False
    reading: Reading = AS_IT_SAYS
    person: ChosenPoint | None = None
    seen: ExportChoices = field(default_factory=ExportChoices)

    def __post_init__(self) -> None:
        self.point_px  # noqa: B018 raises where it makes no sense, before anything is opened

    @property
    def point_px(self) -> tuple[float, float] | None:
        """Where the person is in the first frame, pixels; None for whoever is seen.

        Raises:
            SettingsError: They were chosen later, and a stream does not go back.
        """
        return None if self.person is None else self.person.in_first_frame_px


def run_stream(
    job: StreamJob,
    *,
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> StreamStats:
    """Stream until the file ends, `stop` says so or Ctrl-C; returns the figures.

    Raises:
        SourceError: The source cannot be read.
        ModelError: A model is missing or damaged.
        SettingsError: A target makes no sense.
        OutputError: A port to listen on is taken.
    """
    targets = [parse_target(text) for text in job.targets]
    settings = job.settings
    models = cache(lambda variant: load_pose_model(variant, report))
    source = open_source(job.source, reading=job.reading)
    looks = settings.chosen_looks or carried_looks(
        source.fps or _USUAL_HZ,
        lambda tried: look_rate(tried, models, sample_frames, is_live=True, report=report),
    )
    refiner = Refiners.load(settings.refiner, looks) if settings.learned_depth_refinement else None
    is_file = not (is_camera(job.source) or is_url(job.source))
    sinks = open_sinks(targets)
    with Streamer(
        sinks,
        rate_hz=job.rate_hz,
        horizontal_fov_deg=job.fov_deg,
        min_visibility=job.seen.min_visibility,
        only=job.seen.only,
    ) as streamer:
        loop = LiveLoop(
            source,
            lambda: Pipeline(open_detector(looks, models, point_px=job.point_px), refiner, smooth=True),
            lossless=is_file,
            on_packet=streamer.send,
        )
        loop.transport.set_looping(job.is_looping and is_file)
        for sentence in () if refiner is None else refiner.mismatches:
            report(sentence)
        report(f"Looking by {look_names(looks)}.")
        for target, sink in zip(targets, sinks, strict=True):
            report(_announcement(target, sink))
        loop.start()
        try:
            _watch(loop, streamer, job.calibrate_s, stop, report)
        except KeyboardInterrupt:
            report("Stopped.")
        finally:
            loop.stop()
        return streamer.stats


def _announcement(target: Target, sink: PoseSink) -> str:
    note = "" if target.is_local else ", which other machines can read"
    if isinstance(sink, JsonSink):
        return f"Listening on {replace(target, port=sink.port)}{note}."
    return f"Sending to {target}{note}."


def _watch(
    loop: LiveLoop,
    streamer: Streamer,
    calibrate_s: float | None,
    stop: Callable[[], bool],
    report: Callable[[str], None],
) -> None:
    """Report once a second until there is nothing more to come."""
    is_calibrated = calibrate_s is None
    said, reported_s = "", time.monotonic()
    while not stop():
        live, sent = loop.stats, streamer.stats
        loop.raise_failure()
        if live.state in (LoopState.FINISHED, LoopState.STOPPED):
            return
        if not is_calibrated and live.n_processed:
            streamer.calibrate(delay_s=calibrate_s or 0.0)
            is_calibrated = True
        if sent.calibration_message != said and sent.calibration_message:
            said = sent.calibration_message
            report(said)
        if time.monotonic() - reported_s >= _REPORT_S:
            reported_s = time.monotonic()
            report(_line(live, sent))
        time.sleep(_POLL_S)


def _line(live: LiveStats, sent: StreamStats) -> str:
    parts = [f"{live.fps:.0f} fps", f"{live.latency_ms:.0f} ms", f"{sent.n_frames} frames sent"]
    parts += [_PAUSE[sent.calibration]] if sent.calibration in _PAUSE else []
    parts += [sent.error] if sent.error else []
    return " · ".join(parts)
