"""The left column as a panel: the picture, its transport, the predictions, the brush."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.known.stream_words import waiting_text
from deepvis_app.state.classes import class_unit
from deepvis_app.ui.panel import Panel
from deepvis_app.ui.panels.input.brush import BrushPresenter
from deepvis_app.ui.panels.input.commands import InputCommands
from deepvis_app.ui.panels.input.playing import TransportPresenter
from deepvis_app.ui.panels.input.presenter import InputPresenter
from deepvis_app.ui.panels.input.view import InputView

if TYPE_CHECKING:
    from deepvis_app.engine import EngineStatus
    from deepvis_app.frames import Playback, SourceInfo
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class InputPanel(Panel):
    """What comes in, and what the network says it is."""

    view: InputView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.view = InputView()
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = InputPresenter(self.view, desk)
        self.brush = BrushPresenter(self.view, desk)
        self.commands = InputCommands(desk)
        self._transport = TransportPresenter(self.view.transport, desk.engine)
        self.view.scores.class_asked.connect(self.show_class)
        self._network: Network | None = None
        self._source: SourceInfo | None = None
        self._playback: Playback | None = None

    def set_network(self, network: Network | None) -> None:
        self._network = self.commands.network = network
        self.presenter.show_network(network)
        self.brush.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        if self._network is not None:
            self.presenter.show_options(self._network)
        return self.brush.ask()

    def tick(self, tick: Tick) -> None:
        self._show_source(tick.status)
        if tick.snapshot is not None and self._network is not None:
            self.presenter.show_snapshot(tick.snapshot, self._network)
        else:
            self.presenter.tick(tick.now_s)

    def put_away(self) -> bool:
        """Put the brush down."""
        is_brushing = self._desk.options.why.is_brushing
        self.brush.put_down()
        return is_brushing

    def show_class(self, index: int, page: str) -> None:
        """Turn to the unit of a class and to a question about it."""
        unit = class_unit(self._network, index) if self._network is not None else None
        if unit is None:
            return
        self._desk.selection.pick_unit(unit.index, unit.layer)
        self._desk.options.why.turn_to(unit)
        self._desk.sight.show_page(page)
        self._desk.sight.reveal()

    def _show_source(self, status: EngineStatus) -> None:
        source, waiting = status.source, waiting_text(status)
        if source.info != self._source:
            self._source, self._playback = source.info, None
            self.presenter.show_source(source.info)
        self.presenter.set_stale("frozen" if status.frozen and waiting is None else waiting)
        self.presenter.set_broken(source.broken)
        has_controls = source.info is not None and bool(source.info.controls)
        if has_controls and source.playback is not None and source.playback != self._playback:
            self._playback = source.playback
            self.view.set_playback(source.playback)
