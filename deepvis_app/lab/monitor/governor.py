"""How often each thing is measured, so that all of it stays under a share of a training step."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

REMEMBERED = 32  # of the latest times, whose mean counts
PAUSE = 4  # times the median: what took longer, as a step that evaluates does, counts as that
WARM_UPS = 2  # times of which but the last one counts: the first one warms caches up
SEEN = 0.75  # of the limit is used: caches that are emptied cost time that no clock here sees
HIDDEN = 0.1  # of the limit: what costs less is not made rarer
FADES = 0.98  # of the share that is told, a step


def _times() -> deque[float]:
    return deque(maxlen=REMEMBERED)


def _faded(before: tuple[float, float], fades: float, *new: float) -> tuple[float, float]:
    return fades * before[0] + new[0], fades * before[1] + new[1]


def _usual(times: Collection[float]) -> float:
    """Return the mean of times, pauses cut; 0 for none."""
    if not times:
        return 0.0
    most = PAUSE * median(times)
    return sum([min(each, most) for each in times]) / len(times)


@dataclass(slots=True)
class _Part:
    """A thing that is measured now and then."""

    wish: int  # steps between two times
    every: int
    due: int  # the step at which it is the next time
    is_urgent: bool = False
    times: int = 0
    costs: deque[float] = field(default_factory=_times)
    next_cost: float = 0.0  # as it is expected

    def cost(self) -> float:
        return self.next_cost if self.times else 0.0  # what is but expected is none

    def note(self, seconds: float) -> None:
        self.costs.append(seconds)
        self.next_cost = _usual(self.costs)


class Governor:
    """Doubles intervals while the share is over the limit, halves them back under half of it.

    The share is the monitor's own seconds by those of a step without it, both as running means.
    Of several things the one that takes most becomes rarer first. None is done before what it will
    take is saved up, so that the share is kept from the start.
    """

    def __init__(
        self, wishes: Mapping[str, int], limit: float, *, first: int = 1, thins: bool = False
    ) -> None:
        """Take the steps between two times of each thing, and the first step.

        With `thins` a long run has ever fewer: none nearer to the one before than a thousandth of
        the steps so far.
        """
        self.limit = limit
        self._most = SEEN * limit
        self._thins = thins
        self._parts = {name: _Part(wish, wish, first) for name, wish in wishes.items()}
        self._steps = _times()
        self._always = _times()  # own seconds of a step in which nothing is due
        self._told = 0.0, 0.0  # own seconds and a step's, faded
        self._spent = 0.0, 0.0  # likewise, since the start

    def every(self, name: str) -> int:
        """Return the steps between two times. Raises `KeyError` for what is not known."""
        return self._parts[name].every

    def knows(self, name: str) -> bool:
        return name in self._parts

    def is_due(self, name: str, step: int) -> bool:
        """Tell whether a thing's time has come, and what it will take is saved up."""
        part = self._parts.get(name)
        if part is None or step < part.due:
            return False
        if part.is_urgent or not part.costs or math.isinf(self._most):
            return True
        own, steps = self._spent
        return own + part.next_cost <= self._most * steps

    def done(self, name: str, step: int) -> None:
        """Plan the next time of what was done at a step."""
        part = self._parts.get(name)
        if part is not None:
            part.due = step + (max(part.every, step // 1000) if self._thins else part.every)
            part.is_urgent = False

    def hurry(self, name: str, step: int) -> None:
        """Let a thing be due at a step, whatever it takes."""
        part = self._parts.get(name)
        if part is not None:
            part.due, part.is_urgent = min(part.due, step), True

    def expect(self, name: str, seconds: float) -> None:
        """Say what a thing will take, before it was ever done."""
        part = self._parts.get(name)
        if part is not None:
            part.note(seconds)

    def spent(self, name: str, seconds: float) -> None:
        """Note what one time of a thing took."""
        part = self._parts.get(name)
        if part is not None:
            part.times += 1
            if part.times <= WARM_UPS:
                part.costs.clear()
            part.note(seconds)

    def stepped(self, seconds: float, own: float, always: float) -> None:
        """Note a step's seconds without the monitor, its own, and those that no thing took."""
        self._steps.append(seconds)
        self._always.append(always)
        self._told = _faded(self._told, FADES, own, seconds)
        self._spent = _faded(self._spent, 1.0, own, seconds)

    @property
    def measured(self) -> float:
        """The share over the latest hundred steps or so, as it was measured."""
        own, steps = self._told
        return own / steps if steps else 0.0

    def expected(self) -> float:
        """Return the share that the present intervals make for."""
        step = _usual(self._steps)
        return (_usual(self._always) + self._looks_take()) / step if step else 0.0

    def _looks_take(self) -> float:
        """Return the seconds a step that all things take on average."""
        return sum(part.cost() / part.every for part in self._parts.values())

    def judge(self, step: int) -> dict[str, tuple[int, int]]:
        """Change intervals where need be; return which, with steps before and after."""
        before = {name: part.every for name, part in self._parts.items()}
        while self.expected() > self._most and self._make_rarer(step):
            pass
        if self.expected() < self._most / 2:
            self._make_denser()
        return {n: (before[n], p.every) for n, p in self._parts.items() if before[n] != p.every}

    def _make_rarer(self, step: int) -> bool:
        part = max(self._parts.values(), key=lambda p: p.cost() / p.every, default=None)
        if part is None:
            return False
        if self._looks_take() < HIDDEN * self._most * _usual(self._steps):
            return False  # the rest is what every step takes
        part.due += part.every if part.due > step else 0
        part.every *= 2
        return True

    def _make_denser(self) -> None:
        rarer = [part for part in self._parts.values() if part.every > part.wish]
        part = min(rarer, key=lambda p: p.cost() / p.every, default=None)
        if part is not None:
            part.due -= part.every // 2
            part.every //= 2
