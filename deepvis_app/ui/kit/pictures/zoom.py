"""Which part of a whole is shown: arithmetic only, for pictures and plots alike."""

from __future__ import annotations

from dataclasses import dataclass

STEP = 1.25  # a notch of the wheel, a press of a key


@dataclass(frozen=True, slots=True)
class Zoom:
    """`times` as large as the whole; its left and upper edge are shares 0..1 of the whole."""

    left: float = 0.0
    top: float = 0.0
    times: float = 1.0

    @property
    def side(self) -> float:
        """The share of the whole that is shown, the same across as down."""
        return 1 / self.times

    @property
    def is_whole(self) -> bool:
        return self.times == 1.0

    def about(self, x: float, y: float, factor: float, most: float) -> Zoom:
        """Enlarge by `factor`, up to `most` times; what is at (x, y) stays there where it can.

        x and y are shares 0..1 of what is shown.
        """
        times = min(max(self.times * factor, 1.0), max(most, 1.0))
        gained = self.side - 1 / times
        return _within(self.left + x * gained, self.top + y * gained, times)

    def moved(self, x: float, y: float) -> Zoom:
        """Show what lies further right and down, by shares of what is shown."""
        return _within(self.left + x * self.side, self.top + y * self.side, self.times)


def _within(left: float, top: float, times: float) -> Zoom:
    room = 1 - 1 / times
    return Zoom(min(max(left, 0.0), room), min(max(top, 0.0), room), times)
