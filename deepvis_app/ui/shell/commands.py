"""What the actions do: each a small change of state or a call of the engine."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractButton, QApplication, QComboBox

from deepvis_app.engine.readers import UnitOrder
from deepvis_app.nets import Fit
from deepvis_app.state.classes import class_unit
from deepvis_app.state.navigation import Move, move, neighbour_layer
from deepvis_app.state.options import GridShows, Overlay
from deepvis_app.state.selection import Focus, Zoom
from deepvis_app.tiles import DIVERGING, SEQUENTIAL, Contrast, Scaling
from deepvis_app.ui.panels.grid.presenter import MAX_SCALE
from deepvis_app.ui.panels.grid.view import SCALINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine import Engine
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.live import LivePresenter
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.panels.preferred.presenter import PreferredPresenter
    from deepvis_app.ui.panels.why.presenter import ExplainPresenter
    from deepvis_app.ui.shell.saving import Saving
    from deepvis_app.ui.shell.sources import Sources

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class Commands(QObject):
    """The user's wishes by name; the table of actions refers to these."""

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        selection: Selection,
        options: ViewOptions,
        presenter: LivePresenter,
        preferred: PreferredPresenter,
        explaining: ExplainPresenter,
        sources: Sources,
        saving: Saving,
        open_settings: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._selection = selection
        self._options = options
        self._presenter = presenter
        self.preferred = preferred
        self.explaining = explaining
        self.sources = sources
        self.saving = saving
        self.open_settings = open_settings
        self.put_away: Callable[[], bool] = lambda: False  # what Esc closes before it resets

    # Input

    def toggle_frozen(self) -> None:
        self._engine.freeze(not self._engine.status().frozen)

    def step_frame(self) -> None:
        self._engine.freeze(True)
        self._engine.step_frame()

    def step_source(self, delta: int) -> None:
        self._engine.control(lambda source: source.step(delta))

    def cycle_fit(self) -> None:
        network = self._presenter.network
        now = self._options.fit or (network.preprocessing.fit if network else Fit.CROP)
        self._options.fit = _next(now)

    def toggle_mirror(self) -> None:
        self._options.mirror = not self._options.mirror

    # Moving

    def move(self, direction: Move, distance: int) -> None:
        reading = self._presenter.grids.reading(self._selection.layer)
        move(
            self._selection,
            direction,
            distance,
            layers=self._window.layers.strip.shown_layers(),
            order=reading.order.tolist() if reading is not None else [],
            columns=self._presenter.grids.columns(),
        )
        self._reveal()

    def neighbour_layer(self, delta: int) -> None:
        neighbour_layer(self._selection, delta, self._window.layers.strip.shown_layers())
        self._reveal()

    def _reveal(self) -> None:
        self._window.layers.strip.ensure_visible(self._selection.layer)
        self._presenter.grids.reveal_unit()

    # Grid

    def toggle_zoom(self) -> None:
        self._selection.zoom = _next(self._selection.zoom)

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
        scaling = self._options.contrast.scaling
        self._options.change_contrast(scaling=_after(order, scaling))

    def cycle_palette(self) -> None:
        """Take the next of the palettes that the picked layer is drawn with."""
        reading = self._presenter.grids.reading(self._selection.layer)
        if reading is not None and reading.signed:
            name = _after(DIVERGING, self._options.diverging_palette)
            self._options.diverging_palette = name
        else:
            name = self._options.palette = _after(SEQUENTIAL, self._options.palette)
        self._say(f"Colours: {name}")

    def toggle_sort(self) -> None:
        by_index = self._options.order is UnitOrder.INDEX
        self._options.sort_by(UnitOrder.MAXIMUM if by_index else UnitOrder.INDEX)

    def toggle_hide_dead(self) -> None:
        self._options.hide_dead = not self._options.hide_dead

    def toggle_grid_shows(self, shows: GridShows) -> None:
        """Let the tiles show something else than activity, and back."""
        is_on = self._options.grid_shows is shows
        self._options.grid_shows = GridShows.ACTIVITY if is_on else shows

    def make_all(self) -> None:
        """Show the layer's preferred images and make those that are missing."""
        self._options.grid_shows = GridShows.PREFERRED
        self._presenter.grids.pictures.make_all_when_known()

    def find_unit(self) -> None:
        self._window.grid.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.grid.search.selectAll()

    def take_unit(self) -> None:
        """Pick the first unit that the search leaves, and go to the grid."""
        found = self._presenter.grids.found()
        if found:
            self._selection.pick_unit(found[0])
            self._go_to_grid()

    def take_layer(self) -> None:
        """Open the first layer that the search leaves, and go to the grid."""
        layers = self._window.layers.strip.shown_layers()
        if layers:
            self._selection.pick_layer(layers[0])
            self._go_to_grid()

    def _go_to_grid(self) -> None:
        self._selection.focus = Focus.GRID
        self._window.grid.focus_canvas(self._selection.panes.index(self._selection.layer))
        self._reveal()

    def find_layer(self) -> None:
        self._window.layers.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.layers.search.selectAll()

    def toggle_beside(self) -> None:
        if len(self._selection.panes) == 2:
            self._selection.close_beside()
            return
        layers = self._window.layers.strip.shown_layers()
        if self._selection.layer in layers and len(layers) > 1:
            here = layers.index(self._selection.layer)
            self._selection.open_beside(layers[here + 1 if here + 1 < len(layers) else here - 1])

    # Unit and window

    def cycle_overlay(self) -> None:
        self._options.overlay = _next(self._options.overlay)

    def show_page(self, key: str) -> None:
        self._window.show_inspector(True)
        self._window.inspector.set_tab(key)
        self.preferred.mark_dirty()

    def show_class(self, index: int, page: str) -> None:
        """Turn to the unit of a class and to a question about it."""
        network = self._presenter.network
        unit = class_unit(network, index) if network is not None else None
        if unit is None:
            return
        self._selection.pick_unit(unit.index, unit.layer)
        self.explaining.turn_to(unit)
        self.show_page(page)
        self._reveal()

    def undo(self) -> None:
        """Take back what is newest: a removal, else the brush's last stroke."""
        if not self._window.undo.undo() and not self.explaining.brush.undo():
            self._say("There is nothing to undo")

    def show_jobs(self) -> None:
        self._window.status.jobs.open_popup()

    def toggle_inspector(self) -> None:
        self._window.show_inspector(not self._window.inspector.isVisible())

    def toggle_predictions(self) -> None:
        self._options.show_predictions = not self._options.show_predictions

    def toggle_times(self) -> None:
        self._window.status.toggle_details()

    def toggle_help(self) -> None:
        sheet = self._window.help
        sheet.close_sheet() if sheet.is_open() else sheet.open()

    def toggle_fullscreen(self) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def reset(self) -> None:
        """Back to the grid with the usual contrast; a search or zoom is left.

        A card that lies about is put away first, or a brush in the hand, and nothing else is done.
        """
        if self.put_away() or self.explaining.put_down():
            return
        self._window.grid.search.clear()
        self._window.layers.search.clear()
        self._selection.zoom = Zoom.GRID
        self._options.tile_scale = 1.0
        self._options.contrast = Contrast(percentile=self._options.contrast.percentile)
        self._options.order = UnitOrder.INDEX
        self._options.hide_dead = False
        self._options.overlay = Overlay.HEAT
        self._options.grid_shows = GridShows.ACTIVITY
        self._window.grid.focus_canvas()

    def press(self) -> None:
        """Press the control that has the focus; plain keys are the window's."""
        widget = QApplication.focusWidget()
        if isinstance(widget, QAbstractButton):
            widget.click()
        elif isinstance(widget, QComboBox):
            widget.showPopup()
        elif widget is not None:
            none = Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Select, none))

    def quit(self) -> None:
        self._window.close()

    def _say(self, text: str) -> None:
        self._window.toast.show_message(text, seconds=1.5)


def _next(value: E) -> E:
    return _after(tuple(type(value)), value)


def _after(choices: tuple[T, ...], value: T) -> T:
    return choices[(choices.index(value) + 1) % len(choices)]
