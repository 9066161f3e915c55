"""What is known of a unit's weights, found once and remembered as long as the network lasts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from deepvis_app.corpus.weights import WeightBook
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus.weights import LayerWeights, Outgoing, UnitWeights
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.nets.network import Network

    Floats = NDArray[np.float32]

UNITS = 64  # whose facts are remembered
LAYERS = 8
MOST = 1 << 20  # weights of all filters together that are shown


@dataclass(frozen=True, slots=True, eq=False)
class WeightFacts:
    """What does not change from frame to frame; the same object for the same unit.

    `weights` and `layer` are None where `problem` says why the unit has none; `instead` is then
    the layer before it that has, "" where none has. `filters` (units, C, rows, columns) are those
    of all the layer's units where these read nothing but the picture, None where they are too
    large to be shown together.
    """

    unit: Unit
    weights: UnitWeights | None
    outgoing: tuple[Outgoing, ...]
    layer: LayerWeights | None = None
    filters: Floats | None = None
    problem: UserError | None = None
    instead: str = ""


class _Known:
    """One network's weights, read when they are first asked for. For one thread at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.book = WeightBook(network)
        self.facts = lru_cache(UNITS)(self._facts)
        self._layer = lru_cache(LAYERS)(self.book.layer)
        self._filters = lru_cache(LAYERS)(self._find_filters)

    def _facts(self, unit: Unit) -> WeightFacts:
        self.book.check(unit)
        try:
            weights = self.book.unit(unit)
        except UserError as error:
            outgoing, instead = self.book.outgoing(unit), self.book.weighted_before(unit.layer)
            return WeightFacts(unit, None, outgoing, problem=error, instead=instead)
        return WeightFacts(
            unit,
            weights,
            self.book.outgoing(unit),
            self._layer(unit.layer),
            self._filters(unit.layer),
        )

    def _find_filters(self, layer: str) -> Floats | None:
        if not self.book.reads_picture(layer):
            return None
        (own, *_) = self.book.unit(Unit(layer, 0)).incoming
        if own.kernels.size * self._network.layer(layer).unit_count > MOST:
            return None
        try:
            return self.book.filters(layer)
        except UserError:
            return None


def weight_facts(look: Look, unit: Unit) -> WeightFacts:
    """Return what is known of a unit's weights. Raises `UserError` where there is no such unit."""
    return _known(look).facts(unit)


def weight_book(look: Look) -> WeightBook:
    """Return the weights of the look's network."""
    return _known(look).book


def _known(look: Look) -> _Known:
    return look.memory.of(_Known, lambda: _Known(look.network))
