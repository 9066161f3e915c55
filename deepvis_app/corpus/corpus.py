"""A scanned collection of pictures, as it is read."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from deepvis_app.corpus.bins import quantile
from deepvis_app.corpus.folder import PICTURES, Faults, Folder, GoneError, Scores
from deepvis_app.corpus.groups import Division, grouped, groups_of
from deepvis_app.corpus.selectivity import class_rows
from deepvis_app.corpus.shard import layer_state, shard_scores
from deepvis_app.corpus.state import NO_PLACE, merge
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis_app.corpus.folder import About
    from deepvis_app.corpus.manner import Manner
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.progress import SoFar
    from deepvis_app.corpus.selectivity import ClassRow
    from deepvis_app.corpus.state import LayerState, Tops
    from deepvis_app.nets.layers import ReceptiveField, Unit

LOOKS = 20  # times that files are looked for again

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a picture that a unit gave `value` for.

    `path` is the file, or the number in a data set. `position` (i, j) is the place in the unit's
    map, None where the score is no single place's. `box` is what of the prepared picture
    (`Network.view`) that place sees, clipped to it; the whole picture where that is not known.
    `at_edge` tells that the place sees beyond the picture, where padding is.
    """

    path: Path
    value: float
    position: tuple[int, int] | None
    box: Box
    at_edge: bool
    label: str  # the picture's class, "" for none
    picture: int  # its id
    size: int  # bytes of the file when it was scanned
    changed_ns: int  # when it was last changed by then

    @property
    def has_changed(self) -> bool:
        """Whether the file is not the one that was scanned, or is gone."""
        try:
            found = self.path.stat()
        except (OSError, ValueError):
            return bool(self.size)
        return (found.st_size, found.st_mtime_ns) != (self.size, self.changed_ns) and bool(
            self.size
        )


def load_corpus(folder: Path | str) -> Corpus:
    """Open what was scanned into a folder, whole or not. Raises `UserError`."""
    return Corpus(Path(folder))


