"""What the head says and offers of the run that is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.ui.panels.learn.doing import Doing

if TYPE_CHECKING:
    from deepvis_app.engine.process import TrainerStatus
    from deepvis_app.known.runs import Followed

HOUR = 3600
LOST = "The folder of this run was deleted: nothing of it is kept any more. Stop it, start another."
DIGITS = 100  # steps a second from which on no decimals are told


@dataclass(frozen=True, slots=True)
class Offer:
    """What the first button does, what stands beside, and how far the run is (None: no matter)."""

    doing: Doing
    words: str = ""
    share: float | None = None
    is_ours: bool = False


def offer_of(one: Followed | None, status: TrainerStatus | None) -> Offer:
    """Return what can be done with a run; `status`: of its trainer, if this window has it."""
    if status is not None and status.is_alive:
        return _of_trainer(status)
    if one is None or one.run is None or one.plan is None or one.is_gone:
        return Offer(Doing.START)
    run = one.run
    share = _share(run.step, run.about.total_steps)
    how_far = _step_words(run.step, run.about.total_steps)
    if one.is_held:
        return Offer(Doing.WATCHING, f"{how_far} · elsewhere", share)
    if run.state == "finished":
        return Offer(Doing.START, f"{how_far} · finished")
    return Offer(Doing.GO_ON, how_far, share) if one.can_go_on else Offer(Doing.START, how_far)


@dataclass(frozen=True, slots=True)
class Told:
    """What went wrong with a run, and what its button does.

    `key`: "go on", "stop", "back" to `step`, "" for nothing.
    """

    text: str = ""
    action: str = ""
    key: str = ""
    step: int | None = None


def told_of(one: Followed | None, status: TrainerStatus | None) -> Told:
    """Return what is to be said of a run that ended badly, or was refused something."""
    if one is None:
        return Told()
    if status is not None and status.is_alive:
        if one.is_gone:
            return Told(LOST, "Stop", "stop")
        return Told() if status.refused is None else Told(str(status.refused))
    error = one.fault if status is None else status.error
    failed = one.run is not None and one.run.state == "failed"
    text = str(error) if error is not None else one.run.message if failed and one.run else ""
    if not text or one.plan is None or one.is_gone:
        return Told(text)
    steps = [] if one.run is None else [checkpoint.step for checkpoint in one.run.checkpoints]
    if failed and steps:
        return Told(text, f"Go back to {steps[-1]:,}", "back", steps[-1])
    return Told(text, "Go on", "go on") if one.can_go_on else Told(text)


def _of_trainer(status: TrainerStatus) -> Offer:
    if status.state == "starting":
        return Offer(Doing.STARTING, "its process begins", None)
    words, share = _step_words(status.step, status.total), _share(status.step, status.total)
    if status.state == "paused":
        return Offer(Doing.GO_ON, f"{words} · paused", share, is_ours=True)
    if status.steps_per_s:
        words += f" · {_speed(status.steps_per_s)}"
    if status.seconds_left is not None:
        words += f" · {left_words(status.seconds_left)} left"
    return Offer(Doing.PAUSE, words, share, is_ours=True)


def left_words(seconds: float) -> str:
    """Return 29 s, 4 min, 2.5 h."""
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"


def _step_words(step: int, total: int) -> str:
    said = f"step {_thousands(step)}"
    return f"{said} of {_thousands(total)}" if total else said


def _share(step: int, total: int) -> float | None:
    return step / total if total else None


def _speed(per_second: float) -> str:
    digits = 0 if per_second >= 10 else 1
    return f"{per_second:,.{digits}f}/s".replace(",", "\u2009")


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\u2009")
