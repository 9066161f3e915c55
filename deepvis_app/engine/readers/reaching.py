"""How the picked unit reaches the picture: its expanded weights, once it was picked a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from deepvis_app.corpus.weights import expanded_weights
from deepvis_app.engine.failures import reading_failure
from deepvis_app.engine.readers.reader import Reader
from deepvis_app.engine.readers.weight_facts import weight_book
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus.weights import Expanded
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.nets.layers import Unit

    Floats = NDArray[np.float32]

logger = logging.getLogger(__name__)

REST_S = 0.4  # for whoever goes from unit to unit nothing is expanded
KEPT = 16


@dataclass(frozen=True, slots=True, eq=False)
class ReachReading:
    """A unit's expanded weights on the first layer, whose `filters` (units, C, rows, columns).

    None of them where `problem` says why.
    """

    unit: Unit
    expanded: Expanded | None = None
    filters: Floats | None = None
    problem: str = ""


@dataclass(slots=True)
class _Found:
    """What was found, and since when the newest unit has been asked about."""

    readings: dict[Unit, ReachReading] = field(default_factory=dict)
    unit: Unit | None = None
    since_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ReachReader(Reader[ReachReading]):
    """A unit's expanded weights: a pass forward and back, once a unit."""

    title: ClassVar[str] = "The way to the picture"

    unit: Unit

    def read(self, seen: Seen) -> ReachReading | None:
        """Answer from memory; None until the unit has been asked about for a while."""
        look = seen.look
        found = look.memory.of(_Found)
        if self.unit in found.readings:
            return found.readings[self.unit]
        if self.unit != found.unit:
            found.unit, found.since_s = self.unit, look.now_s
        if look.now_s - found.since_s < REST_S and not look.still:
            return None
        reading = found.readings[self.unit] = self._expand(look)
        while len(found.readings) > KEPT:
            del found.readings[next(iter(found.readings))]
        return reading

    def _expand(self, look: Look) -> ReachReading:
        try:
            book = weight_book(look)
            first = book.first_layer()
            if not first:
                return ReachReading(self.unit, problem="No layer of this network has filters")
            filters = book.filters(first)
            found = expanded_weights(look.network, self.unit, first)
        except UserError as error:
            return ReachReading(self.unit, problem=str(error))
        except Exception as error:  # it is not tried again at every frame
            logger.info("no expanded weights", exc_info=True)
            return ReachReading(self.unit, problem=str(reading_failure(self.title, error)))
        return ReachReading(self.unit, found, filters)
