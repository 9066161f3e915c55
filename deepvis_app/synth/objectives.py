"""What a picture is made for: a unit, a channel, a class, a layer, a direction, or sums."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError, in_brief
from deepvis_app.nets import Unit
from deepvis_app.reading import MOST_INTEGER, parse_json, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_POWER = 20  # of a cosine


class Objective:
    """Something to drive up. Hashable; combines with + and -, with weights (2 * a), with -a."""

    __slots__ = ()

    def __add__(self, other: Objective | Unit) -> Objective:
        return Sum((*_terms(self), *_terms(objective_of(other))))

    def __sub__(self, other: Objective | Unit) -> Objective:
        return self + -objective_of(other)

    def __mul__(self, weight: float) -> Objective:
        return Sum(tuple((weight * w, part) for w, part in _terms(self)))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return self * -1.0

    def to_json(self) -> str:
        """Return it as JSON, which `from_json` reads."""
        return json.dumps(self.data(), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Objective:
        """Read what `to_json` wrote. Raises `UserError`."""
        try:
            return _from_data(parse_json(text))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise UserError(
                f"{in_brief(text)} is no objective", "Write what to_json() gives"
            ) from error

    def data(self) -> dict[str, Any]:
        """Return it as plain values, as `to_json` writes them."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class UnitObjective(Objective):
    """A unit at its position; without one, at the place that the recipe says."""

    unit: Unit

    def __str__(self) -> str:
        place = f" at {self.unit.position}" if self.unit.position else ""
        return f"{self.unit.layer} {self.unit.index}{place}"

    def data(self) -> dict[str, Any]:
        position = list(self.unit.position) if self.unit.position else None
        return {
            "kind": "unit",
            "layer": self.unit.layer,
            "index": self.unit.index,
            "position": position,
        }


@dataclass(frozen=True, slots=True)
class ChannelObjective(Objective):
    """The mean of a unit's whole map."""

    layer: str
    index: int

    def __str__(self) -> str:
        return f"mean of {self.layer} {self.index}"

    def data(self) -> dict[str, Any]:
        return {"kind": "channel", "layer": self.layer, "index": self.index}


@dataclass(frozen=True, slots=True)
class LogitObjective(Objective):
    """A class score of the network's output."""

    index: int

    def __str__(self) -> str:
        return f"class {self.index}"

    def data(self) -> dict[str, Any]:
        return {"kind": "logit", "index": self.index}


@dataclass(frozen=True, slots=True)
class LayerObjective(Objective):
    """The mean square of a whole layer: what the picture already shows grows (DeepDream)."""

    layer: str

    def __str__(self) -> str:
        return f"all of {self.layer}"

    def data(self) -> dict[str, Any]:
        return {"kind": "layer", "layer": self.layer}


@dataclass(frozen=True, slots=True)
class DirectionObjective(Objective):
    """The dot product of a layer's units with a vector of length 1 along `vector`.

    Taken at the centre of the map, or as the mean over it, as the recipe says. With a `power` it is
    multiplied by so high a power of the cosine between the two, which counts as a tenth where it is
    less: what is not of the direction is then kept from growing along (Carter et al. 2019).
    """

    layer: str
    vector: tuple[float, ...]
    power: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.power <= MOST_POWER:
            raise UserError(f"{self.power:g} is no power of a cosine", f"Use 0 to {MOST_POWER}")

    def __str__(self) -> str:
        return f"direction in {self.layer}"

    def data(self) -> dict[str, Any]:
        power = {"power": self.power} if self.power else {}
        return {"kind": "direction", "layer": self.layer, "vector": list(self.vector), **power}


@dataclass(frozen=True, slots=True)
class Sum(Objective):
    """Weighted objectives together: pairs (weight, objective)."""

    terms: tuple[tuple[float, Objective], ...]

    def __str__(self) -> str:
        return " + ".join(f"{weight:g}·({part})" for weight, part in self.terms)

    def data(self) -> dict[str, Any]:
        return {"kind": "sum", "terms": [[weight, part.data()] for weight, part in self.terms]}


@dataclass(frozen=True, slots=True)
class Sample:
    """What one picture of a batch is made for. `seed` (0 or more) rules all its chance.

    `siblings` are the seeds of the others that it is driven apart from, where the recipe asks for
    diversity: what it becomes depends on them. See `made_together`.
    """

    objective: Unit | Objective
    seed: int = 0
    siblings: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UserError(f"The seed {self.seed} is negative", "Use 0 or more")
        if max(self.seed, *self.siblings, 0) > MOST_INTEGER:
            raise UserError("The seed has too many digits", f"Use at most {MOST_INTEGER}")


def made_together(samples: Sequence[Sample], diversity: float) -> tuple[Sample, ...]:
    """Return samples that know their siblings: those of one objective, where there is diversity.

    Samples that know theirs already keep them.
    """
    if not diversity:
        return tuple(replace(sample, siblings=()) for sample in samples)
    seeds: dict[Objective, set[int]] = {}
    for sample in samples:
        seeds.setdefault(objective_of(sample.objective), set()).add(sample.seed)
    return tuple(
        replace(
            sample,
            siblings=sample.siblings or _others(seeds[objective_of(sample.objective)], sample.seed),
        )
        for sample in samples
    )


def with_siblings(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Return samples, and behind them the siblings that are missing among them."""
    missing = {
        Sample(sample.objective, seed, _others({sample.seed, *sample.siblings}, seed)): None
        for sample in samples
        for seed in sample.siblings
    }
    return (*samples, *(sample for sample in missing if sample not in samples))


def _others(seeds: set[int], seed: int) -> tuple[int, ...]:
    return tuple(sorted(seeds - {seed}))


def objective_of(target: Unit | Objective) -> Objective:
    """Return a unit as an objective, an objective as it is."""
    return UnitObjective(target) if isinstance(target, Unit) else target


def leaves(objective: Objective) -> Iterator[tuple[float, Objective]]:
    """Yield the plain objectives in one, with the weights they have in it."""
    if not isinstance(objective, Sum):
        yield 1.0, objective
        return
    for weight, part in objective.terms:
        for inner, leaf in leaves(part):
            yield weight * inner, leaf


def _terms(objective: Objective) -> tuple[tuple[float, Objective], ...]:
    return objective.terms if isinstance(objective, Sum) else ((1.0, objective),)


def _from_data(data: dict[str, Any]) -> Objective:
    match data["kind"]:
        case "unit":
            at = data.get("position")
            position = (whole_number(at[0]), whole_number(at[1])) if at else None
            return UnitObjective(Unit(_layer(data), whole_number(data["index"]), position))
        case "channel":
            return ChannelObjective(_layer(data), whole_number(data["index"]))
        case "logit":
            return LogitObjective(whole_number(data["index"]))
        case "layer":
            return LayerObjective(_layer(data))
        case "direction":
            vector = tuple(map(_finite, data["vector"]))
            return DirectionObjective(_layer(data), vector, _finite(data.get("power", 0.0)))
        case "sum":
            return Sum(tuple((_finite(weight), _from_data(part)) for weight, part in data["terms"]))
    raise ValueError(data["kind"])


def _layer(data: dict[str, Any]) -> str:
    layer = data["layer"]
    if not isinstance(layer, str):
        raise TypeError("a layer has a name")
    return layer


def _finite(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a finite number")
    return float(value)
