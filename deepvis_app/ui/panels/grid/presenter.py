"""Requests and readings to the grids; the grids' gestures to the state."""

from __future__ import annotations

from functools import partial
from math import isnan
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.readers import ExplanationReader, GridReader
from deepvis_app.errors import short_text
from deepvis_app.nets import Unit
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.resolve import GridPlan, Pane, grids_asked, plan_grid, searched_units
from deepvis_app.state.selection import Focus, Zoom
from deepvis_app.tiles import BACKGROUND, ZERO
from deepvis_app.tiles.marks import counts
from deepvis_app.ui.kit.bubble import Tip
from deepvis_app.ui.panels.grid.laid import laid
from deepvis_app.ui.panels.grid.tile_menu import TileWish
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import field_text, shape_text, units_text

if TYPE_CHECKING:
    from deepvis_app.engine.readers import GridReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.settings import Settings
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.pictures import PictureGridPresenter
    from deepvis_app.ui.panels.grid.records import RecordGridPresenter
    from deepvis_app.ui.panels.grid.table.presenter import TablePresenter
    from deepvis_app.ui.panels.grid.view import GridPane, GridView

MAX_SCALE = 16.0
UNPINNED = (
    "Pin a unit to see what it is made of",
    "Alt+click a tile, then open a layer before this one; in its own layer a unit is alone",
)


