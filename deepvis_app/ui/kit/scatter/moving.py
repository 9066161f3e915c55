"""Points on their way to other places, thumbnails growing and shrinking as they go."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.scatter.cloud import Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Places
    from deepvis_app.ui.kit.scatter.thumbs import Shown

FRAME_MS = 16  # between two pictures of a move


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """Thumbnails of a move: places, rising, and their sides at its start and end, in pixels."""

    places: Places
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    share: float = 0.0

    @classmethod
    def between(cls, before: Shown, after: Shown, dot: int) -> Sizes:
        """Return those that are there before or after; else they are as large as a dot."""
        places = np.union1d(before.places, after.places)
        starts = np.where(np.isin(places, before.places), before.side, dot)
        ends = np.where(np.isin(places, after.places), after.side, dot)
        return cls(places, starts.astype(np.float64), ends.astype(np.float64))

    def at(self, share: float) -> Sizes:
        return Sizes(self.places, self.starts, self.ends, share)

    @property
    def sides(self) -> NDArray[np.float64]:
        return self.starts + (self.ends - self.starts) * self.share

    @property
    def greatest(self) -> int:
        return int(max(self.starts.max(initial=1), self.ends.max(initial=1)))


class Move:
    """From where points are to where they go, in so many milliseconds from now."""

    def __init__(self, before: Cloud, after: Cloud, sizes: Sizes, duration_ms: int) -> None:
        self._before, self.after, self._sizes = before.given, after, sizes
        self._began_s, self._duration_s = perf_counter(), duration_ms / 1000

    def now(self) -> tuple[Cloud, Sizes] | None:
        """Return where the points are, and how large; None once they are there."""
        share = (perf_counter() - self._began_s) / self._duration_s
        if share >= 1:
            return None
        eased = share * share * (3 - 2 * share)
        points = self._before + (self.after.given - self._before) * np.float32(eased)
        return Cloud(points), self._sizes.at(eased)
