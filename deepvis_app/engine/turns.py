"""Whose turn it is on the device: a frame's, or a piece of a job's step. Knows no thread, no clock.

Frames go first. Three rules say when a piece of a job may run:

* No source streams: always.
* It ends before the frame after the next one comes. Then the next frame waits at most a little
  while in its slot, and none is lost: the job takes the idle time.
* Directly after a frame was answered, although a frame will be lost: as long as jobs have had less
  than their set share of the time, or less than `ENOUGH` while live keeps `KEEPS` of its frames.
  So no burst of a job is longer than its share of a frame's time, or one piece.
"""

from __future__ import annotations

import math
from typing import NamedTuple

DEFAULT_SHARE = 0.2
MOST_SHARE = 0.9  # live is never stopped altogether
ENOUGH = 0.38  # of the time; more only where no frame is lost for it
KEEPS = 0.885  # of the frames of a source that is slower than the device
WINDOW_S = 2.0  # over which shares are kept
SILENCE = 3.0  # intervals without a frame, then the source is at rest
LONGEST_SILENCE_S = 1.0
SMOOTHING = 0.1  # weight of a new duration or interval in its mean


class Span(NamedTuple):
    """A stretch of work on the device, in seconds of a steady clock."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


class Turns:
    """Accounts for the device's time. All times are seconds of the same steady clock."""

    def __init__(self, share: float = DEFAULT_SHARE) -> None:
        self.share = share
        self._interval_s: float | None = None  # between frames of the source
        self._came_s: float | None = None  # the newest frame
        self._is_paced = True  # the source has a rate of its own
        self._live_s = 0.0  # one answer
        self._kept = 1.0  # of the frames that came
        self._used_s, self._counted_s = 0.0, 0.0  # job time in the window, and up to when
        self._burst_s: float | None = None  # job time since the answer; None: the device rested

    @property
    def share(self) -> float:
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        self._share = min(max(share, 0.0), MOST_SHARE)

    def frame_came(self, now_s: float, *, lost: bool = False, paced: bool = True) -> None:
        """Note a frame; `lost`: it replaced one; not `paced`: its source waited for the slot."""
        if self._came_s is not None:
            passed_s = now_s - self._came_s
            old_s = self._interval_s
            if old_s is None or passed_s > max(SILENCE * old_s, LONGEST_SILENCE_S):
                self._interval_s = None if old_s is not None else passed_s
            else:
                self._interval_s = old_s + SMOOTHING * (passed_s - old_s)
        self._came_s, self._is_paced = now_s, paced
        weight = min((self._interval_s or 0.0) / WINDOW_S, 1.0)
        self._kept += weight * ((not lost) - self._kept)

    def frame_done(self, span: Span) -> None:
        """Note that a frame was answered."""
        weight = SMOOTHING if self._live_s else 1.0
        self._live_s += weight * (span.seconds - self._live_s)
        self._burst_s = 0.0

    def piece_done(self, span: Span) -> None:
        """Note that a piece of a job's step has run."""
        self._used_s = self.used(span.end) * WINDOW_S + span.seconds
        self._counted_s = span.end
        if self._burst_s is not None:
            self._burst_s += span.seconds

    def rested(self) -> None:
        """Note that the device had nothing that it might do."""
        self._burst_s = None

    def used(self, now_s: float) -> float:
        """Return the share of the time that jobs had lately."""
        return self._used_s * math.exp((self._counted_s - now_s) / WINDOW_S) / WINDOW_S

    def is_silent(self, now_s: float) -> bool:
        """Tell whether no source streams now."""
        if self._came_s is None or self._interval_s is None:
            return self._came_s is None or now_s - self._came_s > LONGEST_SILENCE_S
        return now_s - self._came_s > min(SILENCE * self._interval_s, LONGEST_SILENCE_S)

    def may_run(self, now_s: float, piece_s: float, *, waits: bool, pushes: bool = True) -> bool:
        """Tell whether a piece of about `piece_s` may run now.

        `waits`: a frame is in the slot. Not `pushes`: the job takes nothing but idle time.
        """
        if not waits and (self.is_silent(now_s) or self._fits(now_s, piece_s)):
            return True
        return pushes and self._is_owed(now_s)

    def ask_again_s(self, now_s: float) -> float:
        """Return after how long the answer of `may_run` may be another without a new frame."""
        if self._came_s is None:
            return 0.0
        silence_s = SILENCE * (self._interval_s or LONGEST_SILENCE_S)
        return max(self._came_s + min(silence_s, LONGEST_SILENCE_S) - now_s, 0.0) + 1e-3

    def _fits(self, now_s: float, piece_s: float) -> bool:
        if self._came_s is None or self._interval_s is None:
            return False
        next_s = max(self._came_s + self._interval_s, now_s)
        return now_s + piece_s <= next_s + self._interval_s

    def _is_owed(self, now_s: float) -> bool:
        if self._burst_s is None:
            return False
        has_enough = not self._is_paced or self._kept < KEEPS
        share = self._share if has_enough else max(self._share, ENOUGH)
        longest_s = self._live_s * share / (1 - share)
        return share > 0 and self._burst_s <= longest_s and self.used(now_s) < share
