"""In which colours the pictures of a map stand, and what these mean: all on a thread that reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.codes import places_among
from deepvis_app.corpus.groups import groups_of
from deepvis_app.errors import UserError
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.known.map_facts import MapFacts
    from deepvis_app.nets import Unit

    Rgb = NDArray[np.uint8]
    Floats = NDArray[np.float32]

OTHERS = "others"
TOP = 254  # the highest index of a palette


@dataclass(frozen=True, slots=True)
class ColourKey:
    """A line of the legend: a class, how many pictures are of it, and its colour."""

    name: str
    count: int
    rgb: tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class MapColours:
    """Colours (N, 3), uint8, and the legend to them; or why there are none.

    By a unit there is no legend, but `values` (N,), NaN where none is known, from `low` to `high`.
    """

    rgb: Rgb | None
    legend: tuple[ColourKey, ...] = ()
    values: Floats | None = None
    low: float = 0.0
    high: float = 0.0
    why_not: str = ""

    @property
    def is_signed(self) -> bool:
        return self.low < 0


def class_colours(facts: MapFacts, shades: Rgb) -> MapColours:
    """Colour pictures by their own classes, or kinds of these.

    `shades` (K + 1, 3) are colours for the most frequent classes, and one for all others.
    """
    codes = facts.codes
    if not (codes.labels >= 0).any():
        return MapColours(None, why_not=_no_classes(facts))
    return _by_labels(codes.labels, codes.classes, codes.classes, codes.labels, shades)


def _no_classes(facts: MapFacts) -> str:
    where = facts.of.name or "These pictures"
    return f"{where}: no classes are known. A subfolder for each class would tell them"


def prediction_colours(
    facts: MapFacts, layer: str, labels: Sequence[str], shades: Rgb, corpus: Corpus
) -> MapColours:
    """Colour pictures by the class that the network's output layer scores highest.

    Where the pictures' own classes are taken together in kinds, so are these, in the same colours.
    """
    scores = aligned(facts, corpus, layer)
    known = np.isfinite(scores).all(1)
    best = np.where(known, np.where(np.isfinite(scores), scores, -np.inf).argmax(1), -1)
    names = [in_plain(label) for label in labels]
    names += [f"class {number}" for number in range(len(names), scores.shape[1])]
    codes = facts.codes
    kinds = groups_of(labels) if set(codes.classes) - set(facts.of.plan.classes) else None
    if kinds is None:
        return _by_labels(best, names, codes.classes, codes.labels, shades)
    kind_names, group = kinds
    padded = np.append(group, np.full(max(scores.shape[1] - len(group), 0), -1))
    found = np.where(best >= 0, padded[best], -1)
    return _by_labels(found, kind_names, codes.classes, codes.labels, shades)


def unit_colours(facts: MapFacts, unit: Unit, shades: Rgb, corpus: Corpus) -> MapColours:
    """Colour pictures by what a unit gave on each, from zero to its highest.

    `shades` (256, 3) are a palette's from low to high; of values below zero the middle is zero. A
    picture whose value is not known has the last.
    """
    values = aligned(facts, corpus, unit.layer, unit.index)
    known = np.isfinite(values)
    if not known.any():
        return MapColours(None, why_not=f"{unit.layer} gave no number on these pictures")
    low, high = float(values[known].min()), float(values[known].max())
    reach = max(abs(low), abs(high), 1e-30)
    ends = (-reach, reach) if low < 0 else (0.0, high if high > 0 else 1.0)
    share = (np.nan_to_num(values, nan=ends[0]) - ends[0]) / (ends[1] - ends[0])
    rgb = shades[np.round(np.clip(share, 0, 1) * TOP).astype(np.int64)]
    rgb[~known] = shades[-1]
    for array in (values, rgb):
        array.setflags(write=False)
    return MapColours(rgb, values=values, low=ends[0], high=ends[1])


def aligned(facts: MapFacts, corpus: Corpus, layer: str, unit: int | None = None) -> Floats:
    """Return a layer's scores (N, C), or a unit's (N,), of the map's pictures; NaN where unknown.

    Raises `UserError` where the layer was not scanned or its scores were not kept.
    """
    corpus = corpus.along(None)  # more pictures than the map has may be scanned by now
    scores = corpus.scores(layer, unit)
    if scores is None:
        raise UserError(f"The scan did not keep what {layer} gave on each picture", "Scan again")
    places = places_among(corpus.plan.ids[scores.rows], facts.codes.ids)
    found = np.full((len(places), *scores.values.shape[1:]), np.nan, np.float32)
    found[places >= 0] = scores.values[places[places >= 0]]
    return found


def _by_labels(
    labels: NDArray[np.int64],
    names: Sequence[str],
    first_names: Sequence[str],
    first_labels: NDArray[np.int64],
    shades: Rgb,
) -> MapColours:
    """Give the most frequent classes colours; a class of the pictures' own keeps the one it has."""
    room = len(shades) - 1
    counts = np.bincount(labels[labels >= 0], minlength=len(names))
    order = [n for n in np.argsort(-counts, kind="stable").tolist() if counts[n]][:room]
    taken = {first_names[n]: place for place, n in enumerate(_frequent(first_labels, room))}
    own = {n: taken[names[n]] for n in order if names[n] in taken}
    free = (place for place in range(room) if place not in own.values())
    number = {n: own[n] if n in own else next(free) for n in order}
    table = np.full(len(names) + 1, room)  # the last is of none
    for label, place in number.items():
        table[label] = place
    rgb = shades[table[labels]]
    rgb.setflags(write=False)
    legend = [ColourKey(in_plain(names[n]), int(counts[n]), _rgb(shades[number[n]])) for n in order]
    rest = len(labels) - sum(key.count for key in legend)
    if rest:
        legend.append(ColourKey(OTHERS, rest, _rgb(shades[room])))
    return MapColours(rgb, tuple(legend))


def _frequent(labels: NDArray[np.int64], most: int) -> list[int]:
    counts = np.bincount(labels[labels >= 0])
    order: list[int] = np.argsort(-counts, kind="stable")[:most].tolist()
    return order


def _rgb(shade: Rgb) -> tuple[int, int, int]:
    red, green, blue = shade.tolist()
    return red, green, blue
