"""How long things take: smoothed, so that what comes next can be foretold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

SMOOTHING = 0.2  # weight of a new duration
USUAL_S = 0.03  # of a piece that nothing is known of
LONGEST_GAP_S = 5.0  # a longer one was a pause


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
    """How long it will take, by how long it took lately: for one job at a time."""

    def __init__(self) -> None:
        self._step_s: float | None = None  # one picture's step, waiting included
        self._last_s: float | None = None

    def step(self, now_s: float, pictures: int) -> None:
        """Note the end of a step of so many pictures."""
        if self._last_s is not None and now_s - self._last_s < LONGEST_GAP_S:
            took_s = (now_s - self._last_s) / pictures
            old_s = took_s if self._step_s is None else self._step_s
            self._step_s = old_s + SMOOTHING * (took_s - old_s)
        self._last_s = now_s

    def seconds(self, steps: float) -> float | None:
        """Return how long so many pictures' steps will take; None: not known."""
        return None if self._step_s is None else self._step_s * steps
