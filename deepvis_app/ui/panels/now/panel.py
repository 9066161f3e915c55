"""The page “Now” as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.known.stream_words import waiting_text
from deepvis_app.state.choices import following
from deepvis_app.ui.panel import Panel, Savable, offer_plot, painted
from deepvis_app.ui.panels.now.beside import BesidePresenter
from deepvis_app.ui.panels.now.over_map import OverMapPresenter
from deepvis_app.ui.panels.now.presenter import NowPresenter
from deepvis_app.ui.panels.now.view import NowView

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick

PAGE = "now"
TRACE_S = 0.25  # between two values of the trace, where no picture comes


class NowPanel(Panel):
    """What the picked unit does on the present picture."""

    view: NowView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.view = NowView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = NowPresenter(self.view, desk)
        self.beside = BesidePresenter(self.view, desk)
        self.over_map = OverMapPresenter(self.view, desk)
        offer_plot(desk.files, "trace", self.view.trace)
        offer_plot(desk.files, "histogram", self.view.histogram)
        self._network: Network | None = None
        self._waiting: str | None = None
        self._traced_s = 0.0

    def open(self) -> None:
        self._desk.sight.show_page(PAGE)

    def cycle_overlay(self) -> None:
        options = self._desk.options.view
        options.overlay = following(options.overlay)

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.presenter.clear()
        self.beside.set_network(network)
        self.over_map.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        self.presenter.show_selection()
        return self.beside.ask()

    def tick(self, tick: Tick) -> None:
        if (waiting := waiting_text(tick.status)) != self._waiting:
            self._waiting = waiting
            self.view.set_stale(waiting)
        self.over_map.tick()
        if tick.snapshot is not None and self._network is not None:
            self.presenter.show_snapshot(tick.snapshot, self._network)
            self.beside.show_snapshot(tick.snapshot)
            self.over_map.show_snapshot(tick.snapshot)
        elif tick.now_s - self._traced_s >= TRACE_S:
            self._traced_s = tick.now_s
            self.presenter.keep_trace()

    def savables(self) -> tuple[Savable, ...]:
        return (
            painted("trace", "Plot: last 10 s", self.view.trace),
            painted("histogram", "Plot: values on this frame", self.view.histogram),
            painted("unit-over-map", "The unit over the map", self.view.over_map.map),
        )
