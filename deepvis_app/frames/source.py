"""What a source of pictures is: values and the one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SourceError(UserError):
    """A source that cannot be opened or read."""


class SourceLost(SourceError):  # noqa: N818 - it tells what happened
    """A source that was there and went away; opening it again may help."""


class PictureError(SourceError):
    """One picture, or the rest of a video, that cannot be read; the source goes on.

    Raised by `FrameSource.read` in place of a frame: show it, keep the frame before, and go on
    asking `due_in_s`.
    """


class PassedOver(PictureError):  # noqa: N818 - it tells what happened
    """Damage in a video that is told and passed over: the pictures around it are sound."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One source picture: uint8 RGB (H, W, 3), read-only."""

    image: NDArray[np.uint8]
    number: int  # counts the frames that this source gave, from 0
    captured_at: float  # time.monotonic() seconds
    title: str  # what a person calls it: file name, "clip.mp4 0:12"
    index: int = 0  # place in the file or folder
    note: str = ""  # what was done to make it a picture: "float 0 … 90 shown as black … white"
    label: int | None = None  # the class that it is truly of, where the source knows
    label_name: str = ""


class Policy(Enum):
    """What may be lost between a source and its reader."""

    NEWEST = "newest"  # live: an unread frame is replaced
    EVERY = "every"  # batch: the reader gets every frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What can be said of an opened source."""

    title: str  # "HD Webcam", "clip.mp4", "holiday pictures"
    detail: str  # "1280 × 720 · 30 fps", "48 pictures"
    width: int = 0
    height: int = 0
    rate_hz: float | None = None  # None: no rate of its own (pictures)
    length: int | None = None  # frames or pictures; None: endless
    controls: frozenset[str] = frozenset()  # of "play", "step", "seek", "speed", "loop"


@dataclass(frozen=True, slots=True)
class Playback:
    """Where a controllable source is."""

    index: int = 0
    playing: bool = True
    speed: float = 1.0
    loop: bool = True
    time_s: float | None = None
    duration_s: float | None = None


class FrameSource(Protocol):
    """Where pictures come from. Used by one thread at a time; knows no thread itself.

    The reader asks `due_in_s` how long to wait, then calls `read`. Control methods of what
    `info.controls` does not list do nothing; one may be called at any time after `open`.

    `read` of a live source (camera, stream) waits for its next frame, at most 3 seconds, and
    `open` for the first, at most 10: but where the system itself does not return.
    Errors of `read`: `PictureError` — go on; `SourceLost` — call `open` again, now and then,
    until it works; any other `SourceError` — the source is of no more use.
    """

    spec: str  # opens the same source again; empty where nothing can (a pasted picture)
    policy: Policy
    device: str  # of what only one source can be open at a time, "" for all others

    def open(self) -> SourceInfo:
        """Open, or open again after `SourceLost`; raise `SourceError` when that fails."""

    def due_in_s(self) -> float | None:
        """Seconds until the next frame is due: 0 now, None not before a control is used.

        A source that ends gives 0 until `read` has returned None, then None. Never raises.
        """

    def read(self) -> Frame | None:
        """Return the next frame, None when there is none (end); raise `SourceError`."""

    def playback(self) -> Playback:
        """Return where it is."""

    def play(self, playing: bool) -> None:
        """Go on, or hold the picture."""

    def step(self, delta: int) -> None:
        """Go `delta` frames or pictures on (or back); the next `read` gives that one.

        A video or the demo is paused by it; a slideshow goes on from there.
        """

    def seek(self, index: int) -> None:
        """Go to a frame or picture, counted from 0; the next `read` gives that one."""

    def set_speed(self, speed: float) -> None:
        """Playback speed as a factor; for pictures: pictures a second."""

    def set_loop(self, loop: bool) -> None:
        """Begin again at the end, or end there."""

    def interrupt(self) -> None:
        """Let an `open` or `read` that waits end soon, with an error; from any thread.

        So will those to come, until `close`. Never waits; does nothing where it cannot.
        """

    def close(self) -> None:
        """Let go of file, device or connection; a second call does nothing."""
