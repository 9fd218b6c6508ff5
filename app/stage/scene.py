"""What the 3D views draw: a packet's joints turned into display axes, standing on a floor.

Display axes: x to the camera's right, y away from the camera and level, z against gravity; metres. Seen from
azimuth -90 degrees, this is what the camera sees.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.stage.body import Body, body_of
from app.stage.filming_camera import FilmingCamera
from app.stage.ground import ANKLE_HEIGHT_M, Ground
from core.pose.geometry import rotate
from core.pose.rigid_landmarks import attach_rigid_landmarks
from core.pose.seen import seen_in
from core.pose.skeleton import (
    BODY,
    EDGES,
    LANDMARK_JOINT,
    LANDMARK_TO_COCO,
    LEFT_ANKLE,
    N_JOINTS,
    RIGHT_ANKLE,
    SIDE,
)
from core.pose.types import BoolArray, FloatArray, Refined
from core.sequence.root_trajectory import hips_m
from core.take.poses import Poses

EDGE_SIDE: Final = np.sign(SIDE[EDGES].sum(axis=1))
"""(18,) 1 for a bone on the left, -1 on the right, 0 for one that joins both."""

_SMOOTHING: Final = 0.2
_TRAIL_S: Final = 1.5
_TRAIL_ROWS: Final = 90
_JUMP_S: Final = 0.5


def to_display(joints_m: FloatArray, elevation_rad: float = 0.0) -> FloatArray:
    """Turn (..., 3) view-ray vectors (x right, y down, z forward) into display axes.

    Args:
        joints_m: (..., 3) in the view-ray frame of a camera without roll.
        elevation_rad: How far the camera looks down on the subject.

    Returns:
        (..., 3) x right, y away from the camera, z up against gravity.
    """
    sin, cos = np.sin(elevation_rad), np.cos(elevation_rad)
    rotation = np.array([[1.0, 0.0, 0.0], [0.0, -sin, cos], [0.0, -cos, -sin]])
    return np.asarray(np.asarray(joints_m, dtype=float) @ rotation.T)


@dataclass(frozen=True)
class Overlay:
    """Something drawn over the bodies by whoever measures: an arc, a line, a number.

    Attributes:
        points_m: (n, 3) of a line, display axes; (0, 3) for words alone.
        text: Beside `at_m`; "" for none.
        at_m: (3,) where the text is.
        colour: #rrggbb.
    """

    points_m: FloatArray
    text: str
    at_m: FloatArray
    colour: str


Measure = Callable[[Body], Sequence[Overlay]]


@dataclass(frozen=True)
class SkeletonScene:
    """One moment to draw.

    Attributes:
        raw: (17, 3) metres, display axes, feet near z = 0.
        refined: (17, 3) the same.
        opacity: (18,) 0..1 for each line of `core.pose.skeleton.EDGES`.
        uncertainty_m: (17,) radius of the sphere around each refined joint, metres; NaN draws none.
        facing_deg: Where the person looks, display azimuth; NaN when unknown.
        truth: (17, 3) as `raw`, where it is known; None draws none.
        body: The refined body with hands, feet and face; None where only joints are known, which are
            then drawn as lines.
        raw_body: The same of MediaPipe's joints.
        camera: What filmed; None where it is not known.
        trails: (n, 17, 3) where the refined joints were, the newest last.
        overlays: What is drawn over it.
    """

    raw: FloatArray
    refined: FloatArray
    opacity: FloatArray
    uncertainty_m: FloatArray
    facing_deg: float = float("nan")
    truth: FloatArray | None = None
    body: Body | None = None
    raw_body: Body | None = None
    camera: FilmingCamera | None = None
    trails: FloatArray | None = None
    overlays: tuple[Overlay, ...] = ()


class SceneBuilder:
    """Turns packets into scenes; remembers the floor, the camera's tilt and the person's place so that none trembles.

    Attributes:
        follows: The person stays in the middle; otherwise they walk about as `intrinsics` tell.
        intrinsics: (3, 3) of the camera, pixels; None: the person stays in the middle, on the floor, without a camera.
        scale: Factor on all lengths, from the person's height.
        measure: Draws over the refined body; None for nothing.
    """

    def __init__(self) -> None:
        self.follows, self.scale = True, 1.0
        self.intrinsics: FloatArray | None = None
        self.measure: Measure | None = None
        self._ground, self._learned = Ground(), (0, 0, 0.0, 0.0)
        self._trail: deque[tuple[float, FloatArray]] = deque(maxlen=_TRAIL_ROWS)
        self.reset()

    def reset(self) -> None:
        """Forget the floor, the tilt and the place: another source begins."""
        self._floor: float | None = None
        self._elevation = 0.0
        self._start: FloatArray | None = None
        self._place = np.zeros(3)
        self._distance, self._pan = float("nan"), 0.0
        self._ground.forget()
        self._learned = (0, 0, 0.0, 0.0)
        self._trail.clear()

    def learn_take(self, poses: Poses | None, *, is_whole: bool) -> None:
        """Find floor and tilt from what is known of a take; while it grows, not with every frame anew.

        Args:
            poses: What is known of it, None for nothing yet.
            is_whole: Whether that is all of it.
        """
        if poses is None or self.intrinsics is None:
            return
        n, camera = len(poses), (self.scale, float(self.intrinsics[0, 0]))
        is_news = id(poses) != self._learned[0] if is_whole else n > 1.25 * self._learned[1]
        if is_news or camera != self._learned[2:]:
            self._learned = (id(poses), n, *camera)
            self._ground.forget()
            self._ground.learn_take(
                poses.seen.landmarks_px, poses.joints_m, poses.direction, self.intrinsics, self.scale
            )

    def build(self, packet: Refined) -> SkeletonScene | None:
        """Return the scene of a packet, None when nobody was found."""
        view = packet.viewpoint
        if view is None or not np.isfinite(packet.joints_m).all():
            return None
        place, rotation = self._place_of(packet)
        refined_m, is_placed = packet.joints_m * self.scale, bool(np.isfinite(place).all())
        if is_placed:
            self._ground.learn(place, refined_m, view.elevation_rad)
            self._elevation = self._ground.elevation_rad(place)
        else:
            is_first = self._floor is None
            self._elevation = view.elevation_rad if is_first else _blend(self._elevation, view.elevation_rad)
        if self._trail and not 0 <= packet.detection.frame.time_s - self._trail[-1][0] < _JUMP_S:
            self._trail.clear()  # a jump to elsewhere
            self._distance = float("nan")
        walked = self._walk(place)
        raw, refined = self._display(packet.raw_m * self.scale), self._display(refined_m)
        move = walked + np.array([0.0, 0.0, self._lift(refined, place, is_placed)])
        seen = seen_in(packet.detection)
        body, raw_body = self._bodies(packet, seen, move)
        return SkeletonScene(
            raw=raw + move,
            refined=refined + move,
            opacity=edge_opacity(packet.detection.visibility[LANDMARK_TO_COCO]),
            uncertainty_m=_body_only(packet.uncertainty_m * self.scale),
            facing_deg=view.azimuth_deg - 90.0 - float(np.rad2deg(self._pan)),
            body=body,
            raw_body=raw_body,
            camera=self._camera(packet, place, rotation, move) if is_placed else None,
            trails=self._trails(packet.detection.frame.time_s, refined + move),
            overlays=() if self.measure is None else tuple(self.measure(body)),
        )

    def _lift(self, refined: FloatArray, place: FloatArray, is_placed: bool) -> float:
        """Return how high the hips are over the floor, metres."""
        lowest = float(refined[[LEFT_ANKLE, RIGHT_ANKLE], 2].min())
        if is_placed:
            self._floor = lowest - ANKLE_HEIGHT_M - self._ground.height_m(place, lowest)
        else:
            floor = lowest - ANKLE_HEIGHT_M
            self._floor = floor if self._floor is None else _blend(self._floor, floor)
        return -self._floor

    def _bodies(self, packet: Refined, seen: BoolArray, move: FloatArray) -> tuple[Body, Body]:
        landmarks = packet.detection.landmarks_m
        both = []
        for joints in (packet.joints_m, packet.raw_m):
            both.append(self._display(attach_rigid_landmarks(landmarks, joints) * self.scale) + move)
        change = ((packet.joints_m - packet.raw_m)[:, 2] * self.scale)[LANDMARK_JOINT]
        return body_of(both[0], seen, change), body_of(both[1], seen)

    def _place_of(self, packet: Refined) -> tuple[FloatArray, FloatArray]:
        """Return the (3,) hips in the camera frame, NaN where unknown, and the rotation into the view-ray frame."""
        if self.intrinsics is None:
            return np.full(3, np.nan), np.eye(3)
        seen = packet.detection
        pixels, visibility = seen.landmarks_px[None, LANDMARK_TO_COCO], seen.visibility[None, LANDMARK_TO_COCO]
        place, rotation = hips_m(pixels, packet.joints_m[None], visibility, self.intrinsics, self.scale)
        return place[0], rotation[0]

    def _camera(
        self, packet: Refined, place: FloatArray, rotation: FloatArray, move: FloatArray
    ) -> FilmingCamera | None:
        view = packet.viewpoint
        if self.intrinsics is None or view is None:
            return None
        # rows right, up, forward of the camera: its x, minus its y, its z
        axes = self._display(rotate(rotation, np.diag([1.0, -1.0, 1.0])))
        eye = move + self._display(np.array([0.0, 0.0, -self._distance]))
        return FilmingCamera(
            eye_m=eye,
            axes=axes,
            target_m=np.asarray(move, dtype=float),
            sees_from_m=move - self._display(rotation @ place),
            intrinsics=self.intrinsics,
            picture=packet.detection.frame.image,
            azimuth_deg=view.azimuth_deg,
            elevation_deg=view.elevation_deg,
        )

    def _trails(self, time_s: float, joints: FloatArray) -> FloatArray:
        if not self._trail or time_s > self._trail[-1][0]:
            self._trail.append((time_s, joints))
        while self._trail[0][0] < time_s - _TRAIL_S:
            self._trail.popleft()
        return np.array([joints for _, joints in self._trail]).reshape(-1, N_JOINTS, 3)

    def _walk(self, place: FloatArray) -> FloatArray:
        """Return how far the person is from where they were first, level, display axes."""
        if np.isfinite(place).all():
            distance = float(np.linalg.norm(place))
            # of where somebody is only the distance trembles
            self._distance = distance if np.isnan(self._distance) else _blend(self._distance, distance)
        if self.follows or self.intrinsics is None:
            self._start, self._pan = None, 0.0
            return np.zeros(3)
        if np.isfinite(place).all():
            self._pan = float(np.arctan2(place[0], place[2]))
            self._place = self._display(np.array([0.0, 0.0, self._distance])) * [1.0, 1.0, 0.0]
            if self._start is None:
                self._start = self._place
        return np.zeros(3) if self._start is None else np.asarray(self._place - self._start)

    def _display(self, points_m: FloatArray) -> FloatArray:
        """Return (..., 3) view-ray vectors in display axes; of one who walks, those of the camera, not of the ray."""
        sin, cos = np.sin(self._pan), np.cos(self._pan)
        turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(to_display(points_m, self._elevation) @ turn.T)


def edge_opacity(visibility: FloatArray) -> FloatArray:
    """Return the (18,) opacity of each line from the (17,) visibility of joints: that of its less visible end."""
    return np.asarray(0.15 + 0.85 * np.clip(visibility[EDGES].min(axis=1), 0.0, 1.0))


def _body_only(uncertainty_m: FloatArray) -> FloatArray:
    """Return (17,) without the face, whose spheres would hide it."""
    result = np.full(uncertainty_m.shape, np.nan)
    result[BODY] = uncertainty_m[BODY]
    return result


def _blend(old: float, new: float) -> float:
    return old + _SMOOTHING * (new - old)
