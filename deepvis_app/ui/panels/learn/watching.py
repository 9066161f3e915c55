"""A run in Watch: its network as it learns, its pictures, and the units that a finding is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.engine.run_data import dead_units
from deepvis_app.engine.run_specs import source_of
from deepvis_app.errors import UserError
from deepvis_app.nets.run_folders import run_network
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.selection import Zoom
from deepvis_app.state.sight import WATCH

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick


@dataclass(frozen=True, slots=True)
class _Wish:
    """A layer to be shown once the run's network is there; `units`: those that are looked for."""

    folder: str
    layer: str
    units: Future[tuple[int, ...]] | None = None


class Watching:
    """For the main thread; nothing here waits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wish: _Wish | None = None

    def watch(self, folder: str, *, opens: bool = False) -> None:
        """Make a run's network the one that is watched, and its validation pictures the input.

        A running one learns on before one's eyes. `opens`: turn to the workspace Watch.
        """
        self._desk.files.watch(str(Path(folder).absolute()), source_of(folder))
        if opens:
            self._desk.sight.workspace = WATCH

    def show_layer(self, folder: str, layer: str) -> None:
        """Watch a run, at one of its layers."""
        self._show(_Wish(folder, layer))

    def show_dead(self, folder: str, layer: str) -> None:
        """Watch a run, and of one of its layers the units that are silent on all its pictures."""
        self._show(_Wish(folder, layer, dead_units(Path(folder), layer)))

    def _show(self, wish: _Wish) -> None:
        network = self._desk.engine.status().network.network
        if not is_of_run(network, wish.folder):
            self.watch(wish.folder)
        self._wish = wish
        self._desk.sight.workspace = WATCH

    def tick(self, tick: Tick) -> None:
        """Do what was wished once it can be done."""
        wish, network = self._wish, tick.status.network.network
        if wish is None or not is_of_run(network, wish.folder) or network is None:
            return
        if wish.units is not None and not wish.units.done():
            return
        self._wish = None
        try:
            layer = network.layer(wish.layer).name
            units = None if wish.units is None else wish.units.result()
        except UserError as error:
            self._desk.notices.say(str(error))
            return
        self._turn_to(layer, units)

    def _turn_to(self, layer: str, units: tuple[int, ...] | None) -> None:
        selection, view = self._desk.selection, self._desk.options.view
        selection.pick_layer(layer)
        selection.zoom = Zoom.GRID
        view.grid_shows, view.hide_dead = GridShows.ACTIVITY, False
        view.search = "" if units is None else ", ".join(map(str, units))
        if units:
            selection.pick_unit(units[0], layer)
        elif units is not None:
            self._desk.notices.say(f"No unit of {layer} is dead on the validation pictures")
        self._desk.sight.reveal()


def is_of_run(network: Network | None, folder: str) -> bool:
    """Tell whether a network is the present one of a run, or one of its checkpoints."""
    run = None if network is None else run_network(network.spec)
    return run is not None and run.folder == Path(folder).absolute()
