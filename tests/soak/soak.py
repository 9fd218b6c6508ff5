"""A long life in short: a million frames through the pipeline, and a live loop whose source breaks in every way.

    python -m tests.soak.soak frames --count 1000000
    python -m tests.soak.soak live --minutes 30

Both print one JSON line with what came out and end with 1 when something was lost or leaked. The detector is a fake,
so that the program's own part is what runs. What is recorded live is recorded as the window does it, and the files
are read again.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import numpy as np

from app.session.recording import Recording
from core.errors import DataError, SourceError
from core.exporters import EXPORTERS
from core.live.loop import LiveLoop, LoopState
from core.pose.skeleton import LANDMARK_TO_COCO, N_LANDMARKS
from core.pose.types import Detection, Frame, Refined
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner
from core.sources.clock import Clock
from core.system.files.program import DEFAULT_REFINER
from core.system.memory import resident_mib

GROWTH_MIB = 60.0
"""What a run may grow by once it is warm: the million frames alone would be 1.2 GB if they were kept."""


@dataclass
class Outcome:
    """What a soak run came to.

    Attributes:
        n_frames: Frames that went through.
        n_found: Of them, with a person.
        n_recorded: Of them, how many the recordings hold that were read again.
        n_left_out: Of them, how many the recordings say they left out since the encoder was behind.
        n_lost: Packets that are neither, or are recorded with another time or other joints, or without a picture.
        n_faults: Faults injected.
        n_restarts: Sources opened anew after a fault.
        growth_mib: Memory at the end over that after warming up.
        threads_left: Threads at the end beyond those at the start.
        files_left: Files and sockets that are open at the end and were not at the start.
        seconds: How long it took.
    """

    n_frames: int = 0
    n_found: int = 0
    n_recorded: int = 0
    n_left_out: int = 0
    n_lost: int = 0
    n_faults: int = 0
    n_restarts: int = 0
    growth_mib: float = 0.0
    threads_left: int = 0
    files_left: int = 0
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost and nothing leaked."""
        left = self.n_lost + self.threads_left + self.files_left
        return left == 0 and self.growth_mib < GROWTH_MIB


