"""Capture-to-display latency: a camera whose images carry their frame number, watched at the rate of a screen."""

import time
from collections.abc import Iterator
from itertools import cycle, islice

import numpy as np

from core.bench.clip import Bench, Figures
from core.bench.pipeline import TimedDetector
from core.errors import SettingsError
from core.live.loop import LiveLoop
from core.pose.types import Frame, ImageArray
from core.refinement.pipeline import Pipeline

CAMERA_FPS = 30.0
_SECONDS, _SCREEN_S = 20.0, 1 / 60
_LONGEST_S = 120.0
_BITS, _CELL_PX = 16, 8


def stamp(image: ImageArray, number: int) -> ImageArray:
    """Return a copy with a number drawn into its last rows, one square per bit."""
    stamped = image.copy()
    bits = [(number >> bit) & 1 for bit in range(_BITS)]
    cells = np.repeat(np.array(bits, np.uint8) * 255, _CELL_PX)
    stamped[-_CELL_PX:, : len(cells)] = cells[None, :, None]
    return stamped


def read_stamp(image: ImageArray) -> int:
    """Return the number that `stamp` drew."""
    middle = image[-_CELL_PX // 2, _CELL_PX // 2 : _BITS * _CELL_PX : _CELL_PX, 1]
    return sum(1 << bit for bit, level in enumerate(middle) if level > 127)


class FakeCamera:
    """Gives a clip's images again and again at a fixed rate, whether they are taken or not, and notes when."""

    def __init__(self, images: list[ImageArray], fps: float = CAMERA_FPS) -> None:
        self._images, self._fps = images, fps
        self.taken_at: dict[int, float] = {}
        self._is_closed = False

    def frames(self) -> Iterator[Frame]:
        """Yield frames at their time."""
        started = time.perf_counter()
        for number, image in enumerate(cycle(self._images)):
            frame = Frame(stamp(image, number), number, number / self._fps)
            due = started + number / self._fps
            time.sleep(max(0.0, due - time.perf_counter()))
            if self._is_closed:
                return
            self.taken_at[number] = time.perf_counter()
            yield frame

    def close(self) -> None:
        """End at the next frame."""
        self._is_closed = True


def images_of(bench: Bench) -> list[ImageArray]:
    """Return the first two seconds of the clip.

    Raises:
        SettingsError: Its images are too small to carry a number.
    """
    images = [frame.image for frame in islice(bench.frames(), 60)]
    if not images or images[0].shape[1] < _BITS * _CELL_PX:
        raise SettingsError(f"The images of {bench.video.name} are too small to carry a number; choose a larger clip.")
    return images


def live(bench: Bench) -> Figures:
    """Measure from a camera giving an image to a screen's next look finding its packet, without drawing.

    The budget is one and a half frame intervals and MediaPipe's own time.
    """
    n_wanted = bench.scaled(int(_SECONDS * CAMERA_FPS), 45)
    camera = FakeCamera(images_of(bench))
    detect_s: list[float] = []

    def make_pipeline() -> Pipeline:
        return Pipeline(TimedDetector(bench.detector(), detect_s), bench.refiner, smooth=True)

    loop = LiveLoop(camera, make_pipeline, lossless=False)
    loop.start()
    latencies: list[float] = []
    deadline = time.perf_counter() + _LONGEST_S
    while len(latencies) < n_wanted and time.perf_counter() < deadline and not loop.stats.error:
        time.sleep(_SCREEN_S)
        packet = loop.take()
        if packet is not None:
            number = read_stamp(packet.detection.frame.image)
            latencies.append(time.perf_counter() - camera.taken_at[number])
    stats = loop.stats
    loop.stop()
    if stats.error:
        raise SettingsError(stats.error)
    latencies, detect_s = latencies[bench.warm_up :], detect_s[bench.warm_up :]
    if not latencies:
        raise SettingsError(f"The live loop showed too few frames in {_LONGEST_S:g} s to measure.")
    mediapipe_ms = float(np.median(detect_s)) * 1e3
    budget_ms = 1.5 / CAMERA_FPS * 1e3 + mediapipe_ms
    median_ms = float(np.median(latencies)) * 1e3
    return {
        "latency_p50_ms": median_ms,
        "latency_p99_ms": float(np.percentile(latencies, 99)) * 1e3,
        "mediapipe_p50_ms": mediapipe_ms,
        "budget_ms": budget_ms,
        "latency_over_budget": median_ms / budget_ms,
        "dropped_share": stats.n_dropped / max(stats.n_captured, 1),
    }
