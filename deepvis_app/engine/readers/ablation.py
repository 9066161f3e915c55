"""A unit is held at a value, and everything answers to what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from deepvis_app.engine.readers.arrays import own_scores
from deepvis_app.engine.readers.reader import Needs, Surrounding

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class AblationReading:
    """What a unit's absence changes. Arrays are read-only.

    `before` and `after` (K,) are the scores of the whole network and of what is left, None where
    it gives no class scores. `maximum` is what the unit gives where it is not held.
    """

    unit: Unit
    value: float
    maximum: float
    before: NDArray[np.float32] | None
    after: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class AblationReader(Surrounding[AblationReading]):
    """One unit at one value, at all places. It takes one more pass: that of the whole network."""

    title: ClassVar[str] = "The ablation"

    unit: Unit
    value: float = 0.0

    def needs(self, look: Look) -> Needs:
        """Ask for the whole network's pass. Raises `UserError` where it has no such unit."""
        look.network.ablated(self.unit, self.value)
        return Needs(bare=(self.unit.layer,))

    def around(self, network: Network) -> AbstractContextManager[object]:
        return network.ablated(self.unit, self.value)

    def read(self, seen: Seen) -> AblationReading:
        maps = seen.bare.maps[self.unit.layer]
        return AblationReading(
            self.unit,
            self.value,
            float(maps[self.unit.index].float().max()),
            own_scores(seen.bare.scores),
            own_scores(seen.scores),
        )
