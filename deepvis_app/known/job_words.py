"""What is said of jobs: their names, how far they are, and what time is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.words.quantities import time_text

if TYPE_CHECKING:
    from deepvis_app.engine.jobs import JobStatus


def jobs_text(counts: dict[JobState, int]) -> str:
    """Return "1 job running, 2 waiting"."""
    named = (
        (JobState.RUNNING, "running"),
        (JobState.WAITING, "waiting"),
        (JobState.PAUSED, "paused"),
        (JobState.OFFERED, "from last time"),
    )
    parts = [(counts[state], word) for state, word in named if counts[state]]
    if not parts:
        return "No jobs"
    (first, word), *rest = parts
    head = f"{first} {'job' if first == 1 else 'jobs'} {word}"
    return ", ".join([head, *(f"{count} {word}" for count, word in rest)])


def name_of(status: JobStatus, *, with_way: bool = False) -> str:
    """Return "SqueezeNet · features.5 · unit 3, 9 seeds", and by which recipe or method."""
    parts = [status.network, status.title, status.way if with_way else ""]
    return " · ".join(filter(None, parts))


def shortened_middle(text: str, letters: int) -> str:
    """Return at most so many letters: the ends of a text, which differ most."""
    if len(text) <= letters:
        return text
    head = (letters - 1) // 2
    return f"{text[:head]}…{text[len(text) - (letters - 1 - head) :]}"


def share_of(status: JobStatus) -> float:
    """Return how much of a job is done, 0..1."""
    now = status.step / status.total if status.total and status.state is JobState.RUNNING else 0.0
    return min((status.made + now) / status.wanted, 1.0)


def progress_text(status: JobStatus) -> str:
    """Return "3 of 9 made · step 318 of 512 · 9 s left", and what there is to say of the job."""
    parts = [f"{status.made} of {status.wanted} made"] if status.wanted > 1 else []
    told = [status.told] if status.told else []
    return " · ".join([*parts, step_text(status), *told, *status.notes[-1:]])


def step_text(status: JobStatus) -> str:
    """Return "step 318 of 512 · 9 s left"."""
    parts = []
    if status.state is JobState.WAITING:
        parts.append("waiting")
    elif status.total and status.made < status.wanted:
        parts.append(f"step {status.step} of {status.total}")
    if status.state is JobState.PAUSED:
        parts.append("paused")
    elif status.seconds_left is not None and status.state is JobState.RUNNING:
        parts.append(f"{time_text(status.seconds_left)} left")
    return " · ".join(parts)
