"""A steady end for a scale of colours."""

from __future__ import annotations

import time

PEAK_HALVES_S = 2.0  # how slowly the colours forget a peak: no flicker


class RecentPeak:
    """The largest recent value: rises at once, halves every `halves_s`."""

    def __init__(self, halves_s: float = PEAK_HALVES_S) -> None:
        self._halves_s = halves_s
        self._value = 0.0
        self._at = time.monotonic()

    def follow(self, value: float) -> float:
        now = time.monotonic()
        self._value *= 0.5 ** ((now - self._at) / self._halves_s)
        self._at = now
        self._value = max(self._value, value)
        return self._value
