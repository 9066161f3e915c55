"""In which colours the points stand: asked of the corpus, shown with their legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.known.map_colours import (
    MapColours,
    class_colours,
    prediction_colours,
    unit_colours,
)
from deepvis_app.known.newest import Newest
from deepvis_app.state.explaining import exists
from deepvis_app.state.map import MapColour
from deepvis_app.ui.kit.point_colours import class_shades, point_shades

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from deepvis_app.corpus import Corpus
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.known.map_facts import MapFacts
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.kit.point_colours import Shades
    from deepvis_app.ui.panels.map.view import MapView


class Colouring:
    """Keeps colours and legend in step with map, unit and theme."""

    def __init__(self, view: MapView, desk: Desk) -> None:
        self._view, self._options, self._look = view, desk.options.map, desk.options.view
        self._corpora, self._selection = desk.kept.corpora, desk.selection
        self._network: Network | None = None
        self._newest: Newest[MapColours] = Newest()
        self._shown: MapColours | None = None
        self._count = -1

    def set_network(self, network: Network | None) -> None:
        self._network = network

    @property
    def unit(self) -> Unit | None:
        """The picked unit, where the network has it."""
        unit, network = self._selection.as_unit(), self._network
        return unit if unit is not None and network is not None and exists(network, unit) else None

    def why_not(self) -> dict[MapColour, str]:
        """Return what points cannot be coloured by, and why."""
        present, found = self._corpora.present, {}
        scanned = () if present is None else present.layers
        layer = self._output()
        if layer is None:
            found[MapColour.PREDICTION] = "The network has no classes"
        elif self._network is not None and self._network.layer(layer).unit_count < 2:
            found[MapColour.PREDICTION] = "The network has one output: there is nothing to choose"
        elif layer not in scanned:
            found[MapColour.PREDICTION] = f"The network’s scores, {layer}, were not scanned"
        if self.unit is not None and self.unit.layer not in scanned:
            found[MapColour.UNIT] = f"The picked unit’s layer, {self.unit.layer}, was not scanned"
        return found

    def tick(self, facts: MapFacts | None) -> None:
        wish = None if facts is None else self._wish(facts)
        if facts is not None and len(facts) != self._count:
            self._forget(len(facts))
        if self._newest.tick(wish, lambda: self._ask(facts)) and wish is not None:
            found = self._newest.get(wish)
            if found is not None:
                self._show(found)

    def _forget(self, count: int) -> None:
        self._count, self._shown = count, None
        self._newest.forget()
        self._view.canvas.set_colours(None)
        self._view.legend.set_words("")

    def _wish(self, facts: MapFacts) -> Hashable:
        kind = self._options.colour
        unit = self.unit if kind is MapColour.UNIT else None
        look = class_shades().tobytes()[:6], self._look.palette, self._look.diverging_palette
        version = self._corpora.version if kind is not MapColour.CLASS else 0
        return facts.of, kind, unit, look, version

    def _ask(self, facts: MapFacts | None) -> Answer[MapColours | None]:
        assert facts is not None
        return self._corpora.ask_of(facts.wish.corpus, _told(self._question(facts)))

    def _question(self, facts: MapFacts) -> Callable[[Corpus], MapColours]:
        kind, unit, network = self._options.colour, self.unit, self._network
        shades = class_shades()
        if kind is MapColour.UNIT and unit is not None:
            plain, signed = self._palettes()
            part = unit
            return lambda corpus: unit_colours(
                facts, part, signed if corpus.manner.part(part.layer).is_signed else plain, corpus
            )
        layer = self._output()
        if kind is MapColour.PREDICTION and layer is not None and network is not None:
            labels = tuple(network.labels)
            return lambda corpus: prediction_colours(facts, layer, labels, shades, corpus)
        return lambda _: class_colours(facts, shades)

    def _palettes(self) -> tuple[Shades, Shades]:
        """Return the palette of values that all are above zero, and of others."""
        look = self._look
        return (
            point_shades(look.colours(signed=False)),
            point_shades(look.colours(signed=True), signed=True),
        )

    def _output(self) -> str | None:
        network = self._network
        return None if network is None else network.output_layer or network.maps_layer

    def _show(self, found: MapColours) -> None:
        self._shown = found
        view, unit = self._view, self.unit
        view.canvas.set_colours(found.rgb)
        if found.rgb is None:
            view.legend.set_words(found.why_not)
        elif found.values is not None and unit is not None:
            plain, signed = self._palettes()
            words = f"{unit.layer} · unit {unit.index}, highest of each picture"
            shades = signed if found.is_signed else plain
            view.legend.set_scale(words, shades, found.low, found.high, signed=found.is_signed)
        else:
            view.legend.set_keys(found.legend)


def _told(question: Callable[[Corpus], MapColours]) -> Callable[[Corpus], MapColours]:
    """Return a question that says why there is no answer."""

    def ask(corpus: Corpus) -> MapColours:
        try:
            return question(corpus)
        except UserError as error:
            return MapColours(None, why_not=str(error))

    return ask