class Corpus:
    """What every unit gave on a collection of pictures; see `scan`.

    It is read from the disk as it is asked for, a layer at a time, and kept. All methods raise
    `UserError` for a layer or unit that was not scanned, and for damaged files. While a scan goes
    on it shows what is on the disk by now; make another one to see more.
    """

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path)
        self.path = path
        self.about: About = self._folder.about()
        self.plan: Plan = self._folder.plan()
        self._so_far: SoFar | None = None
        self._look()

    def _look(self) -> None:
        self._nodes = self._folder.nodes(self.plan)
        self._read: dict[str, LayerState | None] = {}  # what is on the disk, by layer
        self._states: dict[str, LayerState | None] = {}
        for name in ("scanned", "faults"):
            self.__dict__.pop(name, None)

    def along(self, so_far: SoFar | None) -> Corpus:
        """Return the same with the pictures of a shard that is being scanned, too.

        None: with what is on the disk alone. Nothing is read anew, so it is for the time until the
        shard is done: make another one then.
        """
        twin = copy.copy(self)
        twin._states, twin._so_far = {}, so_far  # noqa: SLF001 - of the same class
        twin.__dict__.pop("scanned", None)
        return twin

    @property
    def _in_work(self) -> SoFar | None:
        """The shard that is being scanned, as long as no file has it."""
        so_far = self._so_far
        return None if so_far is None or so_far.shard in self._shards() else so_far

    @property
    def manner(self) -> Manner:
        return self.about.manner

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def layers(self) -> tuple[str, ...]:
        return self.manner.layers

    @property
    def total(self) -> int:
        """How many pictures there are to scan."""
        return len(self.plan)

    @cached_property
    def scanned(self) -> int:
        """How many of them are scanned, those that cannot be read included."""
        rows = [self.plan.rows(shard) for shard in self._shards()]
        on_disk: int = sum(each.stop - each.start for each in rows)
        of_shard = 0 if self._in_work is None else len(self._in_work.rows)
        return on_disk + of_shard

    @property
    def is_complete(self) -> bool:
        return self.scanned == self.total

    @cached_property
    def faults(self) -> Faults:
        """Which pictures could not be read."""
        return self._at_rest(self._all_faults)

    def _all_faults(self) -> Faults:
        found = self._folder.faults(self.path / PICTURES)
        for path in self._nodes.values():
            found = found.joined(self._folder.faults(path))
        return found

    def _at_rest(self, read: Callable[[], Read]) -> Read:
        """Read files; a scan that goes on may put others in their place meanwhile."""
        for _ in range(LOOKS):
            try:
                return read()
            except GoneError:
                self._look()
        return read()

    def _shards(self) -> list[int]:
        return [shard for node in self._nodes for shard in range(node.first, node.end)]

    # A layer

    def stats(self, layer: str) -> LayerState:
        """Return what is known of a layer's units, arrays (C,) and more."""
        self.manner.part(layer)
        if layer not in self._states:
            self._states[layer] = self._at_rest(partial(self._merged, layer))
        state = self._states[layer]
        if state is None:
            raise UserError(f"No picture of {self.name} is scanned yet", "Let the scan go on")
        return state

    def _merged(self, layer: str) -> LayerState | None:
        before, in_work = self._on_disk(layer), self._in_work
        if in_work is None:
            return before
        own = layer_state(self.plan, self.manner, in_work, layer)
        return own if before is None else merge(before, own)

    def _on_disk(self, layer: str) -> LayerState | None:
        if layer not in self._read:
            state = None
            for path in self._nodes.values():
                own = self._folder.layer(path, layer)
                state = own if state is None else merge(state, own)
            self._read[layer] = state
        return self._read[layer]

    def scores(self, layer: str, unit: int | None = None) -> Scores | None:
        """Return every picture's scores (n, C) of a layer, or (n,) of a unit; None: not kept."""
        self.manner.part(layer)
        found = [self._folder.scores(self.plan, shard, layer, unit) for shard in self._shards()]
        if self._in_work is not None and self.manner.has_table:
            found.append(shard_scores(self._in_work, layer, unit))
        if not found or any(one is None for one in found):
            return None
        return joined_scores([one for one in found if one is not None])

    def covariance(self, layer: str) -> NDArray[np.float64] | None:
        """Return the covariance (C, C) of the units' scores; None where nothing was kept of it."""
        state = self.stats(layer)
        if state.products is not None and state.products_count:
            mean = state.products_total / state.products_count
            found: NDArray[np.float64] = state.products / state.products_count
            return found - np.outer(mean, mean)
        scores = self.scores(layer)
        if scores is None:
            return None
        values = scores.values.astype(np.float64)
        values = values[np.isfinite(values).all(1)]
        if not len(values):
            return None
        spread: NDArray[np.float64] = np.cov(values.T, bias=True).reshape(state.unit_count, -1)
        return spread

    def correlation(self, layer: str) -> NDArray[np.float64] | None:
        """Return the correlation (C, C) of the units' scores, NaN for units that never change."""
        found = self.covariance(layer)
        if found is None:
            return None
        spread = np.sqrt(np.maximum(np.diag(found), 0.0))
        spread = np.where(spread > 1e-6 * np.abs(self.stats(layer).mean), spread, np.nan)
        related: NDArray[np.float64] = np.clip(found / np.outer(spread, spread), -1.0, 1.0)
        return related

    # A unit

    def top(self, unit: Unit) -> tuple[Patch, ...]:
        """Return the pictures that excite a unit most, the first one first.

        Fewer than were asked for where it fires on fewer: what leaves it at zero is not listed.
        """
        return self._patches(unit, self.stats(unit.layer).top)

    def bottom(self, unit: Unit) -> tuple[Patch, ...]:
        """Return the pictures with its lowest activations; none where a layer has none below 0."""
        tops = self.stats(unit.layer).bottom
        return () if tops is None else self._patches(unit, tops)

    def band(self, unit: Unit, share: float, count: int = 9) -> tuple[Patch, ...]:
        """Return pictures around a quantile (0 the lowest score, 1 the highest), highest first.

        They are the next ones by rank, of equal scores any; where scores were not kept, the
        nearest of those that were drawn at random.
        """
        index = self.index(unit)
        scores = self.scores(unit.layer, index)
        if scores is None:
            return self._sampled(unit, share, count)
        values = scores.values.astype(np.float64)
        finite = np.flatnonzero(np.isfinite(values))
        order = finite[np.lexsort((self.plan.ids[scores.rows[finite]], values[finite]))]
        middle = share * (len(order) - 1)
        first = int(np.clip(np.ceil(middle - count / 2), 0, max(len(order) - count, 0)))
        chosen = order[first : first + count][::-1]
        places = np.full(len(values), NO_PLACE) if scores.places is None else scores.places
        return tuple(
            self.patch(unit.layer, scores.rows[n], float(values[n]), int(places[n])) for n in chosen
        )

    def _sampled(self, unit: Unit, share: float, count: int) -> tuple[Patch, ...]:
        state = self.stats(unit.layer)
        goal = quantile(state.histogram[unit.index], share)
        own = state.samples.unit == unit.index
        values, pictures = state.samples.value[own], state.samples.picture[own]
        nearest = np.argsort(np.abs(values - goal), kind="stable")[:count]
        nearest = nearest[np.argsort(-values[nearest], kind="stable")]
        found = ((self.plan.row(int(pictures[n])), float(values[n])) for n in nearest)
        return tuple(
            self.patch(unit.layer, row, value, NO_PLACE) for row, value in found if row is not None
        )

    def classes(self, unit: Unit) -> tuple[ClassRow, ...]:
        """Return how well the unit tells each class, the best one first; none without classes."""
        return self.rows(unit, self.classed(unit.layer))

    def kinds(self, unit: Unit) -> tuple[ClassRow, ...]:
        """Return how well the unit tells each kind of classes, where these are ImageNet's."""
        division = self.grouped(unit.layer)
        return () if division is None else self.rows(unit, division)

    def classed(self, layer: str) -> Division:
        """Return a layer's state by classes."""
        return Division(self.stats(layer), self.plan.classes, None)

    def grouped(self, layer: str) -> Division | None:
        """Return a layer's state by kinds of classes; None where these are not ImageNet's."""
        if self.kinds_of_classes is None:
            return None
        state, (names, group) = self.stats(layer), self.kinds_of_classes
        return Division(replace(state, classes=grouped(state.classes, group)), names, group)

    def divided(self, layer: str) -> Division:
        """Return a layer's state by classes, or by their kinds where classes are too few."""
        by_class = self.classed(layer)
        by_kind = self.grouped(layer) if by_class.why_not else None
        return by_class if by_kind is None or by_kind.why_not else by_kind

    @cached_property
    def kinds_of_classes(self) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
        """The kinds that classes make and each class' kind (-1: none), where ImageNet's."""
        return groups_of(self.plan.classes)

    def rows(self, unit: Unit, division: Division) -> tuple[ClassRow, ...]:
        """Return how well the unit tells the parts of a division of its layer, the best first."""
        index = self.index(unit)
        scores = self.scores(unit.layer, index)
        values = labels = None
        if scores is not None:
            finite = np.isfinite(scores.values)
            values = scores.values[finite]
            labels = division.numbers(self.plan.labels[scores.rows[finite]])
        return class_rows(division.state, index, division.names, values, labels)

    def index(self, unit: Unit) -> int:
        """Return a unit's index; raises `UserError` where its layer has no such unit."""
        count = self.manner.part(unit.layer).shape[0]
        if not 0 <= unit.index < count:
            raise UserError(
                f"{unit.layer} has no unit {unit.index}", f"It has units 0 to {count - 1}"
            )
        return unit.index

    def _patches(self, unit: Unit, tops: Tops) -> tuple[Patch, ...]:
        index = self.index(unit)
        listed = zip(tops.value[index], tops.picture[index], tops.place[index], strict=True)
        found = ((self.plan.row(int(p)), float(v), int(at)) for v, p, at in listed if v == v)
        return tuple(
            self.patch(unit.layer, row, value, place)
            for row, value, place in found
            if row is not None
        )

    def patch(self, layer: str, row: int, value: float, place: int) -> Patch:
        """Return what the picture in a row of the plan gave at a place (see `Tops`) of a map."""
        plan, part = self.plan, self.manner.part(layer)
        position = self._position(layer, place)
        height, width = self.manner.input_size
        box, at_edge = Box(0, 0, height, width), False
        if position is not None and part.field is not None:
            box = part.field.box(position, (height, width))
            at_edge = not part.field.whole and _is_clipped(part.field, box)
        label = int(plan.labels[row])
        return Patch(
            Path(self.about.folder, plan.names[row]), value, position, box, at_edge,
            plan.classes[label] if label >= 0 else "", int(plan.ids[row]),
            int(plan.sizes[row]), int(plan.changed_ns[row]),
        )  # fmt: skip

    def _position(self, layer: str, place: int) -> tuple[int, int] | None:
        _, height, width = self.manner.part(layer).shape
        return divmod(place, width) if 0 <= place < height * width else None


def _is_clipped(field: ReceptiveField, box: Box) -> bool:
    """Tell whether a place sees less of the input than places amid the map do."""
    return box.bottom - box.top < field.size[0] or box.right - box.left < field.size[1]


def joined_scores(parts: list[Scores]) -> Scores:
    """Return the scores of several shards as those of one."""
    places = [one.places for one in parts if one.places is not None]
    return Scores(
        np.concatenate([one.rows for one in parts]),
        np.concatenate([one.values for one in parts]),
        np.concatenate(places) if len(places) == len(parts) else None,
    )
