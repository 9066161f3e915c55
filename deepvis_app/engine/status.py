"""What the engine is doing, as frozen values that any thread may read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.engine.following import Followed
    from deepvis_app.errors import UserError
    from deepvis_app.frames.source import Playback, SourceInfo
    from deepvis_app.nets.network import Network


class Phase(Enum):
    """Where a source or a network is in its life."""

    EMPTY = "empty"
    OPENING = "opening"
    READY = "ready"
    LOST = "lost"  # was ready, is tried again
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long work is; `total` 0: not known."""

    what: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The picture that a source is at cannot be shown; frames captured before are not of it."""

    error: UserError
    at_s: float  # time.monotonic()


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How the source is, and what was last said of it."""

    phase: Phase = Phase.EMPTY
    spec: str = ""
    info: SourceInfo | None = None
    playback: Playback | None = None
    error: UserError | None = None
    notice: UserError | None = None  # one picture that could not be read; the source goes on
    broken: Broken | None = None  # until the next frame
    since_s: float = 0.0  # time.monotonic() when it began to be opened


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """`network` stays the old one while another is loading or has failed to load."""

    phase: Phase = Phase.EMPTY
    spec: str = ""
    network: Network | None = None
    progress: Progress | None = None
    error: UserError | None = None
    since_s: float = 0.0  # time.monotonic() when a load began, and its last sign of life
    heard_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Frames and steps a second, smoothed over about a second; frames dropped since the start."""

    captured: float = 0.0
    processed: float = 0.0
    dropped: int = 0
    steps: float = 0.0  # of jobs


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine is doing at one moment."""

    source: SourceStatus = SourceStatus()
    network: NetworkStatus = NetworkStatus()
    device: str = "cpu"  # torch device in use
    devices: tuple[str, ...] = ("cpu",)  # what can be chosen
    rates: Rates = Rates()
    followed: Followed | None = None  # the run whose present network this is
    frozen: bool = False
    fault: UserError | None = None  # the worker's last failure; None once it works again
    at_work_s: float = 0.0  # how long the network has been at one thing; 0: it waits
