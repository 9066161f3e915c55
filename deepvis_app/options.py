"""How the window was asked to start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `deepvis run`; None: as the settings and the last session say."""

    net: str | None = None
    weights: str | None = None
    source: str | None = None
    device: str | None = None
    trust: bool = False
    debug: bool = False
    # For `deepvis bench startup`: once live activations were first painted, print the line
    # {"first_picture_at": time.time()} and close with code 0.
    exit_after_first_picture: bool = False