class GridPresenter:
    """Keeps one or two grid panes in step with the selection and the snapshots."""

    def __init__(
        self,
        view: GridView,
        desk: Desk,
        pictures: PictureGridPresenter,
        records: RecordGridPresenter,
        table: TablePresenter,
    ) -> None:
        self._view = view
        self.pictures = pictures  # takes the readings' place in whole-layer mode
        self.records = records  # and while scanned pictures are shown
        self.table = table  # takes the grids' place
        self._table_options = desk.options.table
        self._selection = desk.selection
        self._sight = desk.sight
        self._options = options = desk.options.view
        self._explaining = desk.options.why
        self.network: Network | None = None
        self._readings: dict[str, GridReading] = {}
        self._late: set[GridPane] = set()  # show activity for gradients, or the reverse, still
        self._scroll_to: tuple[str, int] | None = None  # a unit to bring into view once laid out
        for pane in view.panes:
            self._connect(pane)
        view.scaling_picked.connect(lambda scaling: options.change_contrast(scaling=scaling))
        view.order_picked.connect(options.sort_by)
        view.hide_dead_toggled.connect(lambda hide: setattr(options, "hide_dead", hide))
        view.searched.connect(self._search)
        self._sight.events.revealed.connect(self.reveal_unit)
        self._sight.events.entered.connect(self._enter)
        desk.options.setting.follow(lambda s: s.appearance.wheel, self._set_wheel)

    def ask(self) -> tuple[GridReader | ExplanationReader, ...]:
        """Lay out every shown layer's grid; return what is asked of the tiles that can be seen."""
        if self.network is None:
            return ()
        if self.table.is_on:
            self._show_controls()
            return self.table.ask()
        return grids_asked(
            self._lay_out(self.network),
            self._selection,
            self._options,
            self._explaining,
            self.network,
        )

    def _lay_out(self, network: Network) -> list[tuple[GridPlan, tuple[int, int]]]:
        self._view.set_pane_count(len(self._selection.panes))
        planned = []
        known = {info.name for info in network.layers}
        for layer, pane in self._shown().items():
            if layer not in known:
                continue
            canvas, reading = pane.canvas, self._readings.get(layer)
            total = len(reading.order) if reading and self._options.hide_dead else None
            room = Pane(*canvas.viewport_px(), total, canvas.devicePixelRatioF())
            plan = plan_grid(network, layer, self._selection, self._options, room)
            canvas.set_layout(plan.tile_px, plan.columns, plan.total)
            planned.append((plan, canvas.visible_places()))
            self._show_pane(pane, plan, network)
            self._show_tiles(pane, plan, reading, network)
        self.pictures.keep(self._selection.panes)
        self.records.keep(self._selection.panes)
        self._show_controls()
        return planned

    def reading(self, layer: str) -> GridReading | None:
        return self._readings.get(layer)

    def found(self) -> tuple[int, ...]:
        """Return the picked layer's units that the search leaves, in the order shown."""
        layer = self._selection.layer
        if self.network is None or not layer:
            return ()
        info = self.network.layer(layer)
        reading = self._readings.get(layer)
        order = range(info.unit_count) if reading is None else reading.order.tolist()
        units = searched_units(self.network, info, self._options)
        if units is None:
            return tuple(order)
        return tuple(unit for unit in order if unit in units) or tuple(units)

    def set_network(self, network: Network | None) -> None:
        """Turn to another network, of which nothing is known yet."""
        self.network = network
        self.pictures.set_network(network)
        self.records.set_network(network)
        self.table.set_network(network)
        self._readings.clear()
        for pane in self._view.panes:
            pane.canvas.clear()

    def show_snapshot(self, snapshot: Snapshot, network: Network) -> None:
        if self.table.is_on:
            self.table.show_snapshot(snapshot)
            return
        shown = self._shown()
        for reading in snapshot.every(GridReader):
            pane = shown.get(reading.layer)
            if pane is None:
                continue
            self._readings[reading.layer] = reading
            self._sight.orders[reading.layer] = reading.order
            self._sight.columns[reading.layer] = reading.mosaic.columns
            if self.pictures.is_on:
                self.pictures.grids.reorder(reading.layer, reading.order)
            elif self.records.is_on:
                self.records.reorder(reading.layer, reading)
            elif reading.backward == self._is_backward:
                self._catch_up(pane)
                pane.set_reading(reading, self._options.colours(signed=reading.signed))
                pane.set_count(self._count_text(reading, network))
            self._show_blank(pane, reading, snapshot, network)
            self._scroll_if_asked(pane, reading)

    def set_stale(self, waiting: str | None) -> None:
        """Tint the grids and say why they are not of the present; None: they are."""
        for pane in self._view.panes:
            pane.canvas.set_stale(waiting)

    def reveal_unit(self, *_: object) -> None:
        """Scroll the picked unit's tile, or its line, into view."""
        if self.table.is_on:
            self.table.walk.reveal()
            return
        self._scroll_to = (self._selection.layer, self._selection.unit)
        for layer, pane in self._shown().items():
            if reading := self._readings.get(layer):
                self._scroll_if_asked(pane, reading)

    def _enter(self, *_: object) -> None:
        """Give the keyboard to the picked layer's grid."""
        panes, layer = self._selection.panes, self._selection.layer
        self._view.focus_canvas(panes.index(layer) if layer in panes else 0)

    def _search(self, text: str) -> None:
        if self.table.is_on:
            self._table_options.search = text
        else:
            self._options.search = text

    def _set_wheel(self, settings: Settings) -> None:
        for pane in self._view.panes:
            pane.canvas.set_wheel_zooms(settings.appearance.wheel.value == "zoom")

    def _scroll_if_asked(self, pane: GridPane, reading: GridReading) -> None:
        if self._scroll_to is None or self._scroll_to[0] != reading.layer:
            return
        places = (reading.order == self._scroll_to[1]).nonzero()[0]
        self._scroll_to = None
        if len(places):
            pane.canvas.scroll_to_place(int(places[0]))

    def _shown(self) -> dict[str, GridPane]:
        return dict(zip(self._selection.panes, self._view.panes, strict=False))

    def _show_controls(self) -> None:
        options = self._options
        self._view.set_controls(
            options.contrast.scaling, options.order, hide_dead=options.hide_dead
        )
        self._view.set_search(self._table_options.search if self.table.is_on else options.search)
        self._view.set_shows(options.grid_shows)

    def _show_tiles(
        self, pane: GridPane, plan: GridPlan, reading: GridReading | None, network: Network
    ) -> None:
        """Show the pictures, or again the last reading after they were shown."""
        if self.pictures.is_on or self.records.is_on:
            order = reading.order if reading is not None and plan.units is None else None
            self._catch_up(pane)
            filler = self.pictures if self.pictures.is_on else self.records
            filler.grids.lay_out(plan.layer, laid(pane, plan, pane.canvas.visible_places(), order))
        elif reading is None:
            return
        elif reading.backward != self._is_backward:
            self._late.add(pane)
            what = "gradients" if self._is_backward else "activity"
            pane.canvas.set_stale(f"waiting for {what}")
        elif self.pictures.grids.has(plan.layer) or self.records.grids.has(plan.layer):
            pane.set_reading(reading, self._options.colours(signed=reading.signed))
            pane.set_count(self._count_text(reading, network))

    def _show_pane(self, pane: GridPane, plan: GridPlan, network: Network) -> None:
        info = network.layer(plan.layer)
        pane.set_title(
            plan.layer,
            " · ".join(filter(None, (shape_text(info), field_text(info)))),
            active=plan.layer == self._selection.layer,
            closable=len(self._selection.panes) == 2,
        )
        pane.canvas.set_selected(self._selected_in(plan.layer))
        origin = self._explaining.origin
        pinned = origin is not None and origin.layer == plan.layer
        pane.canvas.set_pinned(origin.index if origin is not None and pinned else None)
        if plan.units == () or not self._is_backward:
            empty = self.records.empty_words(plan.layer) or (None, "")
            if plan.units == ():
                hint = "Try a number, a range such as 0-31, or part of a label"
                empty = f"No unit matches “{short_text(self._options.search)}”", hint
            pane.canvas.set_empty_text(*empty)

    def _selected_in(self, layer: str) -> int | None:
        if layer == self._selection.layer:
            return self._selection.unit
        return self._selection.remembered.get(layer)

    @property
    def _is_backward(self) -> bool:
        return self._options.grid_shows is GridShows.BACKWARD

    def _catch_up(self, pane: GridPane) -> None:
        """A pane shows what it is to show again."""
        if pane in self._late:
            self._late.discard(pane)
            pane.canvas.set_stale(None)

    def _show_blank(
        self, pane: GridPane, reading: GridReading, snapshot: Snapshot, network: Network
    ) -> None:
        """Say why a layer has nothing to show of the unit's gradient."""
        if not self._is_backward or len(reading.order) == 0:
            return
        words = why_blank(reading, snapshot, network)
        if words is None and self._explaining.origin is None and _is_own(reading, snapshot):
            words = UNPINNED
        pane.show_colours(words is None and reading.has_numbers)
        if words is not None:
            self._catch_up(pane)
            pane.canvas.set_empty_text(*words)
        elif reading.backward:
            pane.canvas.set_empty_text(None)

    def _count_text(self, reading: GridReading, network: Network) -> str:
        everything = network.layer(reading.layer).unit_count
        total = len(reading.order)
        parts = [f"{total} of {everything} units" if total < everything else units_text(everything)]
        unit = self._explaining.unit(self._selection)
        if reading.backward and unit is not None:
            parts.append(f"gradient of {unit.layer} · {unit.index}")
        elif reading.dead:
            hidden = "hidden" if self._options.hide_dead else "have not moved yet"
            parts.append(f"{reading.dead} {hidden}")
        if (marks := reading.mosaic.marks) is not None:
            only = "" if reading.has_numbers else "only "
            parts.append(f"hatched: {only}{', '.join(counts(marks))}")
        return " · ".join(parts)

    # Gestures

    def _connect(self, pane: GridPane) -> None:
        canvas = pane.canvas
        canvas.set_tip_source(partial(self._tip, pane))
        canvas.tile_hovered.connect(partial(self._point, pane))
        canvas.tile_picked.connect(partial(self._pick, pane))
        canvas.tile_opened.connect(partial(self._open, pane))
        canvas.menu_requested.connect(partial(self._open_menu, pane))
        canvas.zoom_requested.connect(self._zoom)
        pane.tile_wished.connect(partial(self._do, pane))
        canvas.viewport_changed.connect(lambda *_: self._sight.move())
        canvas.tile_pin_requested.connect(partial(self._pin, pane))
        pane.close_requested.connect(partial(self._close, pane))

    def _layer_of(self, pane: GridPane) -> str | None:
        index = self._view.panes.index(pane)
        panes = self._selection.panes
        return panes[index] if index < len(panes) else None

    def _point(self, pane: GridPane, unit: int, y: float, x: float) -> None:
        layer = self._layer_of(pane)
        if unit < 0 or layer is None or self.network is None:
            self._sight.pointed = None
            return
        height, width = self.network.layer(layer).map_size
        self._sight.pointed = (layer, int(y * height), int(x * width))

    def _pick(self, pane: GridPane, unit: int) -> None:
        if layer := self._layer_of(pane):
            self._selection.focus = Focus.GRID
            self._selection.pick_unit(unit, layer)

    def _pin(self, pane: GridPane, unit: int) -> None:
        if layer := self._layer_of(pane):
            self._explaining.toggle_origin(Unit(layer, unit))

    def _open(self, pane: GridPane, unit: int) -> None:
        self._pick(pane, unit)
        zoomed = self._selection.zoom is Zoom.UNIT
        self._selection.zoom = Zoom.GRID if zoomed else Zoom.UNIT

    def _open_menu(self, pane: GridPane, unit: int, at: Any) -> None:
        layer = self._layer_of(pane)
        if layer is not None:
            pinned = self._explaining.origin == Unit(layer, unit)
            beside = len(self._selection.panes) == 2
            pane.open_tile_menu(unit, at, is_pinned=pinned, has_beside=beside)

    def _do(self, pane: GridPane, unit: int, wish: TileWish) -> None:
        """Do with a tile what its menu offers: the tile is picked, the rest is as by key."""
        self._pick(pane, unit)
        if wish is TileWish.SAVE:
            self._view.save_requested.emit()
        elif wish is TileWish.BESIDE:
            self._view.beside_requested.emit()
        else:
            if wish is TileWish.WHY and self._explaining.origin is not None:
                self._explaining.origin = self._selection.as_unit()
            self._view.page_requested.emit(wish.value)

    def _zoom(self, factor: float, _unit: int) -> None:
        scale = self._options.tile_scale * factor
        if abs(scale - 1) < 0.05:
            scale = 1.0  # the fitting size is easy to come back to
        self._options.tile_scale = min(max(scale, 1.0), MAX_SCALE)

    def _close(self, pane: GridPane) -> None:
        """Close a pane: the other one's layer is picked and stays."""
        closed = self._layer_of(pane)
        for layer in self._selection.panes:
            if layer != closed:
                self._selection.pick_layer(layer)
        self._selection.close_beside()

    def _tip(self, pane: GridPane, unit: int) -> Tip | None:
        layer = self._layer_of(pane)
        reading = self._readings.get(layer) if layer else None
        if reading is None or layer is None or unit >= len(reading.maxima):
            return None
        maximum, mean = float(reading.maxima[unit]), float(reading.means[unit])
        rank = f"{int((reading.maxima > maximum).sum()) + 1} of {len(reading.maxima)}"
        if isnan(maximum):
            rank = "none: NaN is no number"
        label = self.network.unit_label(Unit(layer, unit)) if self.network else None
        lines: list[tuple[tuple[str, str], ...]] = []
        if label:
            lines.append((("", label),))
        lines.append((("max", figure(maximum)), ("mean", figure(mean))))
        lines.append((("rank in layer", rank),))
        lines.extend((pair,) for pair in self.records.told(layer, unit))
        return Tip(f"unit {unit}", tuple(lines))


