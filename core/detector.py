"""MediaPipe's pose landmarker: frames in, landmarks out."""

import contextlib
import os
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import mediapipe as mp
import numpy as np

from core.errors import ModelError
from core.pose_model import PoseModel
from core.skeleton import N_LANDMARKS
from core.types import Detection, FloatArray, Frame

MODES = ("video", "image")
_STDERR_LOCK = threading.Lock()


class PoseDetector:
    """Find one person's landmarks in RGB frames.

    `video` tracks from frame to frame and is what runs live; `image` looks at each frame afresh. Their errors
    differ by 15-29 mm, so pairs for training are made in the mode that runs live. Frames must come in the order of
    time. Use as a context manager, or call `close`. Not thread-safe: one detector belongs to one thread.
    """

    def __init__(self, model: PoseModel, mode: str = "video") -> None:
        """Load the model.

        Raises:
            ModelError: Unknown mode, or MediaPipe refuses the file.
        """
        if mode not in MODES:
            raise ModelError(f"There is no running mode '{mode}'; choose video or image.")
        self.model, self.mode = model, mode
        vision: Any = mp.tasks.vision
        options = vision.PoseLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=str(model.path)),
            running_mode=vision.RunningMode.VIDEO if mode == "video" else vision.RunningMode.IMAGE,
        )
        try:
            with _quiet_stderr():
                self._landmarker = vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"MediaPipe cannot load {model.path}: {str(error).splitlines()[0]}") from error
        self._last_ms = -1
        self._has_spoken = False  # MediaPipe warns once, at the first image

    def detect(self, frame: Frame) -> Detection:
        """Return the landmarks of one frame; all NaN, visibility 0, when nobody is seen."""
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame.image))
        with contextlib.nullcontext() if self._has_spoken else _quiet_stderr():
            result = self._run(image, frame)
        self._has_spoken = True
        if not result.pose_landmarks:
            return nobody(frame)
        return _detection(frame, result.pose_landmarks[0], result.pose_world_landmarks[0])

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


def nobody(frame: Frame) -> Detection:
    """Return the detection of a frame in which nobody was seen."""
    return Detection(frame, np.full((N_LANDMARKS, 2), np.nan), np.full((N_LANDMARKS, 3), np.nan), np.zeros(N_LANDMARKS))


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
