"""The strip of all layers as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from deepvis_app.ui.panel import Panel
from deepvis_app.ui.panels.layers.presenter import LayersPresenter
from deepvis_app.ui.panels.layers.view import LayersView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class LayersPanel(Panel):
    """A live thumbnail of every layer."""

    view: LayersView

    def __init__(self, desk: Desk) -> None:
        self.view = LayersView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = LayersPresenter(self.view, desk)

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.ask()

    def tick(self, tick: Tick) -> None:
        stages = {} if tick.snapshot is None else tick.snapshot.stages_ms
        self.presenter.tick(tick.jobs, stages.get("forward"))
        if tick.snapshot is not None:
            self.presenter.show_snapshot(tick.snapshot)

    def restyle(self) -> None:
        self.presenter.restyle()

    def make_directions(self) -> None:
        """Ask for directions of the picked layer."""
        self.presenter.make_directions()

    def find(self) -> None:
        """Give the keyboard to the search."""
        self.view.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.view.search.selectAll()
