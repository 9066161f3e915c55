"""What can be done with a run, as its menu offers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.known.runs import Followed

MOST_STEPS = 12  # checkpoints that are offered one by one


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: what it does, and for "back" and "watch-step" at which step."""

    key: str
    text: str
    step: int | None = None
    enabled: bool = True


def entries(one: Followed, *, is_alive: bool, is_own: bool) -> tuple[tuple[Entry, ...], ...]:
    """Return the groups of a run's menu. `is_own`: its folder is one of the runs folder."""
    steps = [] if one.run is None else [checkpoint.step for checkpoint in one.run.checkpoints]
    can_watch = one.plan is not None and one.can_go_on and not one.is_gone
    shown = thinned(steps)
    doing = (
        Entry("stop", "Stop here", enabled=is_alive),
        *(Entry("back", f"Go back to step {step:,}", step, not one.is_held) for step in shown),
    )
    watching = (
        Entry("watch", "Watch its network", enabled=can_watch),
        Entry("keep", "Keep as a network of mine…", enabled=can_watch),
    )
    looking = (
        Entry("alone", "Its curves alone"),
        Entry("all", "The curves of all runs"),
        Entry("folder", "Show its folder", enabled=not one.is_gone),
    )
    is_free = not (is_alive or one.is_held or one.is_gone)
    ending = (
        Entry("rename", "Rename", enabled=is_own and is_free),
        Entry("remove", "Delete…" if is_own and not one.is_gone else "Close",
              enabled=is_free or not is_own or one.is_gone),
    )  # fmt: skip
    of_ours = (doing if one.plan is not None else (), watching if one.plan is not None else ())
    return tuple(group for group in (*of_ours, looking, ending) if group)


def thinned(steps: list[int]) -> list[int]:
    """Return some of the steps, newest first, evenly chosen, the first and the last among them."""
    if len(steps) > MOST_STEPS:
        last = len(steps) - 1
        steps = [steps[round(k * last / (MOST_STEPS - 1))] for k in range(MOST_STEPS)]
    return steps[::-1]
