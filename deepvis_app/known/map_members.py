"""What chosen pictures of a map share, and which of them are meant: on a thread that reads."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.selecting import Shared, class_counts, inside, shared_units
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from deepvis_app.known.map_facts import MapFacts, Points

SHARED = 12  # units that are named
_NO_LETTER = re.compile(r"[\W_]+")
COLUMNS = ("id", "path", "class", "x", "y")


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Chosen pictures by their places (k,), the most typical first, and what they share.

    `others` of the chosen ones are not in this map. `main` is the most frequent class or kind, of
    `main_count` of them; "": none is known.
    """

    places: NDArray[np.int64]
    others: int
    shared: tuple[Shared, ...]
    main: str
    main_count: int

    def __len__(self) -> int:
        return len(self.places)


def members_of(facts: MapFacts, ids: Iterable[int]) -> Members:
    """Find what chosen pictures share: units in which they differ from all."""
    chosen = np.fromiter(ids, np.uint64)
    places = np.sort(facts.codes.where(chosen))
    counts = class_counts(facts.codes, places)
    main, count = counts[0] if counts else ("", 0)
    return Members(
        _typical_first(facts, places),
        len(chosen) - len(places),
        shared_units(facts.codes, places, SHARED),
        in_plain(main),
        count,
    )


def _typical_first(facts: MapFacts, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return places by how near to the middle of them all their pictures are in the map."""
    if not len(places):
        return places
    own = facts.points[places]
    away = ((own - np.median(own, 0)) ** 2).sum(1)
    return places[np.argsort(away, kind="stable")]


def enclosed(points: Points, outline: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the places of points that lie within corners (K, 2)."""
    return np.flatnonzero(inside(points, [(x, y) for x, y in outline.tolist()]))


def named(facts: MapFacts, words: str) -> NDArray[np.int64]:
    """Return the places of pictures whose file or class has all the words of a text."""
    wanted = _plain(words).split()
    if not wanted:
        return np.zeros(0, np.int64)
    plan = facts.of.plan
    classes = [_plain(name) for name in plan.classes]
    kinds = [_plain(name) for name in facts.codes.classes]
    found = []
    for place, row in enumerate(facts.codes.rows.tolist()):
        label, kind = int(plan.labels[row]), int(facts.codes.labels[place])
        said = [_plain(plan.names[row])]
        said += [classes[label]] if label >= 0 else []
        said += [kinds[kind]] if kind >= 0 else []
        text = " ".join(said)
        if all(word in text for word in wanted):
            found.append(place)
    return np.array(found, np.int64)


def table(facts: MapFacts, places: NDArray[np.int64]) -> str:
    """Return pictures of a map as CSV: id, path, class, and where they are."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for place in places.tolist():
        x, y = facts.points[place].tolist()
        label = int(facts.of.plan.labels[facts.row(place)])
        name = facts.of.plan.classes[label] if label >= 0 else ""
        lines.writerow((int(facts.codes.ids[place]), facts.path(place), name, x, y))
    return text.getvalue()


def _plain(text: str) -> str:
    """Return a text as it is compared: letters and digits, small."""
    return _NO_LETTER.sub(" ", text).strip().casefold()
