"""How long is waited for a source."""

from __future__ import annotations

import time

ANSWER_WITHIN_S = 10.0  # to open any source, and for its next picture
SILENCE_S = 3.0  # without a byte from a network


class TooSlow(TimeoutError):  # noqa: N818 - it tells what happened
    """Something came, but not all of it in time."""

    def __init__(self, within_s: float) -> None:
        super().__init__(f"not all of it within {within_s:.0f} s")
        self.within_s = within_s


class Patience:
    """What remains of a time limit that many steps share; a step may be silent for 3 s at most."""

    def __init__(self, within_s: float) -> None:
        self.given_up = False  # set by any thread: the next step fails
        self.renew(within_s)

    def renew(self, within_s: float) -> None:
        """Begin anew with so many seconds."""
        self._within_s = within_s
        self._until_s = time.monotonic() + within_s

    @property
    def over_text(self) -> str:
        return str(TooSlow(self._within_s))

    def left_s(self) -> float:
        """Seconds for all that is to come; 0 where the time is over."""
        return 0.0 if self.given_up else max(0.0, self._until_s - time.monotonic())

    def step_s(self) -> float:
        """Seconds for the next step; raise `TooSlow` where none are left."""
        left_s = self.left_s()
        if left_s <= 0:
            raise TooSlow(self._within_s)
        return min(left_s, SILENCE_S)
