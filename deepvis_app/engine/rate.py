"""How often something happens."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_S = 1.0


class RateMeter:
    """Events a second over the last second; any thread may count or ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._times: deque[float] = deque(maxlen=1000)

    def count(self) -> None:
        with self._lock:
            self._times.append(self._clock())

    def rate(self) -> float:
        """Return events a second; slow rates fade to 0 as their next event fails to come."""
        with self._lock:
            now = self._clock()
            while len(self._times) > 2 and now - self._times[1] > WINDOW_S:
                self._times.popleft()
            if len(self._times) < 2:
                return 0.0
            intervals = len(self._times) - 1
            took_s = self._times[-1] - self._times[0]
            usual_s = took_s / intervals
            if now - self._times[-1] > 3 * max(usual_s, WINDOW_S):
                return 0.0
            overdue_s = max(now - self._times[-1] - usual_s, 0.0)
            return intervals / max(took_s + overdue_s, 1e-6)
