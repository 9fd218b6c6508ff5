"""Videos that were cut, spliced, re-timed or overwritten, and what must hold of whatever is read from them.

python -m tests.fuzz.containers 500          # so many, and what got past is kept in build/fuzz/containers
python -m tests.fuzz.containers 20 --first 7000
"""

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from core.errors import NdrError
from core.pose.frame_rate import FASTEST_HZ
from core.sequence.resampling import MOST_ROWS, resampled_evenly
from core.sources import VideoFile
from core.sources.video.small_frames import small_frames
from core.sources.video.timeline import LONGEST_PAUSE_S
from core.system.files.program import ROOT
from tests.core.scenes import squat_scene

KEPT = ROOT / "build" / "fuzz" / "containers"
N_FRAMES = 40
CODECS = {
    "mp4": "libx264", "mov": "libx264", "mkv": "libx264", "ts": "libx264", "flv": "libx264", "nut": "mpeg4",
    "avi": "mpeg4", "webm": "libvpx", "mpg": "mpeg2video", "h264": "libx264", "mjpeg": "mjpeg", "gif": "gif",
}  # fmt: skip
"""Container → what is stored in it."""
SLOWEST_S = 20.0


def sound(folder: Path, name: str, rng: random.Random) -> Path:
    """Write a small film whose every frame is another grey."""
    ending = name.rpartition(".")[2]
    codec = CODECS[ending]
    rate = rng.choice([10, 24, 25, 30, 60]) if codec != "mpeg2video" else 25
    options = {"g": str(rng.choice([1, 6, 12])), "bf": str(rng.choice([0, 2]))} if codec == "libx264" else {}
    path = folder / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        for i in range(N_FRAMES):
            image = np.full((48, 64, 3), 20 + 5 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def retimed(path: Path, target: Path, rng: random.Random) -> None:
    """Copy the packets with times that are wrong in one of many ways; some ways a muxer refuses."""
    jump = rng.choice([1, 500, 40_000, 10**6, 2**31, 2**32, 95_443_717, -500, -(10**6), -(2**32)])
    at, way = rng.randrange(N_FRAMES), rng.randrange(9)
    tick = Fraction(1, rng.choice([30, 100, 600, 1000, 90_000]))
    with av.open(str(path)) as given, av.open(str(target), "w") as taken:
        stream = given.streams.video[0]
        copy = taken.add_stream_from_template(stream)
        packets = [packet for packet in given.demux(stream) if packet.size]
        if way == 0:
            packets = [packet for packet in packets if rng.random() < 0.8]
        elif way == 1:
            packets = packets[at:] + packets[:at]
        for number, packet in enumerate(packets):
            base, shown, decoded = packet.time_base, packet.pts, packet.dts
            if way == 2 and number >= at:
                shown, decoded = _moved(shown, jump), _moved(decoded, jump)
            elif way == 3 and number == at:
                shown = _moved(shown, jump)
            elif way == 4 and number < at:
                shown = decoded = None
            elif way == 5 and rng.random() < 0.3:
                shown = None
            elif way == 6:
                shown = decoded = number // 3
            elif way == 7:
                shown = decoded = None if shown is None else int(shown * base / tick)
                base = tick
            elif way == 8 and number >= at:
                shown, decoded = (
                    _moved(shown, -(shown or 0) + number - at),
                    _moved(decoded, -(decoded or 0) + number - at),
                )
            packet.pts, packet.dts, packet.time_base, packet.stream = shown, decoded, base, copy
            try:
                taken.mux(packet)
            except (av.error.FFmpegError, ValueError, OverflowError):
                continue


def _moved(stamp: int | None, by: int) -> int | None:
    return None if stamp is None else stamp + by


def overwritten(content: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return the bytes of a file after one to three accidents."""
    for _ in range(rng.randint(1, 3)):
        a, b = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        way = rng.randrange(7)
        if way == 0:
            content = content[: max(a, 16)]
        elif way == 1:
            content = content[:a] + bytes(min(b - a, 200)) + content[a + min(b - a, 200) :]
        elif way == 2:
            content = content + other
        elif way == 3:
            content = content[:a] + content[b:]
        elif way == 4:
            content = content[:b] + content[a:b] + content[b:]
        elif way == 5:
            content = content[:a] + rng.randbytes(rng.randint(1, 64)) + content[a:]
        else:
            changed = bytearray(content)
            for _ in range(rng.randint(1, 30)):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            content = bytes(changed)
        if not content:
            return other
    return content


def mutated(folder: Path, seed: int) -> Path:
    """Write the film of a seed, with whatever happened to it."""
    rng = random.Random(seed)
    ending = rng.choice(list(CODECS))
    path = sound(folder, f"sound.{ending}", rng)
    target = folder / f"mutated.{rng.choice(['mkv', 'nut', ending, ending])}"
    if rng.random() < 0.55:
        try:
            retimed(path, target, rng)
        except (av.error.FFmpegError, ValueError, OverflowError):
            target = folder / f"mutated.{ending}"
            shutil.copy(path, target)
    else:
        target = folder / f"mutated.{ending}"
        shutil.copy(path, target)
    if rng.random() < 0.6 or not target.stat().st_size:
        target.write_bytes(overwritten(target.read_bytes() or path.read_bytes(), path.read_bytes(), rng))
    return target


def check(path: Path) -> str:
    """Read a film in all ways that the program has; return what became of it.

    Raises:
        AssertionError: It makes no sense.
    """
    try:
        source = VideoFile(path)
        frames = [(frame.index, frame.time_s) for frame in source.frames()]
    except NdrError as error:
        return "refused" if "\n" not in str(error).strip() else _fail(f"several lines: {error}")
    for sentence in source.warnings:
        assert "\n" not in sentence, sentence
    times_s = np.array([time_s for _, time_s in frames])
    every_s = source.frame_times_s()
    assert source.fps is not None
    assert 0 < source.fps <= FASTEST_HZ
    for times in (times_s, every_s):
        assert np.isfinite(times).all()
        assert (np.diff(times) > 0).all()
        assert not len(times) or times[0] >= 0
        assert not len(times) or (np.diff(times) <= LONGEST_PAUSE_S + 1.0).all()
    assert all(b > a for (a, _), (b, _) in itertools.pairwise(frames))
    assert len(frames) <= 4 * N_FRAMES + 2
    if len(frames) > 1 and frames[-1][1] < source.duration_s:  # a damaged stream may give more than it has packets
        scene = squat_scene(n=len(frames), times_s=times_s).sequence
        scene.meta["fps"] = source.fps
        assert len(resampled_evenly(scene)) <= MOST_ROWS * len(frames)
        middle = frames[len(frames) // 2]
        part = [(frame.index, frame.time_s) for frame in VideoFile(path, start_s=middle[1]).frames()]
        if not (source.warnings or _lost(frames)):  # else what comes out depends on where decoding begins
            assert part == frames[len(frames) // 2 :], (part[:2], middle)
        shown = [time_s for time_s, _ in small_frames(path, float(middle[1]), every_s=1.0, size_px=32)]
        assert all(b > a for a, b in itertools.pairwise(shown))
    return "repaired" if source.time_repairs else "damaged" if source.warnings else "read"


def _fail(why: str) -> str:
    raise AssertionError(why)


def _lost(frames: list[tuple[int, float]]) -> bool:
    return frames[-1][0] - frames[0][0] >= len(frames) or frames[0][0] > 0


def main() -> int:
    """Try as many as are asked for; 1 when one got past."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int)
    parser.add_argument("--first", type=int, default=0, help="The first seed.")
    chosen = parser.parse_args()
    outcomes: dict[str, int] = {}
    for seed in range(chosen.first, chosen.first + chosen.number):
        with tempfile.TemporaryDirectory() as folder:
            path = mutated(Path(folder), seed)
            started = time.process_time()
            try:
                outcome = check(path)
                assert time.process_time() - started < SLOWEST_S, "too slow"
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
                outcome = "GOT PAST"
                KEPT.mkdir(parents=True, exist_ok=True)
                kept = shutil.copy(path, KEPT / f"{seed}{path.suffix}")
                print(f"{kept}: {type(error).__name__}: {error}".splitlines()[0], flush=True)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print(", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items())))
    return int("GOT PAST" in outcomes)


if __name__ == "__main__":
    sys.exit(main())
