"""MediaPipe's pose landmarker: frames in, landmarks out."""

import contextlib
import os
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import numpy as np

from core.detection.bundle import PoseModel
from core.errors import ModelError
from core.pose.types import Detection, FloatArray, Frame, nobody
from core.system.telemetry import load_mediapipe

mp = load_mediapipe()

MODES = ("video", "image")
_STDERR_LOCK = threading.Lock()


class PoseDetector:
    """Find one person's landmarks in RGB frames.

    `video` tracks from frame to frame and is what runs live; `image` looks at each frame afresh. Their errors
    differ by 15-29 mm, so pairs for training are made in the mode that runs live. Frames must come in the order of
    time. Use as a context manager, or call `close`. Not thread-safe: one detector belongs to one thread.
    """

    def __init__(self, model: PoseModel, mode: str = "video", *, n_people: int = 1) -> None:
        """Load the model.

        Args:
            model: MediaPipe's pose model.
            mode: video or image.
            n_people: The most people that `detect_all` returns; smoothing over time is only done for one.

        Raises:
            ModelError: Unknown mode, or MediaPipe refuses the file.
        """
        if mode not in MODES:
            raise ModelError(f"There is no running mode '{mode}'; choose video or image.")
        self.model, self.mode, self.n_people = model, mode, n_people
        self._landmarker = self._create()
        self._last_ms = -1
        self._has_spoken = False  # MediaPipe warns once, at the first image

    def detect(self, frame: Frame) -> Detection:
        """Return the landmarks of one frame; all NaN, visibility 0, when nobody is seen."""
        return next(iter(self.detect_all(frame)), None) or nobody(frame)

    def detect_all(self, frame: Frame) -> list[Detection]:
        """Return everybody that is seen, up to `n_people`, in no particular order."""
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame.image))
        with contextlib.nullcontext() if self._has_spoken else _quiet_stderr():
            result = self._run(image, frame)
        self._has_spoken = True
        found = zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
        return [_detection(frame, landmarks, world) for landmarks, world in found]

    def reset(self) -> None:
        """Forget whom it followed: the next frame is of another place or time. Takes a tenth of a second.

        MediaPipe has no such call. Without it the first frames after a jump are off by up to 20 cm, and a blank
        image in between still leaves 2 cm.
        """
        self.close()
        self._landmarker, self._last_ms, self._has_spoken = self._create(), -1, False

    def _create(self) -> Any:
        vision: Any = mp.tasks.vision
        options = vision.PoseLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=str(self.model.path)),
            running_mode=vision.RunningMode.VIDEO if self.mode == "video" else vision.RunningMode.IMAGE,
            num_poses=self.n_people,
        )
        try:
            with _quiet_stderr():
                return vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"MediaPipe cannot load {self.model.path}: {str(error).splitlines()[0]}") from error

    def _run(self, image: Any, frame: Frame) -> Any:
        if self.mode == "video":
            # MediaPipe wants strictly increasing integers, and two frames may fall into one millisecond
            self._last_ms = max(self._last_ms + 1, round(frame.time_s * 1000))
            return self._landmarker.detect_for_video(image, self._last_ms)
        return self._landmarker.detect(image)

    def close(self) -> None:
        """Free the model; safe to call twice."""
        if self._landmarker is not None:
            with _quiet_stderr():
                self._landmarker.close()
            self._landmarker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _detection(frame: Frame, image_landmarks: Any, world_landmarks: Any) -> Detection:
    width, height = frame.size_px
    flat: FloatArray = np.array(
        [
            (p.x * width, p.y * height, p.visibility, w.x, w.y, w.z)
            for p, w in zip(image_landmarks, world_landmarks, strict=True)
        ]
    )
    return Detection(frame, flat[:, :2], flat[:, 3:], flat[:, 2])


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Silence the C++ chatter of MediaPipe, which no Python logging setting reaches."""
    with _STDERR_LOCK:  # stderr is the process's: two threads must not put it back crosswise
        saved = os.dup(2)
        try:
            with open(os.devnull, "wb") as sink:
                os.dup2(sink.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
