"""True time: which moment of a recording is due now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SPEED_RANGE = (0.1, 10.0)


class Pacer:
    """Map the clock to a recording's own time: moment = anchor + elapsed x speed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wall_s = clock()
        self._moment_s = 0.0
        self._speed = 1.0

    @property
    def speed(self) -> float:
        return self._speed

    def anchor(self, moment_s: float, wall_s: float | None = None) -> None:
        """Say that `moment_s` of the recording is due at `wall_s` (None: now)."""
        self._moment_s = moment_s
        self._wall_s = self._clock() if wall_s is None else wall_s

    def set_speed(self, speed: float) -> None:
        """Go on from this moment at another speed, kept within `SPEED_RANGE`."""
        self.anchor(self.now_s())
        self._speed = min(max(speed, SPEED_RANGE[0]), SPEED_RANGE[1])

    def now_s(self) -> float:
        """Return the moment that is due now."""
        return self._moment_s + (self._clock() - self._wall_s) * self._speed

    def wall_of(self, moment_s: float) -> float:
        """Return the clock's time at which `moment_s` is due."""
        return self._wall_s + (moment_s - self._moment_s) / self._speed

    def due_in_s(self, moment_s: float) -> float:
        """Return the seconds until `moment_s` is due, 0 if it is overdue."""
        return max(0.0, self.wall_of(moment_s) - self._clock())
