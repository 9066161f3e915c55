"""Teaching a concept as a panel: between the layers and the grid, while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import Panel, Savable, offer_plot
from deepvis_app.ui.panels.teach.presenter import TeachPresenter
from deepvis_app.ui.panels.teach.view import TeachView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick

TRACE = "concept-trace"


class TeachPanel(Panel):
    """A concept taught by pictures of what it is and what it is not."""

    view: TeachView

    def __init__(self, desk: Desk) -> None:
        self.view = TeachView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = TeachPresenter(self.view, desk)
        offer_plot(desk.files, TRACE, self.view.trace)

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.ask()

    def tick(self, tick: Tick) -> None:
        self.presenter.tick(tick)

    def put_away(self) -> bool:
        return self.presenter.put_away()

    def savables(self) -> tuple[Savable, ...]:
        trace = self.view.trace
        return (
            Savable(
                TRACE, "Score of the concept", "score over time",
                lambda: trace if trace.isVisible() else None,
            ),
        )  # fmt: skip
