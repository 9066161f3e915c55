"""The page “Pictures” as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import Panel, Savable, painted
from deepvis_app.ui.panels.pictures.gathering import GatheringPresenter
from deepvis_app.ui.panels.pictures.presenter import PAGE, PicturesPresenter
from deepvis_app.ui.panels.pictures.shelf import ShelfPresenter
from deepvis_app.ui.panels.pictures.view import PicturesView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class PicturesPanel(Panel):
    """Which photographs excite the picked unit."""

    view: PicturesView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.view = PicturesView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.shelf = ShelfPresenter(self.view, desk)
        self.presenter = PicturesPresenter(self.view, desk)
        self.gathering = GatheringPresenter(self.view.frames, desk, self.shelf.scan_folder)

    def open(self) -> None:
        self._desk.sight.show_page(PAGE)

    def scan(self) -> None:
        """Open the page and ask for a folder to scan."""
        self.open()
        self.view.choose_folder()

    def set_network(self, network: Network | None) -> None:
        self.shelf.set_network(network)
        self.presenter.set_network(network)
        self.gathering.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return (*self.presenter.ask(), *self.gathering.ask())

    def tick(self, tick: Tick) -> None:
        if tick.jobs is not None:
            self.shelf.take(tick.jobs)
        self.shelf.tick()
        self.presenter.tick()
        self.gathering.tick()
        if tick.snapshot is not None:
            self.presenter.show_snapshot(tick.snapshot)
            self.gathering.show_snapshot(tick.snapshot)

    def put_away(self) -> bool:
        return self.view.hide_card()

    def restyle(self) -> None:
        self.view.card.update()

    def savables(self) -> tuple[Savable, ...]:
        return (painted("pictures", "Pictures that excite the unit", self.view.tiles),)
