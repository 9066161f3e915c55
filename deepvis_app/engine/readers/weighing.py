"""What adds up to the picked unit's value on this frame: weight times activation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from deepvis_app.engine.readers.reader import Needs, Reader
from deepvis_app.engine.readers.weight_facts import weight_facts
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.weights import UnitWeights, Weighed
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.engine.readers.weight_facts import WeightFacts
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network

    Floats = NDArray[np.float32]

EXACT = 1e-4  # how far a sum may be from the network's own value, of all that is added up


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One input's share: number `entry` of the unit's incoming `term`. `seen` is read-only."""

    term: int
    entry: int
    value: float  # weight times activation, summed over the kernel
    seen: Floats  # (rows, columns) what the kernel lies on


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """What adds up at one place of the unit's map.

    `plus` and `minus` are the sums of the parts above and below zero, `plus_count` and
    `minus_count` how many these are; with `bias` they give `total`, the value before the
    activation. `value` is the unit's own; `error` is how far the activation of `total` is from it,
    of all that was added up. `parts` are the strongest, from the first down.
    """

    place: tuple[int, int]
    plus: float
    minus: float
    plus_count: int
    minus_count: int
    bias: float
    total: float
    value: float
    error: float
    parts: tuple[Part, ...]

    @property
    def is_exact(self) -> bool:
        return self.error <= EXACT


@dataclass(frozen=True, slots=True, eq=False)
class WeightReading:
    """A unit's weights and what adds up; `sum` is None where `problem` says why, or has none."""

    facts: WeightFacts
    sum: Sum | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WeightReader(Reader[WeightReading]):
    """One unit's sum at its position, else where its map is largest.

    `count` inputs are told one by one: those with the largest parts, or, `by_weight`, those with
    the strongest weights.
    """

    title: ClassVar[str] = "The weights"

    unit: Unit
    count: int = 16
    by_weight: bool = False

    def layers(self, network: Network) -> tuple[str, ...]:
        return (self.unit.layer,)

    def needs(self, look: Look) -> Needs:
        network = look.network
        network.layer(self.unit.layer)
        weights = weight_facts(look, replace(self.unit, position=None)).weights
        sites = weights.sites if weights is not None else None
        return Needs(self.layers(network), sites=sites or ())

    def read(self, seen: Seen) -> WeightReading:
        """Weigh what the unit sees."""
        facts = weight_facts(seen.look, replace(self.unit, position=None))
        weights = facts.weights
        if weights is None:
            return WeightReading(facts)
        if weights.sites is None:
            return WeightReading(
                facts, problem="What this unit reads passes no module: only its weights are known"
            )
        values = seen.maps(self.unit.layer)[self.unit.index].float().cpu().numpy()
        place = self.unit.position or _highest(values)
        i, j = int(place[0]), int(place[1])
        if not (0 <= i < values.shape[0] and 0 <= j < values.shape[1]):
            return WeightReading(facts, problem=f"The unit's map has no place ({i}, {j})")
        flat = i * values.shape[1] + j
        try:
            found = weights.weigh({site: seen.at(site) for site in weights.sites}, flat)
        except UserError as error:
            return WeightReading(facts, problem=str(error))
        if not np.isfinite(found.total) or not all(np.isfinite(p).all() for p in found.parts):
            return WeightReading(facts, problem="Some of what is added up is NaN or infinite")
        return WeightReading(facts, self._sum(weights, found, (i, j), flat, float(values[i, j])))

    def _sum(
        self,
        weights: UnitWeights,
        found: Weighed,
        place: tuple[int, int],
        flat: int,
        value: float,
    ) -> Sum:
        parts = np.concatenate(found.parts)
        plus, minus = parts[parts > 0], parts[parts < 0]
        added = float(np.abs(parts).sum()) + abs(found.bias)
        error = abs(weights.activate(found.total, flat) - value)
        return Sum(
            place,
            float(plus.sum()),
            float(minus.sum()),
            len(plus),
            len(minus),
            found.bias,
            found.total,
            value,
            error / added if added else error,
            self._parts(weights, found, parts),
        )

    def _parts(self, weights: UnitWeights, found: Weighed, parts: Floats) -> tuple[Part, ...]:
        strength = weights.strength() if self.by_weight else np.abs(parts)
        count = min(self.count, len(strength))
        chosen = np.argpartition(-strength, count - 1)[:count] if count else np.array([], int)
        ends = np.cumsum([len(each) for each in found.parts])
        told = []
        for number in chosen[np.lexsort((chosen, -strength[chosen]))]:
            term = int(np.searchsorted(ends, number, side="right"))
            entry = int(number - (ends[term - 1] if term else 0))
            seen = found.seen[term][entry].copy()
            seen.setflags(write=False)
            told.append(Part(term, entry, float(parts[number]), seen))
        return tuple(told)


def _highest(values: Floats) -> tuple[int, int]:
    """Return where a map (h, w) is highest, NaN left out."""
    place = int(np.argmax(np.where(np.isnan(values), -np.inf, values)))
    return place // values.shape[1], place % values.shape[1]
