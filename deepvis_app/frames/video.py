"""A video file, played in true time."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deepvis_app.errors import in_short
from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.pacing import Pacer
from deepvis_app.frames.source import (
    Frame,
    PassedOver,
    Playback,
    Policy,
    SourceError,
    SourceInfo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deepvis_app.frames.video_reader import VideoReader

VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".gif", ".mpg", ".mpeg", ".ts", ".mts",
    ".m2ts", ".wmv", ".flv", ".ogv", ".3gp",
})  # fmt: skip
_JUMP_S = 2.0  # further behind than this, a jump catches up sooner than going on
_CONTROLS = frozenset({"play", "step", "seek", "speed", "loop"})


def clock_text(seconds: float) -> str:
    """Write a time of a video: 0:12, 1:02:03."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class VideoSource(BaseSource):
    """A video file, its pictures shown at their own times.

    Under `Policy.NEWEST` frames are due at their true time (x speed), and frames that are
    overdue by more than one are skipped; it loops unless told not to. Under `Policy.EVERY` each
    frame is due at once and it does not loop. Damage is passed over, and a file that is cut off
    plays up to its end; either is said once with a `PassedOver`.
    """

    def __init__(
        self,
        path: Path,
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(str(path), policy=policy, clock=clock)
        self._path = path
        self._reader: VideoReader | None = None
        self._pacer = Pacer(clock)
        self._playing = True
        self._loop = policy is Policy.NEWEST
        self._reset()

    def _reset(self) -> None:
        self._shown = (0, 0.0)  # number and time
        self._target: int | None = 0  # the frame that a control asks for
        self._goes_back = False  # where the target cannot be decoded, the one before it is meant
        self._is_ahead = False  # the reader's frame was not given yet
        self._has_ended = False
        self._length: int | None = None
        self._can_jump = True
        self._damage_told = False
        self._fault: SourceError | None = None

    def open(self) -> SourceInfo:
        from deepvis_app.frames.video_reader import VideoReader  # FFmpeg takes a while to load

        self.close()
        with self._any_error_told():
            reader = VideoReader(self._path)
        self._reset()
        self._reader, self._length = reader, reader.length
        width, height = reader.size
        rate = f"{reader.rate_hz:.4g} fps" + (" (variable)" if reader.is_variable else "")
        length = f" · {clock_text(reader.duration_s)}" if reader.duration_s else ""
        return SourceInfo(
            title=self._path.name,
            detail=f"{width} × {height} · {rate}{length}",
            width=width,
            height=height,
            rate_hz=reader.rate_hz,
            length=reader.length,
            controls=_CONTROLS,
        )

    def due_in_s(self) -> float | None:
        if self._reader is None:
            return None
        if self._fault or self._target is not None:
            return 0.0
        if not self._playing:
            return None
        if not self._is_ahead and not self._has_ended:
            self._look_ahead(self._reader)
        if self._fault or self._has_ended or self.policy is Policy.EVERY:
            return 0.0
        return self._pacer.due_in_s(self._reader.at.time_s)

    def _look_ahead(self, reader: VideoReader) -> None:
        try:
            with self._any_error_told():
                self._advance(reader)
        except SourceError as error:
            self._fault = error

    @contextmanager
    def _any_error_told(self) -> Iterator[None]:
        """Make what FFmpeg's binding raises of odd files, of any kind, the file's error."""
        try:
            yield
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(
                f"{self._path.name} is damaged ({in_short(error)})",
                "Copy or download it again, or convert it to MP4",
            ) from error

    def read(self) -> Frame | None:
        with self._any_error_told():
            return self._read(self._reader) if self._reader is not None else None

    def _read(self, reader: VideoReader) -> Frame | None:
        self._raise_fault()
        if self._target is not None:
            self._jump(reader)
        elif not self._is_ahead and not self._has_ended:
            self._advance(reader)
        if self._playing and self.policy is Policy.NEWEST and self._is_ahead:
            self._catch_up(reader)
        self._raise_fault()
        if self._has_ended:
            self._has_ended, self._playing = False, False
            return None
        return self._give(reader)

    def _raise_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault:
            raise fault

    def _jump(self, reader: VideoReader) -> None:
        target, self._target = self._target or 0, None
        self._has_ended = False
        reader.go_to(target, or_before=self._goes_back)
        self._is_ahead = True
        self._pacer.anchor(reader.at.time_s)

    def _advance(self, reader: VideoReader) -> None:
        if reader.grab():
            self._is_ahead = True
            self._tell_damage(reader)
        else:
            self._on_end(reader)

    def _catch_up(self, reader: VideoReader) -> None:
        """Skip frames that are overdue."""
        now_s = self._pacer.now_s()
        if now_s - reader.at.time_s > _JUMP_S and self._can_jump:
            goal = reader.index_at(now_s)
            goal = goal if self._length is None else min(goal, self._length - 1)
            reader.go_to(goal)
            self._can_jump = reader.at.index == goal  # else there is damage: go up to it
            return
        while reader.at.until_s <= now_s:
            if not reader.grab():
                self._on_end(reader)
                return

    def _tell_damage(self, reader: VideoReader) -> None:
        damage_s = reader.damage()
        if damage_s is not None and not self._damage_told:
            self._damage_told = True
            self._fault = PassedOver(
                f"{self._path.name} is damaged at {clock_text(damage_s)}: "
                "pictures there are wrong or missing",
                "It plays on behind the damage; copy or download it again",
            )

    def _on_end(self, reader: VideoReader) -> None:
        readable = reader.at.index + 1
        if not self._damage_told and reader.is_cut_off():
            self._damage_told = True
            self._fault = PassedOver(
                f"{self._path.name} is damaged after {clock_text(reader.at.time_s)} "
                f"({readable} of {reader.claimed_length} frames can be read)",
                "It plays up to there; copy or download it again",
            )
        self._length = readable
        self._is_ahead = False
        self._can_jump = True
        if self._loop:
            end_s = self._pacer.wall_of(reader.at.until_s)
            reader.rewind()
            self._is_ahead = True
            self._pacer.anchor(reader.at.time_s, max(end_s, self._clock() - reader.period_s))
        else:
            self._has_ended = True

    def _give(self, reader: VideoReader) -> Frame:
        self._is_ahead = False
        self._shown = reader.at.index, reader.at.time_s
        title = f"{self._path.name} {clock_text(reader.at.time_s)}"
        return self._frame(reader.image(), title, reader.at.index)

    def playback(self) -> Playback:
        (index, time_s), target, reader = self._shown, self._target, self._reader
        if target is not None:
            index, time_s = target, reader.time_of(target) if reader else 0.0
        return Playback(
            index=index,
            playing=self._playing,
            speed=self._pacer.speed,
            loop=self._loop,
            time_s=time_s,
            duration_s=reader.duration_s if reader else None,
        )

    def play(self, playing: bool) -> None:
        if playing and not self._playing:
            self._pacer.anchor(self._shown[1])
            if self._length and self._shown[0] >= self._length - 1 and self._target is None:
                self._target = 0
        self._playing = playing

    def step(self, delta: int) -> None:
        base = self._shown[0] if self._target is None else self._target
        self._playing = False
        goal = base + delta
        self.seek(goal % self._length if self._loop and self._length else goal)
        self._goes_back = delta < 0

    def seek(self, index: int) -> None:
        last = index if self._length is None else self._length - 1
        self._target = min(max(index, 0), last)
        self._goes_back = False

    def set_speed(self, speed: float) -> None:
        self._pacer.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        self._loop = loop

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
