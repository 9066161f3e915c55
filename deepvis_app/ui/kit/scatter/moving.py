"""Points on their way to other places, thumbnails growing and shrinking as they go."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from deepvis_app.ui.kit.scatter.cloud import Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Places
    from deepvis_app.ui.kit.scatter.thumbs import Plates

FRAME_MS = 16  # between two pictures of a move


class Sized(NamedTuple):
    """Some of a sheet's thumbnails and how large they are drawn, (k,), in its own sides."""

    plates: Plates
    places: Places
    scale: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """Thumbnails before and after a move; who has none at one end is as large as a dot there."""

    before: Plates
    after: Plates
    dot: int

    def at(self, share: float) -> tuple[Sized, ...]:
        """Return them when a share of the way is gone.

        Who has one at both ends is taken from the larger ones.
        """
        parts = []
        ends = (self.before, self.after, 1 - share), (self.after, self.before, share)
        for own, other, weight in ends:
            is_both = np.isin(own.places, other.places, assume_unique=True)
            is_larger = (own.side, own is self.after) > (other.side, other is self.after)
            places = own.places if is_larger else own.places[~is_both]
            far = np.where(np.isin(places, other.places), other.side, self.dot)
            side = far + (own.side - far) * weight
            parts.append(Sized(own, places, side / max(own.side, 1)))
        return tuple(parts)


class Mover(QObject):
    """Tells a move picture by picture: the points, and the thumbnails there are on the way."""

    went_on = pyqtSignal(object, object)  # Cloud, tuple[Sized, ...]: none at the end

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._move: Move | None = None
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self._go_on)

    @property
    def is_moving(self) -> bool:
        return self._move is not None

    def begin(self, move: Move) -> None:
        self._move = move
        self._frames.start()
        self._go_on()

    def end(self) -> None:
        """Be there at once."""
        self._frames.stop()
        if self._move is not None:
            after, self._move = self._move.after, None
            self.went_on.emit(after, ())

    def _go_on(self) -> None:
        now = self._move.now() if self._move else None
        if now is None:
            self.end()
        else:
            self.went_on.emit(*now)


class Move:
    """From where points are to where they go, in so many milliseconds from now."""

    def __init__(self, before: Cloud, after: Cloud, sizes: Sizes, duration_ms: int) -> None:
        self._before, self.after, self._sizes = before.given, after, sizes
        self._began_s, self._duration_s = perf_counter(), duration_ms / 1000

    def now(self) -> tuple[Cloud, tuple[Sized, ...]] | None:
        """Return where the points are, and how large; None once they are there."""
        share = (perf_counter() - self._began_s) / self._duration_s
        if share >= 1:
            return None
        eased = share * share * (3 - 2 * share)
        points = self._before + (self.after.given - self._before) * np.float32(eased)
        return Cloud(points), self._sizes.at(eased)
