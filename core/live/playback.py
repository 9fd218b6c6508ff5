"""What a person wants of a file that plays: pause, step, seek, speed, range, loop."""

import threading
import time
from dataclasses import dataclass

from core.errors import SettingsError

SLOWEST, FASTEST = 0.1, 2.0
UNPACED = float("inf")
"""A speed: every frame as soon as the one before is done."""

_LATE_S = 0.1


@dataclass(frozen=True, slots=True)
class Request:
    """Where reading is to begin.

    Attributes:
        number: Grows with every request; frames read for an earlier one are worth nothing.
        time_s: The first frame wanted is the first at or after it; None for the start of the source.
        is_before: The last frame before `time_s` is wanted instead: a step back.
    """

    number: int
    time_s: float | None = None
    is_before: bool = False


class Transport:
    """The gate that frames pass one by one on their way to inference.

    Threading: any method from any thread; `wait_turn` blocks the inference thread, `wait_other` the reading one.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._request = Request(0)
        self._served = 0  # number of the request that a frame passed for last
        self._range: tuple[float, float | None] = (0.0, None)
        self._is_paused = self._is_looping = self._is_over = False
        self._speed = 1.0
        self._n_allowed = 0  # frames that may pass although it is paused
        self._anchor: tuple[float, float] | None = None  # wall clock and clip time of a frame that was on time

    @property
    def request(self) -> Request:
        """The newest request."""
        return self._request

    @property
    def is_paused(self) -> bool:
        """Whether frames are held."""
        return self._is_paused

    @property
    def is_looping(self) -> bool:
        """Whether the range is played again when it ends."""
        return self._is_looping

    @property
    def speed(self) -> float:
        """How fast the clip's own time goes by; 1 is the clip's pace."""
        return self._speed

    @property
    def range_s(self) -> tuple[float, float | None]:
        """In and out point, seconds; None is the end of the file."""
        return self._range

    def pause(self) -> None:
        """Hold every frame."""
        with self._condition:
            self._is_paused, self._n_allowed = True, 0
            self._condition.notify_all()

    def resume(self) -> None:
        """Let frames pass at their own times."""
        with self._condition:
            self._is_paused, self._anchor = False, None
            self._condition.notify_all()

    def seek(self, time_s: float) -> None:
        """Go on from the first frame at or after a time; it is shown although paused."""
        self._ask(time_s, is_before=False)

    def show_again(self, time_s: float) -> None:
        """Show the frame at a time once more, or what was asked for meanwhile and is not shown yet."""
        with self._condition:
            asked = self._request
            if asked.time_s is not None and asked.number != self._served:
                self._ask(asked.time_s, is_before=asked.is_before)
            else:
                self._ask(time_s, is_before=False)

    def step(self, time_s: float, n: int) -> None:
        """Pause and go one frame on (`n` > 0), or back from the frame at `time_s`."""
        self.pause()
        if n > 0:
            with self._condition:
                self._n_allowed += 1
                self._condition.notify_all()
        else:
            self._ask(time_s, is_before=True)

    def set_speed(self, speed: float) -> None:
        """Play slower or faster.

        Raises:
            SettingsError: Not between `SLOWEST` and `FASTEST`, nor `UNPACED`.
        """
        if not (SLOWEST <= speed <= FASTEST or speed == UNPACED):
            raise SettingsError(f"A speed of {speed:g} is not possible; choose {SLOWEST:g} to {FASTEST:g}.")
        with self._condition:
            self._speed, self._anchor = speed, None
            self._condition.notify_all()

    def set_range(self, in_s: float, out_s: float | None) -> None:
        """Play only what lies between two times; frames at the out point itself are left out.

        Raises:
            SettingsError: The out point is not behind the in point.
        """
        if in_s < 0 or (out_s is not None and out_s <= in_s):
            raise SettingsError(f"The out point ({out_s:g} s) must lie behind the in point ({in_s:g} s).")
        with self._condition:
            self._range = (in_s, out_s)
            self._condition.notify_all()

    def set_looping(self, is_looping: bool) -> None:
        """Play the range again and again, or once."""
        with self._condition:
            self._is_looping = is_looping

    def end(self) -> None:
        """Let everybody who waits go: the loop stops."""
        with self._condition:
            self._is_over = True
            self._condition.notify_all()

    def wait_turn(self, number: int, time_s: float, *, is_asked_for: bool = False) -> bool:
        """Wait until a frame may pass; False when it is no longer wanted.

        Args:
            number: Of the request it was read for.
            time_s: Its time in the clip.
            is_asked_for: Whether it may pass behind the out point.
        """
        with self._condition:
            while not self._is_over and number == self._request.number:
                out_s = self._range[1]
                if out_s is not None and time_s >= out_s and not is_asked_for:
                    return False  # it was read before the out point was set
                if self._is_paused:
                    self._anchor = None
                    if self._n_allowed > 0:
                        self._n_allowed -= 1
                        self._served = number
                        return True
                    self._condition.wait()
                    continue
                wait_s = self._time_to_wait(time_s)
                if wait_s <= 0:
                    self._served = number
                    return True
                self._condition.wait(wait_s)
            return False

    def wait_other(self, number: int) -> None:
        """Wait for a request newer than `number`, or the end."""
        with self._condition:
            while not self._is_over and number == self._request.number:
                self._condition.wait()

    def _ask(self, time_s: float, *, is_before: bool) -> None:
        with self._condition:
            self._request = Request(self._request.number + 1, time_s, is_before)
            self._n_allowed, self._anchor = 1, None
            self._condition.notify_all()

    def _time_to_wait(self, time_s: float) -> float:
        now = time.perf_counter()
        if self._anchor is not None:
            wall, clip = self._anchor
            wait_s = wall + (time_s - clip) / self._speed - now
            if wait_s > -_LATE_S and time_s >= clip:
                return wait_s
        self._anchor = (now, time_s)  # late or just resumed: go on from here rather than race to catch up
        return 0.0
