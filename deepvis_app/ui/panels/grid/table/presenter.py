"""Readings and figures to the table of units; its gestures to the state."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.readers import AblationReader, GridReader
from deepvis_app.known.top_crops import TopCrops
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.unit_query import parse
from deepvis_app.state.unit_table import COLUMNS, Few, Scope
from deepvis_app.ui.panels.grid.table.columns import BY_KEY, OF_TWO, Kind
from deepvis_app.ui.panels.grid.table.columns import COLUMNS as ALL
from deepvis_app.ui.panels.grid.table.news import RowNews
from deepvis_app.ui.panels.grid.table.previews import Previews
from deepvis_app.ui.panels.grid.table.rows import UnitRows
from deepvis_app.ui.panels.grid.table.standing import Standing
from deepvis_app.ui.panels.grid.table.telling import TableTelling
from deepvis_app.ui.panels.grid.table.text import table_text
from deepvis_app.ui.panels.grid.table.walking import TableWalk

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.readers import AblationReading, GridReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.table.view import TableView

TILE_PX = 26  # of a map and a crop, logical
SORT_S = 1.0  # between two sortings that the user did not ask for
WORDS_S = 0.2  # between two looks at live numbers: as fast as one reads


class TablePresenter:
    """Keeps the table in step with layers, frames and the corpus. Knows no Qt.

    While the table is not shown it asks and does nothing.
    """

    def __init__(
        self, view: TableView, desk: Desk, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._view, self._desk, self._clock = view, desk, clock
        self._selection, self._sight = desk.selection, desk.sight
        self._view_options, self._options = desk.options.view, desk.options.table
        self.news = RowNews(desk)
        self._crops = TopCrops(desk.kept.corpora)
        self._previews = Previews(desk)
        self._network: Network | None = None
        self._standing = Standing(desk.selection)
        self._telling = TableTelling(view, desk, self._standing)
        self.walk = TableWalk(view, desk, self._standing)
        self._held: AblationReading | None = None  # of the last frame
        self._shown_crops = -1
        self._is_stale = True  # the order is not what is wished
        self._is_behind = False  # live values came since the rows were sorted
        self._is_unread = False  # and since they were put into words
        self._sorted_s = self._worded_s = 0.0
        desk.options.pictures.events.beside.connect(self._compare_anew)
        for name in ("sorted_by", "is_descending", "few", "search", "columns", "scope"):
            getattr(self._options.events, name).connect(self._wish)
        view.sort_requested.connect(self._options.sort_by)
        view.seen_changed.connect(lambda: self._sight.move())
        view.few_picked.connect(lambda few: setattr(self._options, "few", few))
        view.scope_picked.connect(lambda scope: setattr(self._options, "scope", scope))
        view.column_toggled.connect(self._options.toggle_column)
        view.columns_reset.connect(lambda: setattr(self._options, "columns", COLUMNS))
        view.copy_requested.connect(lambda: view.copy(self.text("\t")))
        view.save_requested.connect(self.save)
        view.hold_requested.connect(self._hold)

    @property
    def is_on(self) -> bool:
        return self._view_options.grid_shows is GridShows.TABLE

    def _wish(self, *_: object) -> None:
        self._is_stale = True
        self._sight.move()

    def _compare_anew(self, *_: object) -> None:
        self.news.forget_changes()
        self._wish()

    def set_network(self, network: Network | None) -> None:
        self._network, self._standing.rows = network, None
        self.news.forget()
        self._crops.set_network(network)
        self._previews.set_network(network)
        self._view.set_rows(None)

    # Which units

    def layers(self) -> tuple[str, ...]:
        """Return the layers whose units are in the table, in the network's order."""
        if self._network is None:
            return ()
        known = [info.name for info in self._network.layers]
        if self._options.scope is Scope.ALL:
            return tuple(known)
        shown = self._selection.panes or (self._selection.layer,)
        return tuple(name for name in known if name in shown)

    def ask(self) -> tuple[GridReader, ...]:
        """Lay the table out; return the questions for the maps in view and their layers."""
        if self._network is None or not self.is_on:
            return ()
        layers = self.layers()
        if self._standing.rows is None or self._standing.rows.layers != layers:
            self._standing.rows = UnitRows(self._network, layers)
            self.news.begin()
            self._is_stale = True
            self._view.set_rows(self._standing.rows)
        self._show_columns()
        self._telling.show_title(self._network, layers)
        self._catch_up(by_user=True)
        self._show_picked()
        return self._readers(self._network, self._standing.rows)

    def _readers(self, network: Network, rows: UnitRows) -> tuple[GridReader, ...]:
        """Return a grid for each layer that is shown or in view, of the units in view alone."""
        seen = self._seen()
        units: dict[str, list[int]] = {
            layer: [] for layer in self._selection.panes if layer in rows.first
        }
        for unit in seen:
            units.setdefault(unit.layer, []).append(unit.index)
        side = round(TILE_PX * self._view.ratio())
        return tuple(
            GridReader(
                layer, _tile(network.layer(layer).map_size, side), 1,
                units=tuple(sorted(wanted)), count=len(wanted),
                contrast=self._view_options.contrast,
            )
            for layer, wanted in units.items()
        )  # fmt: skip

    def _seen(self) -> list[Unit]:
        return self._standing.units(*self._view.seen())

    # What is new

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take what a frame says of the units."""
        rows = self._standing.rows
        if rows is None or not self.is_on:
            return
        for reading in snapshot.every(GridReader):
            if reading.layer in rows.first:
                rows.take_live(reading.layer, reading.maxima)
                self._show_maps(reading)
                self._is_behind = True
        self._held = snapshot.first(AblationReader)
        self._is_unread = True

    def _show_maps(self, reading: GridReading) -> None:
        palette = self._view_options.colours(signed=reading.signed)
        self._view.set_maps(reading.layer, reading.units, reading.mosaic, palette)

    def tick(self) -> None:
        """Take figures and crops that came, and sort anew where it is time to."""
        rows, network = self._standing.rows, self._network
        if rows is None or network is None or not self.is_on:
            return
        if self.news.take(rows, self._standing.columns, network, self._clock()):
            self._take_news()
        seen, side = self._seen(), round(TILE_PX * self._view.ratio())
        if any(column.kind is Kind.PREFERRED for column in self._standing.columns):
            for layer, units, mosaic in self._previews.take(seen, side):
                self._view.set_preferred(layer, units, mosaic)
        self._crops.look_up(seen, side)
        if self._crops.version != self._shown_crops:
            self._shown_crops = self._crops.version
            self._view.show_crops(self._crops.of)
        self._show_words()
        self._catch_up(by_user=False)

    def _show_words(self) -> None:
        """Put live numbers into words as fast as one reads; the last ones are not missed."""
        if self._clock() - self._worded_s < WORDS_S:
            return
        self._worded_s = self._clock()
        if self._is_unread:
            self._is_unread = False
            self._view.show_live()
        self._telling.show_unit(self._network, self._held)

    def _take_news(self) -> None:
        self._is_behind = True
        self._sorted_s = min(self._sorted_s, self._clock() - SORT_S)
        self._view.show_all()
        self._telling.show_heads()

    def _catch_up(self, *, by_user: bool) -> None:
        """Sort where that is wished, or where values moved: seldom, and not under the pointer."""
        if self._standing.rows is None:
            return
        now_s = self._clock()
        is_time = self._is_behind and now_s - self._sorted_s >= SORT_S
        if not self._is_stale and not (is_time and not by_user):
            return
        if is_time and not self._is_stale:
            self._telling.show_heads()
            if not self._depends_on_news() or self._view.is_pointed():
                self._sorted_s, self._is_behind = now_s, False
                self._telling.show_counts()
                return
        options, is_wished = self._options, self._is_stale
        query = parse(options.search)
        key = options.sorted_by
        order = self._standing.rows.order(options.few, query, key, descending=options.is_descending)
        self._sorted_s, self._is_stale, self._is_behind = now_s, False, False
        if not np.array_equal(order, self._standing.order) or is_wished:
            self._standing.order = order
            self._view.set_order(order, to_top=is_wished and options.sorted_by != "unit")
            self._tell_order(self._standing.rows)
            self._sight.move()
        self._telling.show_empty()
        self._telling.show_heads()
        self._telling.show_counts()

    def _depends_on_news(self) -> bool:
        options = self._options
        is_live = BY_KEY[options.sorted_by].is_live or options.few is Few.FIRING
        is_moving = is_live or options.sorted_by != "unit"
        return is_moving or bool(options.search) or options.few is not Few.ALL

    def _tell_order(self, rows: UnitRows) -> None:
        """Say how units stand, for what walks through a layer's units elsewhere."""
        whose, units = rows.layer_of[self._standing.order], rows.unit[self._standing.order]
        for number, layer in enumerate(rows.layers):
            if layer in self._selection.panes:
                self._sight.orders[layer] = units[whose == number]
                self._sight.columns[layer] = 1

    # What is shown

    def _show_columns(self) -> None:
        rows, is_narrow = self._standing.rows, self._sight.is_narrow
        has_labels = rows is not None and any(rows.labels)
        keys = list(self._options.columns)
        if has_labels and "class" not in keys and "unit" in keys:
            keys.insert(keys.index("unit") + 1, "class")
        if self._desk.options.pictures.beside:
            keys += [key for key in OF_TWO if key not in keys]
        columns = tuple(
            BY_KEY[key] for key in keys if key in BY_KEY and not (BY_KEY[key].is_wide and is_narrow)
        )
        if columns != self._standing.columns:
            self._standing.columns = columns
            self._view.set_columns(columns)
        offered = [column for column in ALL if column.key not in OF_TWO]
        self._view.set_offered(offered, self._options.columns)
        options = self._options
        self._view.set_sorted(options.sorted_by, descending=options.is_descending)
        self._view.set_scope(options.scope)

    def _show_picked(self) -> None:
        self._view.set_picked(self._standing.picked())
        self._telling.show_heads()
        self._telling.show_unit(self._network, self._held)

    def _hold(self) -> None:
        if (unit := self._selection.as_unit()) is not None:
            ablation = self._desk.options.ablation
            ablation.release() if ablation.unit == unit else ablation.hold(unit)

    # As text

    def text(self, separator: str) -> str:
        """Return the table as it stands, a line a unit, with every column that is shown."""
        if self._standing.rows is None:
            return ""
        return table_text(
            self._standing.rows, self._standing.order.tolist(), self._standing.columns, separator
        )

    def save(self) -> None:
        self._desk.files.save_data("units", self.text(","))


def _tile(map_size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return how large a map (height, width) is drawn that fits a square."""
    height, width = map_size
    longest = max(height, width)
    return max(round(side * height / longest), 1), max(round(side * width / longest), 1)
