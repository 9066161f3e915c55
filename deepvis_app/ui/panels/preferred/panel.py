"""The page “Preferred” as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.synth import parameters
from deepvis_app.ui.panel import Panel, Savable, offer_plot, painted
from deepvis_app.ui.panels.preferred.accentuation import AccentuationPresenter
from deepvis_app.ui.panels.preferred.presenter import PAGE, PreferredPresenter
from deepvis_app.ui.panels.preferred.recipes import RecipePresenter
from deepvis_app.ui.panels.preferred.search import SearchPresenter
from deepvis_app.ui.panels.preferred.view import PreferredView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick


class PreferredPanel(Panel):
    """What the picked unit would like to see: its pictures, their recipe, the search for one."""

    view: PreferredView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.view = PreferredView(parameters())
        self.view.explanation_requested.connect(desk.notices.explain)
        offer_plot(desk.files, "steps", self.view.curve)
        self.recipes = RecipePresenter(self.view, desk)
        self.presenter = PreferredPresenter(self.view, desk)
        self.accentuation = AccentuationPresenter(self.view.accentuation, desk)
        self.search = SearchPresenter(self.view, desk, self.presenter.results.forget_history)

    def open(self) -> None:
        self._desk.sight.show_page(PAGE)

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)
        self.accentuation.set_network(network)
        self.search.set_network(network)

    def tick(self, tick: Tick) -> None:
        if tick.snapshot is not None:
            self.accentuation.show_snapshot(tick.snapshot)
        if tick.jobs is not None:
            self.presenter.take(tick.jobs)
            self.accentuation.take(tick.jobs)
            self.search.take(tick.jobs)
        self.presenter.tick(tick.status)
        self.accentuation.tick()
        self.search.tick()

    def savables(self) -> tuple[Savable, ...]:
        return (
            painted("preferred", "Preferred images", self.view.seeds),
            painted("steps", "Plot: activation by step", self.view.curve),
        )
