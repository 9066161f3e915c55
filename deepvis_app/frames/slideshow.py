"""Pictures one after the other, wherever they come from."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.source import (
    Frame,
    PictureError,
    Playback,
    Policy,
    SourceError,
    SourceInfo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

E = TypeVar("E")

_RATE_RANGE_HZ = (0.02, 30.0)
_CONTROLS = frozenset({"play", "step", "seek", "speed", "loop"})


class Slideshow(BaseSource, Generic[E]):
    """One picture after the other, of those that `find_entries` names when it is opened.

    Under `Policy.NEWEST` a picture is given once and stays until a control is used; `play` runs
    a slideshow of `set_speed` pictures a second (0.5 unless told). One that cannot be read
    raises `PictureError` and takes its turn like any other; before the first good one there is
    no waiting. Under `Policy.EVERY` each picture is due at once, from the first to the last.

    A kind of it says what a picture is made of, see `_frame_of`.
    """

    def __init__(
        self,
        spec: str,
        title: str,
        find_entries: Callable[[], Sequence[E]],
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(spec, policy=policy, clock=clock)
        self._title = title
        self._find_entries = find_entries
        self._entries: Sequence[E] = ()
        self._rate_hz = 0.5
        self._loop = policy is Policy.NEWEST
        self._reset()

    def _reset(self) -> None:
        self._index = 0
        self._target: int | None = 0  # the picture that a control asks for
        self._playing = self.policy is Policy.EVERY
        self._turned_at_s = 0.0
        self._failures = 0  # before the first good picture

    def open(self) -> SourceInfo:
        self._entries = self._find_entries()
        self._reset()
        count = len(self._entries)
        noun = self._noun(self._entries)
        return SourceInfo(
            title=self._title,
            detail=f"{count} {noun}" + ("s" if count != 1 else ""),
            length=count,
            controls=_CONTROLS if count > 1 else frozenset(),
        )

    def due_in_s(self) -> float | None:
        if not self._entries:
            return None
        if self._target is not None:
            return 0.0
        if not self._playing:
            return None
        if self.policy is Policy.EVERY:
            return 0.0
        return max(0.0, self._turned_at_s + 1 / self._rate_hz - self._clock())

    def read(self) -> Frame | None:
        count = len(self._entries)
        target = self._index + 1 if self._target is None else self._target
        if target >= count and (not self._loop or not count):
            self._playing = False
            return None
        self._target = None
        self._index = target % count
        self._turned_at_s = self._clock()
        try:
            frame = self._frame_of(self._entries[self._index], self._index)
        except PictureError as error:
            self._on_failure(error)
            raise
        self._failures = 0
        return frame

    def _noun(self, entries: Sequence[E]) -> str:  # noqa: ARG002 - for kinds with other words
        """Look at what there is, and return what one of them is called."""
        return "picture"

    def _frame_of(self, entry: E, index: int) -> Frame:
        """Return a picture as a frame. Raises `PictureError` where it cannot be read."""
        raise NotImplementedError

    def _on_failure(self, error: PictureError) -> None:
        """Look for a first good picture, as long as none was shown."""
        if self._given or self.policy is Policy.EVERY:
            return
        self._failures += 1
        if self._failures < len(self._entries):
            self._target = (self._index + 1) % len(self._entries)
        elif self._failures == 1:
            raise SourceError(error.cause, error.remedy) from error
        else:
            raise SourceError(
                f"None of the {self._failures} pictures can be read. The last: {error.cause}",
                error.remedy,
            ) from error

    def playback(self) -> Playback:
        return Playback(
            index=self._index if self._target is None else self._target,
            playing=self._playing,
            speed=self._rate_hz,
            loop=self._loop,
        )

    def play(self, playing: bool) -> None:
        if playing and not self._playing:
            self._turned_at_s = self._clock()
            if self._index == len(self._entries) - 1 and not self._loop:
                self._target = 0
        self._playing = playing

    def step(self, delta: int) -> None:
        goal = delta + (self._index if self._target is None else self._target)
        self.seek(goal % len(self._entries) if self._loop and self._entries else goal)

    def seek(self, index: int) -> None:
        if self._entries:
            self._target = min(max(index, 0), len(self._entries) - 1)

    def set_speed(self, speed: float) -> None:
        self._rate_hz = min(max(speed, _RATE_RANGE_HZ[0]), _RATE_RANGE_HZ[1])

    def set_loop(self, loop: bool) -> None:
        self._loop = loop

    def close(self) -> None:
        self._entries = ()
