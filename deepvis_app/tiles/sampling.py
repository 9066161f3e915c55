"""Taking a few of many values evenly."""

from __future__ import annotations

from math import gcd


def even_step(count: int, wanted: int, period: int) -> int:
    """Return the step that leaves about `wanted` of `count` values.

    It has no divisor in common with `period`, so that it does not meet the same places of each
    period again and again.
    """
    step = max(count // wanted, 1)
    while gcd(step, period) > 1:
        step += 1
    return step
