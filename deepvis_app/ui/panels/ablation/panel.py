"""The ablation as a panel: a line at the bottom while a unit is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import Panel
from deepvis_app.ui.panels.ablation.presenter import AblationPresenter
from deepvis_app.ui.panels.ablation.view import AblationView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class AblationPanel(Panel):
    """A unit set to zero or its mean, and what that changes."""

    view: AblationView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.view = AblationView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = AblationPresenter(self.view, desk)

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.ask()

    def tick(self, tick: Tick) -> None:
        self.presenter.tick(tick.snapshot, tick.now_s)

    def reset(self) -> None:
        self._desk.options.ablation.release()
