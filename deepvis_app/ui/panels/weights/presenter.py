"""Readings of the picked unit's weights to the page, and steps from unit to unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis_app.engine.readers import ReachReader, WeightReader
from deepvis_app.known.top_crops import TopCrops
from deepvis_app.ui.panels.weights import lines
from deepvis_app.ui.panels.weights.actives import Actives
from deepvis_app.ui.panels.weights.filters import FilterPresenter
from deepvis_app.ui.panels.weights.likes import AGAIN_S, Likes
from deepvis_app.ui.panels.weights.reach import ReachPresenter
from deepvis_app.ui.panels.weights.trail import Trail
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from deepvis_app.engine.readers import Part, WeightFacts, WeightReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick
    from deepvis_app.ui.panels.weights.shown import UnitRow
    from deepvis_app.ui.panels.weights.view import WeightsView

PAGE = "weights"
ROWS = 7
TOLD = 48  # parts that come with each frame, so that shown ones are mostly among them
SHOW_S = 0.12  # between two readings that are shown: eyes are no faster
ORDER_S = 1.0  # between two orders of the rows
PATIENCE_S = 0.5  # after which a reading that has not come is missed


class WeightsPresenter:
    """What does not change is shown once a unit; the sum and the rows with the frames."""

    def __init__(self, view: WeightsView, desk: Desk) -> None:
        self._view, self._kept = view, desk.kept.pictures
        self._crops, self._actives = TopCrops(desk.kept.corpora), Actives(desk.kept.corpora)
        self._selection, self._sight = desk.selection, desk.sight
        self._options, self._looks = desk.options.weights, desk.options.view
        self._preferred = desk.options.preferred
        self.trail = Trail(desk.selection)
        self._filters = FilterPresenter(view, desk, self.step)
        self._reach = ReachPresenter(view, self.step)
        self._network: Network | None = None
        self._likes: Likes | None = None
        self._unit: Unit | None = None
        self._asked_s: float | None = None  # since when a reading is waited for
        self._shown_s = 0.0
        self._shown: WeightReading | None = None  # and nothing about it has changed since
        self._facts: WeightFacts | None = None  # that are shown
        self._order: list[tuple[int, int]] = []  # (term, entry) of the rows
        self._outgoing: list[UnitRow] = []
        self._ordered_s = 0.0
        self.reading: WeightReading | None = None
        view.by_weight_picked.connect(lambda on: setattr(self._options, "by_weight", on))
        view.incoming_picked.connect(lambda row: self._step_to(view.incoming.rows()[row]))
        view.outgoing_picked.connect(lambda row: self._step_to(view.outgoing.rows()[row]))
        view.back_requested.connect(self.back)
        view.instead_requested.connect(self._go_instead)

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._likes = None
        self._unit = None
        self.trail.clear()
        self._forget()

    @property
    def network(self) -> Network | None:
        return self._network

    def ask(self) -> tuple[Asked, ...]:
        """Return what is asked of every frame for the picked unit."""
        self.trail.follow()
        last = self.trail.last
        self._view.set_back("" if last is None else f"{last.layer} · {last.index}")
        self._view.set_by_weight(self._options.by_weight)
        self._shown = None
        unit = self._selection.as_unit()
        if unit != self._unit:
            self._unit = unit
            self._asked_s = None
            self.reading = None
        if unit is None:
            return ()
        return WeightReader(unit, TOLD, self._options.by_weight), ReachReader(unit)

    def tick(self, tick: Tick) -> None:
        if self._unit is None:
            return
        if self._asked_s is None:
            self._asked_s = tick.now_s
        weights = None if self._facts is None else self._facts.weights
        if self._likes is not None and self._likes.take(tick.now_s):
            self._shown = None
        if self._actives.tick(weights):
            self._shown = None
        if tick.snapshot is not None:
            self._take(tick.snapshot)
        is_missed = self.reading is None and tick.now_s - self._asked_s > PATIENCE_S
        if is_missed and self._facts is not None and self._facts.unit != self._unit:
            self._forget()
        if self.reading is not None and self._is_due(self.reading, tick.now_s):
            self._shown, self._shown_s = self.reading, tick.now_s
            self._show(self.reading, tick.now_s)

    def _is_due(self, reading: WeightReading, now_s: float) -> bool:
        """Tell whether a reading is to be shown: another unit at once, another frame in time."""
        if reading.facts is not self._facts:
            return True
        since_s = now_s - self._shown_s
        return since_s >= AGAIN_S or (reading is not self._shown and since_s >= SHOW_S)

    def restyle(self) -> None:
        """Show all anew."""
        self._shown = None

    # Steps

    def step(self, layer: str, unit: int) -> None:
        """Go into a unit; `back` leads out again."""
        self.trail.step(layer, unit)
        self._sight.reveal()

    def back(self) -> bool:
        """Go back by a step; return whether there was one."""
        found = self.trail.back()
        if found:
            self._sight.reveal()
        return found

    def _step_to(self, row: UnitRow) -> None:
        if row.layer is not None:
            self._view.incoming.to_top()
            self._view.outgoing.to_top()
            self.step(row.layer, row.unit)

    def _go_instead(self) -> None:
        facts, network = self._facts, self._network
        if facts is None or network is None or not facts.instead:
            return
        count = network.layer(facts.instead).unit_count
        same = network.layer(facts.unit.layer).unit_count == count
        self.step(facts.instead, facts.unit.index if same else 0)

    # Showing

    def _forget(self) -> None:
        self.reading, self._facts = None, None
        self._order, self._outgoing = [], []
        self._reach.clear()
        self._filters.clear()
        view = self._view
        view.set_message("The weights are read with the next picture")
        view.set_outgoing("Outgoing", "", (), "")

    def _take(self, snapshot: Snapshot) -> None:
        for reader, error in (*snapshot.left_out.items(), *snapshot.failed.items()):
            if isinstance(reader, WeightReader) and reader.unit == self._unit:
                self._forget()
                self._view.set_message(error.cause, error.remedy)
                return
        reading = snapshot.first(WeightReader)
        if reading is not None and reading.facts.unit == self._unit:
            self.reading = reading
        reach, network = snapshot.first(ReachReader), self._network
        if reach is None or network is None or self.reading is None or reach.unit != self._unit:
            return
        if self._filters.takes(self.reading.facts, network):
            self._reach.clear()  # the unit itself is one of the filters
        else:
            self._reach.show(reach, network)

    def _show(self, reading: WeightReading, now_s: float) -> None:
        network = self._network
        if network is None:
            return
        if reading.facts is not self._facts:
            self._facts, self._order, self._outgoing = reading.facts, [], []
            self._show_facts(reading.facts, network)
        if reading.facts.weights is not None:
            self._show_sum(reading)
            self._show_rows(reading, network, now_s)
        if self._outgoing:
            self._view.outgoing.set_rows(self._liked(self._outgoing, now_s))
        self._filters.show(reading.facts, network)

    def _show_facts(self, facts: WeightFacts, network: Network) -> None:
        view, problem = self._view, facts.problem
        if problem is None:
            view.set_message("")
        else:
            view.set_message(problem.cause, problem.remedy, facts.instead)
        self._reach.turn_to(facts.unit)
        self._show_outgoing(facts, network)
        layer = facts.layer
        if layer is not None and facts.weights is not None:
            norm = float(layer.norms[facts.unit.index])
            detail = f"length {figure(norm)}"
            if layer.sampled < len(layer.norms):
                detail += f" · of {layer.sampled} units"
            view.set_spread(detail, layer.values, layer.norms, norm)

    def _show_outgoing(self, facts: WeightFacts, network: Network) -> None:
        view, outgoing = self._view, facts.outgoing
        title = lines.outgoing_title(outgoing, facts.unit.layer)
        if outgoing and outgoing[0].gives_scores:
            scores = outgoing[0]
            columns = lines.class_rows(network, scores)
            view.set_classes(title, "weight, sorted", scores.sums, columns)
            return
        rows = lines.outgoing_rows(outgoing, ROWS, facts.unit.layer)
        count = sum(len(each.units) for each in outgoing)
        detail = f"{len(rows)} of {lines.count_text(count)}" if rows else ""
        is_class = network.is_class(facts.unit)
        end = "It is a class score: nothing behind it has weights."
        note = "" if rows else end if is_class else "No layer with weights reads this unit alone."
        self._outgoing = rows
        view.set_outgoing(title, detail, rows, note)

    def _show_sum(self, reading: WeightReading) -> None:
        found, weights = reading.sum, reading.facts.weights
        assert weights is not None
        if found is None:
            self._view.set_sum("What adds up", "", None, f"{reading.problem}.")
            return
        has_map = self._network is not None and self._network.layer(
            weights.unit.layer
        ).map_size != (1, 1)
        place = f"at ({found.place[0]}, {found.place[1]}), now" if has_map else "now"
        title = f"What adds up to {figure(found.total)}"
        note = lines.sum_note(found, weights.after)
        self._view.set_sum(title, place, lines.sum_lines(found, lines.input_word(weights)), note)

    def _show_rows(self, reading: WeightReading, network: Network, now_s: float) -> None:
        weights = reading.facts.weights
        assert weights is not None
        view = self._view
        if self._filters.takes(reading.facts, network):
            view.set_incoming("", "", (), self._looks.colours(signed=False))
            return
        parts = () if reading.sum is None else reading.sum.parts
        told = {(part.term, part.entry): part for part in parts}
        if self._options.by_weight or not told:
            order = lines.strongest(weights, ROWS, self._actives.known.rms)
            rows = [lines.weight_row(network, weights, *place, told.get(place)) for place in order]
        else:
            rows = [lines.now_row(network, weights, told[k]) for k in self._placed(told, now_s)]
        title = lines.incoming_title(weights)
        detail = lines.incoming_detail(weights, len(rows))
        if self._options.by_weight:
            detail += f" · by {lines.strength_detail(self._actives.known.pictures)}"
        shown = self._liked(lines.with_layers(rows, weights.unit.layer), now_s)
        view.set_incoming(title, detail, shown, self._looks.colours(signed=False))

    def _placed(self, told: dict[tuple[int, int], Part], now_s: float) -> list[tuple[int, int]]:
        """Return which inputs are shown in which order: another one at most once a second.

        And none while one points at them, as long as they are told of.
        """
        is_gone = not self._order or any(place not in told for place in self._order)
        is_old = now_s - self._ordered_s >= ORDER_S and not self._view.incoming.is_pointed_at
        if is_gone or is_old:
            self._order, self._ordered_s = list(told)[:ROWS], now_s
        return self._order

    def _liked(self, rows: list[UnitRow], now_s: float) -> list[UnitRow]:
        """Return the rows with what their units like."""
        network, recipe = self._network, self._preferred.recipe
        if network is None:
            return rows
        if self._likes is None or self._likes.recipe.key != recipe.key:
            self._likes = Likes(self._kept, self._crops, network, recipe)
        likes = self._likes
        return [
            row
            if row.layer is None
            else replace(row, picture=likes.picture(row.layer, row.unit, now_s))
            for row in rows
        ]