class Somebody:
    """A detector that sees a swaying person, at times nobody, and now and then numbers that are none."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = random.Random(seed)
        rng = np.random.default_rng(seed)
        self._joints = rng.normal(0.0, [0.15, 0.45, 0.12], (len(LANDMARK_TO_COCO), 3))
        self.n_faults = 0

    def detect(self, frame: Frame) -> Detection:
        """Return what it sees."""
        landmarks = np.zeros((N_LANDMARKS, 3))
        landmarks[LANDMARK_TO_COCO] = self._joints * (1 + 0.05 * np.sin(frame.index / 7))
        pixels, seen = landmarks[:, :2] * 300 + 300, np.ones(N_LANDMARKS)
        fate = self._chance.random()
        if fate < 0.01:
            self.n_faults += 1
            landmarks[:], pixels[:], seen[:] = np.nan, np.nan, 0.0
        elif fate < 0.015:
            self.n_faults += 1
            array = self._chance.choice([landmarks, pixels, seen])
            array[self._chance.randrange(N_LANDMARKS)] = self._chance.choice([np.nan, np.inf, -np.inf])
        return Detection(frame, pixels, landmarks, seen)

    def close(self) -> None:
        """Nothing to free."""


class FaultySource:
    """A camera that stalls, repeats and forgets stamps, changes its resolution, and breaks off."""

    def __init__(self, seed: int, interval_s: float) -> None:
        self._chance, self._interval_s = random.Random(seed), interval_s
        self.n_faults = 0
        self._is_closed = False

    def frames(self) -> Iterator[Frame]:
        """Yield frames until it breaks off."""
        clock, size, index = Clock(self._interval_s), (48, 32), 0
        started = time.monotonic()
        while not self._is_closed:
            fate = self._chance.random()
            stamp: float | None = time.monotonic() - started
            if fate < 0.05:
                self.n_faults += 1
                kind = self._chance.choice(["stall", "stamp", "no stamp", "size", "gone", "jump"])
                if kind == "stall":
                    time.sleep(self._interval_s * self._chance.randrange(2, 20))
                elif kind == "stamp":
                    stamp = self._chance.uniform(-1e6, 1e6)
                elif kind == "no stamp":
                    stamp = self._chance.choice([None, float("nan"), float("inf")])
                elif kind == "size":
                    size = self._chance.choice([(48, 32), (33, 17), (64, 48)])
                elif kind == "gone":
                    raise SourceError("The camera is gone; plug it in again.")
                else:
                    index += self._chance.randrange(1000)
            time.sleep(self._interval_s)
            yield Frame(np.zeros((size[1], size[0], 3), np.uint8), index, clock.repair(stamp))
            index += 1

    def close(self) -> None:
        """End `frames` at its next frame."""
        self._is_closed = True


def many_frames(count: int, refiner: Path) -> Outcome:
    """Put frames through one pipeline, without keeping them, and measure what it grows by."""
    outcome, detector = Outcome(), Somebody()
    image = np.zeros((8, 8, 3), np.uint8)
    warm_mib = 0.0
    started = time.perf_counter()
    with Pipeline(detector, DepthRefiner(refiner)) as pipeline:
        for index in range(count):
            gap_s = 10.0 if index % 100_000 == 99_999 else 0.0  # now and then a new stream
            packet = pipeline.process(Frame(image, index, index / 30 + gap_s * (index // 100_000)))
            outcome.n_frames += 1
            outcome.n_found += packet.detection.is_found
            outcome.n_lost += packet.detection.is_found and not np.isfinite(packet.joints_m).all()
            if index == count // 10:
                warm_mib = resident_mib()
    outcome.n_faults = detector.n_faults
    outcome.growth_mib = resident_mib() - warm_mib
    outcome.seconds = time.perf_counter() - started
    return outcome


class Witness:
    """Records as the window does, and remembers what the files must hold."""

    def __init__(self, folder: Path) -> None:
        self._recording = Recording(folder, "soak", 30.0, {})
        self._made: list[Refined] = []
        self._was_taken: list[bool] = []

    def add(self, packet: Refined) -> None:
        """Take in a packet; called in the inference thread."""
        n_before = self._recording.n_frames
        self._recording.add(packet)
        self._was_taken.append(self._recording.n_frames > n_before)
        self._made.append(packet)

    def testify(self, outcome: Outcome) -> None:
        """Finish the recording, read its files, and add what they hold and lack."""
        outcome.n_frames += len(self._made)
        outcome.n_found += sum(packet.detection.is_found for packet in self._made)
        try:
            recorded = self._recording.stop()
        except DataError:  # not a single packet came
            outcome.n_lost += len(self._made)
            return
        sequence = EXPORTERS["npz"].load(recorded.sequence)
        with av.open(str(recorded.video)) as container:
            n_pictures = sum(1 for _ in container.decode(video=0))
        taken = [packet for packet, was_taken in zip(self._made, self._was_taken, strict=True) if was_taken]
        start_s = self._made[0].detection.frame.time_s
        times_s = np.array([packet.detection.frame.time_s - start_s for packet in taken])
        joints_m = np.array([packet.joints_m for packet in taken], np.float32)
        if len(sequence) == len(taken):
            is_same = np.isclose(sequence.time_s, times_s, rtol=0, atol=1e-6)
            is_same &= (np.isclose(sequence.joints_m, joints_m, atol=1e-5, equal_nan=True)).all(axis=(1, 2))
            outcome.n_lost += int((~is_same).sum())
        outcome.n_lost += abs(len(self._made) - len(sequence) - recorded.n_left_out)
        outcome.n_lost += abs(len(sequence) - n_pictures)
        outcome.n_recorded += len(sequence)
        outcome.n_left_out += recorded.n_left_out


def live_with_faults(seconds: float, refiner: Path, *, seed: int = 0, interval_s: float = 1 / 60) -> Outcome:
    """Run live loops on faulty sources one after the other, recording all the while, as the window does."""
    outcome, detector, network = Outcome(), Somebody(seed), DepthRefiner(refiner)
    threads, files = set(threading.enumerate()), _open_files()
    warm_mib = 0.0
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        while time.perf_counter() - started < seconds:
            source, witness = FaultySource(seed + outcome.n_restarts, interval_s), Witness(Path(folder))
            loop = LiveLoop(
                source, lambda: Pipeline(detector, network, smooth=True), lossless=False, on_packet=witness.add
            )
            loop.start()
            while loop.stats.state is not LoopState.FAILED and time.perf_counter() - started < seconds:
                loop.take()
                if random.Random(loop.stats.n_processed).random() < 0.01:
                    loop.pause()
                    time.sleep(interval_s)
                    loop.resume()
                time.sleep(interval_s)
            loop.stop()
            n_before = outcome.n_frames
            witness.testify(outcome)
            outcome.n_lost += abs(loop.stats.n_processed - (outcome.n_frames - n_before))
            outcome.n_restarts += 1
            outcome.n_faults += source.n_faults
            if time.perf_counter() - started < seconds / 10:
                warm_mib = resident_mib()
    outcome.n_faults += detector.n_faults
    outcome.threads_left = len(set(threading.enumerate()) - threads)
    outcome.files_left = max(_open_files() - files, 0)
    outcome.growth_mib = resident_mib() - warm_mib if warm_mib else 0.0
    outcome.seconds = time.perf_counter() - started
    return outcome


def _open_files() -> int:
    listed = Path("/proc/self/fd")
    return len(os.listdir(listed)) if listed.exists() else 0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["frames", "live"])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--refiner", type=Path, default=DEFAULT_REFINER)
    chosen = parser.parse_args()
    if chosen.what == "frames":
        outcome = many_frames(chosen.count, chosen.refiner)
    else:
        outcome = live_with_faults(chosen.minutes * 60, chosen.refiner)
    print(json.dumps({"what": chosen.what, **asdict(outcome), "sound": outcome.is_sound}))
    return 0 if outcome.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
