"""What the picked unit gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from deepvis_app.engine.readers.arrays import own_array
from deepvis_app.engine.readers.reader import Reader
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class UnitReading:
    """What a unit gives on this frame. `map` is read-only."""

    unit: Unit
    map: NDArray[np.float32]  # (h, w)
    maximum: float
    mean: float
    argmax: tuple[int, int]  # position of the maximum
    rank: int  # 1: no unit of the layer has a higher maximum


@dataclass(frozen=True, slots=True)
class UnitReader(Reader[UnitReading]):
    """One unit's map and numbers, and its place among the layer's others."""

    title: ClassVar[str] = "The unit's map"

    unit: Unit

    def layers(self, network: Network) -> tuple[str, ...]:
        return (self.unit.layer,)

    def read(self, seen: Seen) -> UnitReading:
        """Read the unit. Raises `UserError` when the layer has no such unit."""
        unit, maps = self.unit, seen.maps(self.unit.layer)
        if not 0 <= unit.index < len(maps):
            raise UserError(
                f"{unit.layer} has no unit {unit.index}", f"It has units 0 to {len(maps) - 1}"
            )
        stats = seen.stats(unit.layer)
        values = own_array(maps[unit.index].float())
        place = np.unravel_index(int(np.argmax(values)), values.shape)
        maximum = float(stats.maxima[unit.index])
        return UnitReading(
            unit=unit,
            map=values,
            maximum=maximum,
            mean=float(stats.means[unit.index]),
            argmax=(int(place[0]), int(place[1])),
            rank=1 + int((stats.maxima > maximum).sum()),
        )
