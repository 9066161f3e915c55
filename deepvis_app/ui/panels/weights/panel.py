"""The page “Weights” as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QGuiApplication

from deepvis_app.ui.kit.notices import BRIEF_S
from deepvis_app.ui.panel import Panel, Savable, offer_plot, painted
from deepvis_app.ui.panels.weights.presenter import PAGE, WeightsPresenter
from deepvis_app.ui.panels.weights.table import weight_table
from deepvis_app.ui.panels.weights.view import WeightsView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class WeightsPanel(Panel):
    """What the picked unit is made of, and what adds up to its value now."""

    view: WeightsView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.view = WeightsView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.view.copy_requested.connect(self.copy)
        self.view.save_requested.connect(self.save)
        offer_plot(desk.files, "weights", self.view.weights)
        offer_plot(desk.files, "lengths", self.view.norms)
        self.presenter = WeightsPresenter(self.view, desk)

    def open(self) -> None:
        self._desk.sight.show_page(PAGE)

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.ask()

    def tick(self, tick: Tick) -> None:
        if self._desk.sight.shows(PAGE):
            self.presenter.tick(tick)

    def restyle(self) -> None:
        self.presenter.restyle()

    def back(self) -> None:
        if not self.presenter.back():
            self._desk.notices.say("There is no unit to go back to: step into one first", BRIEF_S)

    def toggle_order(self) -> None:
        options = self._desk.options.weights
        options.by_weight = not options.by_weight
        self.open()

    def copy(self) -> None:
        """Put all weights of the unit on the clipboard, as columns that tables take."""
        text, clipboard = self._table("\t"), QGuiApplication.clipboard()
        if text and clipboard is not None:
            clipboard.setText(text)
            self._desk.notices.say(f"Copied {text.count(chr(10)) - 1} lines", BRIEF_S)

    def save(self) -> None:
        """Write all weights of the unit as CSV."""
        text, unit = self._table(","), self._desk.selection.as_unit()
        if text and unit is not None:
            name = f"{unit.layer}-{unit.index}-weights"
            self._desk.files.save_bytes(text.encode(), name, ".csv", "Weights")

    def savables(self) -> tuple[Savable, ...]:
        return (
            painted("weights", "Plot: weights of the layer", self.view.weights),
            painted("lengths", "Plot: lengths of the units", self.view.norms),
        )

    def _table(self, delimiter: str) -> str:
        network, reading = self.presenter.network, self.presenter.reading
        if network is None or reading is None or reading.facts.weights is None:
            self.open()
            self._desk.notices.say("There are no weights to be written of this unit", BRIEF_S)
            return ""
        return weight_table(network, reading, delimiter)
