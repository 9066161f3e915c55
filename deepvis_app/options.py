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
    # For `deepvis bench soak`: use the window at random for so many seconds, print the memory now
    # and then as a line of JSON, and close.
    soak_s: float = 0.0
    soak_seed: int = 0
    # For `deepvis bench window`: show a film for so many seconds, print what that costs as lines of
    # JSON, and close.
    measure_s: float = 0.0