def _is_own(reading: GridReading, snapshot: Snapshot) -> bool:
    """Tell whether a layer is that of the explained unit, where only this unit has a gradient."""
    explained = snapshot.first(ExplanationReader)
    return explained is not None and explained.why.unit.layer == reading.layer


def why_blank(reading: GridReading, snapshot: Snapshot, network: Network) -> tuple[str, str] | None:
    """Return why no gradient of the explained unit is seen in a layer; None where some is."""
    explained = snapshot.first(ExplanationReader)
    if explained is None:
        return None  # an answer to an older question
    if explained.problem:
        cause, _, remedy = explained.problem.partition(". ")
        return cause, remedy or "Choose another method on the page “Why”"
    if not reading.backward:
        return None
    names = [info.name for info in network.layers]
    origin = explained.why.unit.layer
    if names.index(reading.layer) > names.index(origin):
        return f"{reading.layer} comes after {origin}", "The unit does not depend on this layer"
    if explained.empty:
        return "Nothing comes back", explained.empty
    if reading.mosaic.marks is not None:
        return None  # it is there, and no number: the tiles say so
    if not ((reading.mosaic.pixels == ZERO) | (reading.mosaic.pixels == BACKGROUND)).all():
        return None
    return "Nothing of the gradient is here", "The unit does not depend on the units in view"
