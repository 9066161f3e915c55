"""Which units a grid shows, in which order."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers.grid import GridReader
    from deepvis_app.tiles.stats import UnitStats

ENOUGH_FRAMES = 10  # before a unit that never moved is called dead
FRAMES_OF_OTHERS = 60  # with weights that have moved since, before all begins anew


class UnitOrder(Enum):
    """In which order a grid shows its units."""

    INDEX = "index"
    MAXIMUM = "highest activation"
    MEAN = "mean activation"
    VARIANCE = "variance over time"


class UnitHistory:
    """What is known of a layer's units over the frames seen so far."""

    def __init__(self, unit_count: int) -> None:
        self._begin(unit_count)
        self._dead = np.zeros(unit_count, bool)  # as it was last known
        self._sorted: tuple[UnitOrder, int, NDArray[np.int64]] | None = None

    def _begin(self, unit_count: int) -> None:
        self.frames = 0
        self._low = np.full(unit_count, np.inf)
        self._high = np.full(unit_count, -np.inf)
        self._mean = np.zeros(unit_count)
        self._squares = np.zeros(unit_count)

    def weights_moved(self) -> None:
        """Begin anew now and then: what a unit gave with other weights counts for a while only.

        Which units are dead stays as it was until enough is known again; tiles keep their places.
        """
        if self.frames >= FRAMES_OF_OTHERS:
            self._dead = self.dead
            self._begin(len(self._low))

    def add(self, stats: UnitStats) -> None:
        """Take a new frame in. Means and variances run as in Welford (1962)."""
        if not stats.is_finite:
            return
        self.frames += 1
        np.minimum(self._low, stats.minima, out=self._low)
        np.maximum(self._high, stats.maxima, out=self._high)
        off = stats.means - self._mean
        self._mean += off / self.frames
        self._squares += off * (stats.means - self._mean)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """(units,) True for units that gave one constant everywhere on enough frames."""
        return self._low >= self._high if self.frames >= ENOUGH_FRAMES else self._dead

    @property
    def variance(self) -> NDArray[np.float64]:
        """(units,) variance over time of the unit's mean activation."""
        return self._squares / max(self.frames, 1)

    def order(self, asked: GridReader, stats: UnitStats) -> NDArray[np.int64]:
        """Return the units of the whole grid in their order.

        Sorted by what is known now when the order or serial asked for is a new one; between, units
        keep their places, so that tiles do not jump.
        """
        order = self._whole_order(asked, stats)
        keep = np.ones(len(order), bool)
        if asked.units is not None:
            keep = np.zeros(len(order), bool)
            keep[[unit for unit in asked.units if 0 <= unit < len(order)]] = True
        if asked.hide_dead:
            keep &= ~self.dead
        return order[keep[order]]

    def _whole_order(self, asked: GridReader, stats: UnitStats) -> NDArray[np.int64]:
        wanted, serial = asked.order, asked.order_serial
        if self._sorted is None or self._sorted[:2] != (wanted, serial):
            self._sorted = wanted, serial, self._sort(wanted, stats)
        return self._sorted[2]

    def _sort(self, wanted: UnitOrder, stats: UnitStats) -> NDArray[np.int64]:
        if wanted is UnitOrder.INDEX:
            return np.arange(len(self._mean))
        by: dict[UnitOrder, NDArray[np.floating]] = {
            UnitOrder.MAXIMUM: stats.maxima,
            UnitOrder.MEAN: stats.means,
            UnitOrder.VARIANCE: self.variance,
        }
        return np.argsort(-by[wanted], kind="stable")  # NaN comes last
