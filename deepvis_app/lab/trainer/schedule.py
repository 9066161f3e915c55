"""At which steps checkpoints are kept."""

from __future__ import annotations


def checkpoint_steps(total: int, count: int, also: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return steps from 0 to `total`: close ones first, 1, 2, 4, 8 …, then `count` even ones.

    Most of what can be watched happens at the beginning, where even steps would miss it. Of steps
    that nearly coincide both are kept; `also` are those that somebody wants in any case.
    """
    stride = max(total / count, 1.0)
    early = [0]
    while (step := max(1, 2 * early[-1])) < stride and step < total:
        early.append(step)
    even = [round(number * stride) for number in range(1, count + 1)]
    chosen = {*early, *(step for step in even if step <= total), total}
    return tuple(sorted(chosen | {step for step in also if step <= total}))
