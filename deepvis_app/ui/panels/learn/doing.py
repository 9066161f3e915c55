"""What the first button of the head does."""

from __future__ import annotations

from enum import Enum


class Doing(Enum):
    """What the first button does: its words, its drawing, its tooltip."""

    START = ("Start", "play", "Train a network with these settings")
    PAUSE = ("Pause", "pause", "Hold the training; it goes on where it stopped")
    GO_ON = ("Go on", "play", "Go on with this run where it stopped")
    STARTING = ("Starting…", "play", "The training begins in a process of its own")
    WATCHING = (
        "Watching",
        "eye",
        "Another window or program trains this run: here it can only be watched",
    )
