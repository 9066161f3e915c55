"""What the first button of a run does."""

from __future__ import annotations

from enum import Enum


class Doing(Enum):
    """The states that a run's controls know."""

    OFF = "off"  # nothing: the text says why
    READY = "ready"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
