"""The studio's frames per second against MediaPipe alone on the same images, one process."""

import time

from core.bench.clip import Bench, Figures
from core.detection.detector import PoseDetector
from core.detection.looks import Look
from core.pose.types import Frame
from models.bench.people import swaying
from models.data.looks import LoadedLook
from models.data.studio.body import load_template
from models.data.studio.clip import frames, make_pairs, observe, prepare
from models.data.studio.plan import plan_clips
from models.data.studio.renderer import Renderer

_FRAMES, _SIZE = 300, 640


def studio(bench: Bench) -> Figures:
    """Film, detect and pair; then let MediaPipe alone look at the same images."""
    n = bench.scaled(_FRAMES, 60)
    template = load_template()
    renderer = Renderer()
    plans = list(plan_clips((swaying(900),), n, 0))
    list(frames(prepare(plans[0], template, _SIZE), renderer))  # the first clip also loads and compiles
    look = LoadedLook(Look(bench.pose_model.variant), bench.pose_model)
    n_frames, filmed_s, rendered_s, detected_s, n_pairs = 0, 0.0, 0.0, 0.0, 0
    for plan in plans:
        started = time.perf_counter()
        take = prepare(plan, template, _SIZE)
        (seen,) = observe(frames(take, renderer), take, (look,))
        n_pairs += len(make_pairs(take, seen, look))
        filmed_s += time.perf_counter() - started
        started = time.perf_counter()
        images = list(frames(take, renderer))
        rendered_s += time.perf_counter() - started
        with PoseDetector(bench.pose_model) as detector:
            started = time.perf_counter()
            for index, image in enumerate(images):
                detector.detect(Frame(image, index, index / plan.fps))
            detected_s += time.perf_counter() - started
        n_frames += len(images)
    return {
        "fps": n_frames / filmed_s,
        "mediapipe_fps": n_frames / detected_s,
        "render_fps": n_frames / rendered_s,
        "fps_ratio": detected_s / filmed_s,
        "found_share": n_pairs / n_frames,
    }
