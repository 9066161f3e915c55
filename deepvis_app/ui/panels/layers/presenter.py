"""Between the strip and the state: thumbnails in, picked layers and the filter out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.readers import StripReader
from deepvis_app.state.resolve import strip_asked
from deepvis_app.state.selection import Focus
from deepvis_app.ui.panels.layers.directions import LayerDirections
from deepvis_app.ui.panels.layers.making.arriving import Arriving
from deepvis_app.ui.panels.layers.making.presenter import MakingPresenter

if TYPE_CHECKING:
    from deepvis_app.engine import JobStatus
    from deepvis_app.engine.readers import Thumb
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.layers.view import LayersView


class LayersPresenter:
    """Keeps the strip in step with the selection, the filter and the snapshots."""

    def __init__(self, view: LayersView, desk: Desk) -> None:
        self._view, self._strip, self._desk = view, view.strip, desk
        self._network: Network | None = None
        self._thumbs: dict[str, tuple[Thumb, tuple[str, str]]] = {}  # as shown, in which colours
        selection, sight = desk.selection, desk.sight
        view.filtered.connect(lambda text: setattr(sight, "layer_filter", text))
        view.search_taken.connect(self._take_first)
        sight.events.layer_filter.connect(view.set_filter)
        sight.events.revealed.connect(self.reveal)
        self._strip.layer_picked.connect(selection.pick_layer)
        self._strip.layer_opened_beside.connect(selection.open_beside)
        self._directions = LayerDirections(desk)
        view.directions_chosen.connect(self._directions.add)
        view.export_chosen.connect(self._directions.export)
        self._strip.removal_wanted.connect(self._directions.remove)
        self._strip.teaching_wanted.connect(desk.options.teaching.open)
        self._arriving = Arriving(desk)
        self._making: MakingPresenter | None = None  # made when it is first wanted
        self._strip.making_wanted.connect(self.make_directions)
        self._strip.visible_layers_changed.connect(lambda _: sight.move())
        desk.options.setting.follow(lambda s: s.live.strip_interval_s, lambda _: sight.move())

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._directions.set_network(network)
        self._arriving.set_network(network)
        if self._making is not None:
            self._making.set_network(network)
        self._thumbs.clear()
        self._view.set_layers(network.layers if network else ())
        self.reveal()

    def tick(self, jobs: tuple[JobStatus, ...] | None, pass_ms: float | None) -> None:
        """Take what came of jobs; `pass_ms` is how long a pass takes, where that is known."""
        self._directions.tick()
        if self._arriving.tick(jobs):
            self.reveal()
        if self._making is not None:
            self._making.tick(pass_ms)

    def make_directions(self, layer: str = "") -> None:
        """Ask on a card for directions of a layer; "": of the picked one."""
        if self._making is None:
            self._making = MakingPresenter(self._view.making_sheet(), self._desk)
            self._making.set_network(self._network)
        self._making.open(layer or self._desk.selection.layer)

    def ask(self) -> tuple[StripReader, ...]:
        """Mark the layers that are open; return what of the strip can be seen."""
        selection = self._desk.selection
        others = [name for name in selection.panes if name != selection.layer]
        self._strip.set_selected(selection.layer or None)
        self._strip.set_second(others[0] if others else None)
        interval_s = self._desk.options.setting.settings.live.strip_interval_s
        if self._network is None:
            return ()
        layers, side = self._strip.visible_layers(), self._strip.thumb_px()
        return strip_asked(self._network, layers, side, interval_s)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand on the thumbnails that are new, or whose colours are."""
        options = self._desk.options.view
        colours = (options.palette, options.diverging_palette)
        strip = snapshot.first(StripReader)
        for name, thumb in strip.thumbs.items() if strip else ():
            if self._thumbs.get(name) != (thumb, colours):
                self._thumbs[name] = (thumb, colours)
                self._strip.set_thumb(name, thumb.mosaic, options.colours(signed=thumb.signed))

    def restyle(self) -> None:
        """Draw every thumbnail anew with the next snapshot."""
        self._thumbs.clear()
        self._desk.sight.move()

    def reveal(self, *_: object) -> None:
        """Scroll the picked layer into view."""
        self._strip.ensure_visible(self._desk.selection.layer)

    def _take_first(self) -> None:
        """Open the first layer that the search leaves, and go to the grid."""
        layers = self._desk.sight.layers(self._network)
        if layers:
            self._desk.selection.pick_layer(layers[0])
            self._desk.selection.focus = Focus.GRID
            self._desk.sight.enter_grid()
