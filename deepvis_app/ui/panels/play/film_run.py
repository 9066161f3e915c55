"""A film in the making: its job, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.filming import FilmStatus
from deepvis_app.ui.panels.play.run_state import Doing
from deepvis_app.words.quantities import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.jobs.kinds.filming import FilmFrame, FilmRequest

SHOW = "Show the film"


@dataclass(slots=True, eq=False)
class FilmRun:
    """What was asked for stays known when its job is forgotten; so does the newest frame."""

    request: FilmRequest
    job: int
    status: FilmStatus | None = None
    last: FilmFrame | None = None
    is_played: bool = False  # the film is the source now

    def take(self, statuses: Iterable[JobStatus]) -> bool:
        """Take the job's newest status; return whether it is another one."""
        new = next((s for s in statuses if s.id == self.job and isinstance(s, FilmStatus)), None)
        if new is None or new is self.status:
            return False
        self.status, self.last = new, new.frame or self.last
        return True

    @property
    def state(self) -> JobState:
        return JobState.WAITING if self.status is None else self.status.state

    @property
    def is_over(self) -> bool:
        return self.state.is_final

    @property
    def is_held(self) -> bool:
        return self.state is JobState.PAUSED

    @property
    def doing(self) -> Doing:
        """What the first button does: once it is over, make a still."""
        if self.is_over:
            return Doing.READY
        return Doing.HELD if self.is_held else Doing.RUNNING

    @property
    def share(self) -> float | None:
        """How much is done, 0..1; None: that is not known."""
        if self.state is JobState.DONE:
            return 1.0
        if self.status is not None and self.status.total:
            return min(self.status.step / self.status.total, 1.0)
        if self.last is not None and self.last.frames:
            return self.last.done / self.last.frames
        return 0.0 if self.is_over else None


def progress_words(run: FilmRun) -> str:
    """Return "12 of 300 frames · 40 s left", or how it ended."""
    status, frames = run.status, frames_words(run)
    if run.state is JobState.DONE:
        return frames
    ends = {JobState.CANCELLED: "ended", JobState.FAILED: "failed"}
    more = ends.get(run.state, "")
    if run.state is JobState.WAITING:
        more = "waiting" if frames else "begins in a moment"
    elif run.is_held:
        more = status.notes[-1] if status is not None and status.notes else "stopped"
    elif status is not None and status.seconds_left is not None and not run.is_over:
        more = f"{time_text(status.seconds_left)} left"
    return " · ".join(filter(None, (frames, more))) or "the first frame comes in a moment"


def frames_words(run: FilmRun) -> str:
    """Return "12 of 300 frames", "300 frames" of a film that is made; "" before there is one."""
    made = run.status.filmed if run.status is not None else None
    if made is not None:
        return _counted(made.frames, 0)
    return "" if run.last is None else _counted(run.last.done, run.last.frames)


def notice_words(run: FilmRun) -> tuple[str, str, bool]:
    """Return where the film is, or what went wrong; what the button does; whether it is bad."""
    out, status = run.request.out, run.status
    where = f"{out.name} in {out.parent}"
    if status is not None and status.error is not None:
        return str(status.error), "", True
    if status is not None and status.filmed is not None:
        told = (f"{where} is made", *(note.rstrip(".") for note in status.filmed.notes))
        return ". ".join(told), SHOW, False
    if run.state is not JobState.CANCELLED:
        return f"Becomes {where}", "", False
    if run.last is not None and run.last.done:
        return f"{where} plays up to there", SHOW, False
    return "It was ended before the first frame: there is no film", "", True


def empty_words(run: FilmRun) -> tuple[str, str]:
    """Return what is said in the picture's place while there is none, and what to do."""
    status = run.status
    if status is not None and status.error is not None:
        return status.error.cause, status.error.remedy
    if status is not None and status.filmed is not None:
        return "The film is there already", f"{SHOW} plays it"
    if run.is_over:
        return "It was ended before the first frame", "Make the film again"
    return "The first frame comes in a moment", ""


def _counted(done: int, frames: int) -> str:
    if frames:
        return f"{done} of {frames} frames"
    return f"{done} frame{'' if done == 1 else 's'}"
