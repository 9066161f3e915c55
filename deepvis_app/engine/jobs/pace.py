"""How long things take, so that what comes next can be foretold."""

from __future__ import annotations

from collections import deque
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

SMOOTHING = 0.2  # weight of a new duration
USUAL_S = 0.03  # of a piece that nothing is known of
LONGEST_GAP_S = 5.0  # a longer one was a pause
LAST_STEPS = 64  # that tell how long the rest will take


class Pace:
    """Durations by kind."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, float]] = {}  # mean, mean distance from it

    def note(self, kind: Hashable, seconds: float) -> None:
        mean, spread = self._known.get(kind, (seconds, 0.0))
        spread += SMOOTHING * (abs(seconds - mean) - spread)
        self._known[kind] = mean + SMOOTHING * (seconds - mean), spread

    def expect(self, kind: Hashable) -> float:
        """Return how long the next of a kind will take at most, as a rule."""
        mean, spread = self._known.get(kind, (USUAL_S, 0.0))
        return mean + spread


class Remaining:
    """How long it will take, by how long it took lately: for one job at a time.

    By the middle of the last steps' times: one that was late, or a busy moment, moves it little.
    """

    def __init__(self) -> None:
        self._steps_s: deque[float] = deque(maxlen=LAST_STEPS)  # waiting included
        self._last_s: float | None = None

    def step(self, now_s: float, steps: int) -> None:
        """Note that so many parts' steps have ended now."""
        if steps <= 0:
            return
        if self._last_s is not None and now_s - self._last_s < LONGEST_GAP_S:
            self._steps_s.append((now_s - self._last_s) / steps)
        self._last_s = now_s

    def seconds(self, steps: float) -> float | None:
        """Return how long so many parts' steps will take; None: not known."""
        return _middle(self._steps_s) * steps if self._steps_s else None


def _middle(values: Collection[float]) -> float:
    """Return the mean of the middle half: as sturdy as the median, and smoother."""
    left_out = len(values) // 4
    return fmean(sorted(values)[left_out : len(values) - left_out])
