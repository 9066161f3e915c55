"""What keys do in the grid: moving, contrast, order, search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.readers import UnitOrder
from deepvis_app.state.appearance import GridShows, Overlay
from deepvis_app.state.choices import after, following
from deepvis_app.state.navigation import Move, move, neighbour_layer
from deepvis_app.state.selection import Focus, Zoom
from deepvis_app.state.unit_table import Few
from deepvis_app.tiles import DIVERGING, SEQUENTIAL, Contrast, Scaling
from deepvis_app.ui.kit.notices import BRIEF_S
from deepvis_app.ui.panels.grid.presenter import MAX_SCALE
from deepvis_app.ui.panels.grid.view import SCALINGS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.presenter import GridPresenter


class GridCommands:
    """The user's wishes by name; the panel's actions refer to these."""

    def __init__(self, desk: Desk, presenter: GridPresenter) -> None:
        self._desk, self._presenter = desk, presenter
        self._selection, self._options = desk.selection, desk.options.view
        self._sight = desk.sight

    # Moving

    def move(self, direction: Move, distance: int = 1) -> None:
        layer, table = self._selection.layer, self._presenter.table
        if table.is_on and self._selection.focus is Focus.GRID:
            if direction in (Move.UP, Move.DOWN):
                table.walk.step(distance if direction is Move.DOWN else -distance)
            return
        move(
            self._selection,
            direction,
            distance,
            layers=self._layers(),
            order=self._sight.order(layer),
            columns=self._sight.columns.get(layer, 1),
        )
        self._sight.reveal()

    def neighbour_layer(self, delta: int) -> None:
        neighbour_layer(self._selection, delta, self._layers())
        self._sight.reveal()

    def toggle_beside(self) -> None:
        """Show the next layer beside this one, or close it."""
        if len(self._selection.panes) == 2:
            self._selection.close_beside()
            return
        layers = self._layers()
        if self._selection.layer in layers and len(layers) > 1:
            here = layers.index(self._selection.layer)
            self._selection.open_beside(layers[here + 1 if here + 1 < len(layers) else here - 1])

    def take_unit(self) -> None:
        """Pick the first unit that the search leaves, and go to the grid."""
        if self._presenter.table.is_on:
            if self._presenter.table.walk.take_first():
                self._sight.enter_grid()
            return
        found = self._presenter.found()
        if found:
            self._selection.pick_unit(found[0])
            self._selection.focus = Focus.GRID
            self._sight.enter_grid()

    # What the tiles show, and how

    def toggle_zoom(self) -> None:
        self._selection.zoom = following(self._selection.zoom)

    def scale_tiles(self, factor: float) -> None:
        self._options.tile_scale = min(max(self._options.tile_scale * factor, 1.0), MAX_SCALE)

    def cycle_gamma(self) -> None:
        self._options.cycle_gamma()
        self._say(f"Gamma {self._options.contrast.gamma:g}")

    def cycle_boost(self) -> None:
        self._options.cycle_boost()
        self._say(f"Boost {self._options.contrast.boost:g}")

    def cycle_scaling(self) -> None:
        order = tuple(Scaling(option.key) for option in SCALINGS)  # as the buttons stand
        self._options.change_contrast(scaling=after(order, self._options.contrast.scaling))

    def cycle_palette(self) -> None:
        """Take the next of the palettes that the picked layer is drawn with."""
        reading = self._presenter.reading(self._selection.layer)
        if reading is not None and reading.signed:
            name = after(tuple(DIVERGING), self._options.diverging_palette)
            self._options.diverging_palette = name
        else:
            name = self._options.palette = after(tuple(SEQUENTIAL), self._options.palette)
        self._say(f"Colours: {name}")

    def toggle_sort(self) -> None:
        by_index = self._options.order is UnitOrder.INDEX
        self._options.sort_by(UnitOrder.MAXIMUM if by_index else UnitOrder.INDEX)

    def toggle_hide_dead(self) -> None:
        self._options.hide_dead = not self._options.hide_dead

    def toggle_shows(self, shows: GridShows) -> None:
        """Let the tiles show something else than activity, and back."""
        is_on = self._options.grid_shows is shows
        self._options.grid_shows = GridShows.ACTIVITY if is_on else shows

    def next_shows(self) -> None:
        """Let the tiles show the next thing; gradients, which need a pinned unit, are left out."""
        shows = tuple(shows for shows in GridShows if shows is not GridShows.BACKWARD)
        self._options.grid_shows = after(shows, self._options.grid_shows)

    def show_table(self) -> None:
        self._options.grid_shows = GridShows.TABLE
        self._presenter.ask()

    def make_all(self) -> None:
        """Show the layer's preferred images and make those that are missing."""
        self._options.grid_shows = GridShows.PREFERRED
        self._presenter.pictures.make_all_when_known()

    def reset(self) -> None:
        """Back to the grid with the usual contrast; a search or zoom is left."""
        options = self._options
        options.search = self._desk.options.table.search = ""
        self._desk.options.table.few = Few.ALL
        self._sight.layer_filter = ""
        self._selection.zoom = Zoom.GRID
        options.tile_scale = 1.0
        options.contrast = Contrast(percentile=options.contrast.percentile)
        options.order = UnitOrder.INDEX
        options.hide_dead = False
        options.overlay = Overlay.HEAT
        options.grid_shows = GridShows.ACTIVITY
        self._sight.entered += 1

    def _layers(self) -> tuple[str, ...]:
        return self._sight.layers(self._presenter.network)

    def _say(self, text: str) -> None:
        self._desk.notices.say(text, BRIEF_S)
