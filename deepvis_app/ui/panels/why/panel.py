"""The page “Why” as a panel: the live explanation, and the closer look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.panel import Panel, Savable, offer_plot, painted
from deepvis_app.ui.panels.why.closer import CloserPresenter
from deepvis_app.ui.panels.why.closer_view import CloserView
from deepvis_app.ui.panels.why.commands import WhyCommands
from deepvis_app.ui.panels.why.live import PAGE, WhyPresenter
from deepvis_app.ui.panels.why.view import WhyView

if TYPE_CHECKING:
    from PyQt6.QtGui import QImage

    from deepvis_app.engine import EngineStatus
    from deepvis_app.engine.status import SourceStatus
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class WhyPanel(Panel):
    """What of the present picture makes a unit fire."""

    view: WhyView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.closer_view = CloserView()
        self.view = WhyView(self.closer_view)
        self.closer_view.explanation_requested.connect(desk.notices.explain)
        self.view.explanation_requested.connect(desk.notices.explain)
        offer_plot(desk.files, "truth", self.closer_view.plot)
        self.presenter = WhyPresenter(self.view, desk)
        self.closer = CloserPresenter(self.closer_view, desk)
        self.commands = WhyCommands(desk, self.presenter)
        self.view.origin.save_requested.connect(self.commands.save)
        self._source: SourceStatus | None = None

    def open(self) -> None:
        self._desk.sight.show_page(PAGE)

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)
        self.closer.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.ask()

    def tick(self, tick: Tick) -> None:
        self._show_status(tick.status)
        if tick.snapshot is not None:
            self.presenter.show_snapshot(tick.snapshot)
            self.closer.show_snapshot(tick.snapshot)
        if tick.jobs is not None:
            self.closer.take(tick.jobs)
        self.presenter.tick()
        self.closer.show_age()

    def savables(self) -> tuple[Savable, ...]:
        request = self.presenter.shown_request
        method = f" by {request.method.title}" if request is not None else ""
        return (
            Savable(
                "explanation",
                "Explanation",
                f"explanation{method}",
                self._image,
                unit=self._unit,
                is_smooth=True,
            ),
            painted("truth", "Plot: is the map true", self.closer_view.plot),
        )

    def _image(self) -> QImage | None:
        picture = self.presenter.picture
        return None if picture is None else rgb_image(picture)

    def _unit(self) -> Unit | None:
        request = self.presenter.shown_request
        return None if request is None else request.unit

    def _show_status(self, status: EngineStatus) -> None:
        """Only moving pictures are averaged over time; of those it is said that they move on."""
        old, source = self._source, status.source
        moving = bool(source.info and source.info.rate_hz)
        if old is None or (old.info, old.spec) != (source.info, source.spec):
            self.presenter.set_moving(moving)
        self._source = source
        self.closer.set_moving(moving and not status.frozen)
