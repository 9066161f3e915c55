"""What the picked unit gave on each picture of the map, while the map is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.engine.readers import PlaceReader
from deepvis_app.errors import UserError
from deepvis_app.known.map_colours import MapColours, unit_colours
from deepvis_app.known.newest import Newest
from deepvis_app.state.explaining import exists
from deepvis_app.state.map import MAP, MapColour
from deepvis_app.ui.kit.point_colours import class_shades, point_shades

if TYPE_CHECKING:
    from collections.abc import Hashable

    from deepvis_app.corpus import Corpus
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.known.map_facts import MapFacts
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.kit.point_colours import Shades
    from deepvis_app.ui.panels.now.view import NowView

PAGE = "now"


class OverMapPresenter:
    """Takes the histogram's place while the map is what fills the centre."""

    def __init__(self, view: NowView, desk: Desk) -> None:
        self._view, self._desk, self._maps = view, desk, desk.kept.maps
        self._network: Network | None = None
        self._newest: Newest[MapColours] = Newest()
        self._shown: object = None  # the map that is shown
        view.over_map.colour_requested.connect(self._colour)

    def set_network(self, network: Network | None) -> None:
        self._network = network

    def tick(self) -> None:
        """Take the unit's values on the map's pictures, and ask for those of another."""
        sight, facts = self._desk.sight, self._maps.found
        is_open = sight.workspace == MAP and facts is not None
        self._view.show_over_map(is_open)
        unit = self._unit
        if not is_open or facts is None or not sight.shows(PAGE):
            return
        wish = self._wish(facts, unit)
        has_news = self._newest.tick(wish, partial(self._ask, facts, unit))
        found = self._newest.get(wish)
        if found is not None and (has_news or self._shown is not facts):
            self._shown = facts
            self._show(facts, found)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Mark where the frame is."""
        reading = snapshot.first(PlaceReader)
        self._view.over_map.map.set_ring(None if reading is None else reading.point)

    @property
    def _unit(self) -> Unit | None:
        unit, network = self._desk.selection.as_unit(), self._network
        return unit if unit is not None and network is not None and exists(network, unit) else None

    def _wish(self, facts: MapFacts, unit: Unit | None) -> Hashable:
        look = self._desk.options.view
        theme = class_shades().tobytes()[:6], look.palette, look.diverging_palette
        version = self._desk.kept.corpora.version
        return None if unit is None else (facts.of, unit, theme, version)

    def _ask(self, facts: MapFacts, unit: Unit | None) -> Answer[MapColours | None]:
        assert unit is not None
        plain, signed = self._palettes()

        def question(corpus: Corpus) -> MapColours:
            try:
                is_signed = corpus.manner.part(unit.layer).is_signed
                return unit_colours(facts, unit, signed if is_signed else plain, corpus)
            except UserError as error:
                return MapColours(None, why_not=str(error.cause))

        return self._desk.kept.corpora.ask_of(facts.wish.corpus, question)

    def _palettes(self) -> tuple[Shades, Shades]:
        look = self._desk.options.view
        plain, signed = look.colours(signed=False), look.colours(signed=True)
        return point_shades(plain), point_shades(signed, signed=True)

    def _show(self, facts: MapFacts, found: MapColours) -> None:
        view, (plain, signed) = self._view.over_map, self._palettes()
        view.map.set_points(facts.points, found.rgb, found.values, found.why_not)
        if found.rgb is None:
            view.set_scale(None, 0.0, 0.0)
        else:
            shades = signed if found.is_signed else plain
            view.set_scale(shades, found.low, found.high, signed=found.is_signed)

    def _colour(self) -> None:
        self._desk.options.map.colour = MapColour.UNIT
