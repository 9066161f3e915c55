"""The panels that were made so far, in their places of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.ui.panel import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.panel import Asked, Panel, PanelInfo, Savable, Tick, Topic


class Panels:
    """Makes each panel when it is first seen or asked for; passes on what all are told."""

    def __init__(self, infos: Sequence[PanelInfo], desk: Desk, window: MainWindow) -> None:
        self.infos = tuple(infos)
        self._desk, self._window = desk, window
        self._made: dict[str, Panel] = {}
        self._network: Network | None = None
        for info in self.infos:
            if info.place is Place.PAGE:
                window.inspector.add_page(info.key, info.title, info.tip)
            elif info.workspace is None or info.workspace.key == desk.sight.workspace:
                self.get(info.key)
        for events in (desk.sight.events.page, desk.sight.events.workspace):
            events.connect(self._make_seen)

    def __getitem__(self, key: str) -> Any:
        """Return a panel by its key, made if it was not yet. Typed by whoever asks."""
        return self.get(key)

    def get(self, key: str) -> Panel:
        """Return a panel by its key, made if it was not yet."""
        if key not in self._made:
            info = next(each for each in self.infos if each.key == key)
            panel = self._made[key] = info.make(self._desk)
            self._window.place(info, panel.view)
            panel.set_network(self._network)
            self._desk.sight.move()
        return self._made[key]

    @property
    def topics(self) -> Mapping[str, Topic]:
        return {key: topic for info in self.infos for key, topic in info.topics.items()}

    def set_network(self, network: Network | None) -> None:
        self._network = network
        for panel in self._in_order():
            panel.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        """Return what is asked for the panels that are seen."""
        self._make_seen()
        seen = (info.key for info in self.infos if self._is_seen(info))
        return tuple(asked for key in seen for asked in self.get(key).ask())

    def tick(self, tick: Tick) -> None:
        for panel in self._in_order():
            panel.tick(tick)

    def restyle(self) -> None:
        for panel in self._in_order():
            panel.restyle()

    def escape(self) -> None:
        """Let the first panel put away what it can; where none has anything, reset all."""
        if not any(panel.put_away() for panel in self._in_order()):
            for panel in self._in_order():
                panel.reset()

    def savables(self) -> tuple[Savable, ...]:
        return tuple(each for panel in self._in_order() for each in panel.savables())

    def _in_order(self) -> Iterator[Panel]:
        return (self._made[info.key] for info in self.infos if info.key in self._made)

    def _is_seen(self, info: PanelInfo) -> bool:
        if info.place is Place.PAGE:
            return self._desk.sight.shows(info.key)
        return info.workspace is None or info.workspace.key == self._desk.sight.workspace

    def _make_seen(self, *_: object) -> None:
        for info in self.infos:
            if self._is_seen(info):
                self.get(info.key)
