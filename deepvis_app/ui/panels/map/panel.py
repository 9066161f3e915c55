"""The workspace Map as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import Panel, Savable
from deepvis_app.ui.panels.map.commands import MapCommands
from deepvis_app.ui.panels.map.presenter import MapPresenter
from deepvis_app.ui.panels.map.view import MapView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class MapPanel(Panel):
    """Where the present frame is among all scanned pictures."""

    view: MapView

    def __init__(self, desk: Desk) -> None:
        self.view = MapView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = MapPresenter(self.view, desk)
        self.commands = MapCommands(self.view, desk, self.presenter)
        self._options = desk.options.map

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.living.ask()

    def tick(self, tick: Tick) -> None:
        if tick.jobs is not None:
            self.presenter.take(tick.jobs)
        self.presenter.tick(tick)

    def put_away(self) -> bool:
        """Let go of the chosen pictures, while the map is what one looks at."""
        if not self.presenter.is_seen or not self._options.selection:
            return False
        self._options.select(())
        return True

    def savables(self) -> tuple[Savable, ...]:
        return (
            Savable(
                "map", "Map of pictures", "map of pictures", self.view.canvas.figure,
                is_whole=True, is_smooth=True,
            ),
        )  # fmt: skip
