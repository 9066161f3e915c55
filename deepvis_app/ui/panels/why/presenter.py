"""The question "why", as one: the live page, the closer look and the brush."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis_app.explain import Method, View
from deepvis_app.nets import Unit
from deepvis_app.ui.kit.banner import Severity
from deepvis_app.ui.panels.input.brush import BrushPresenter
from deepvis_app.ui.panels.why.closer import CloserPresenter
from deepvis_app.ui.panels.why.live import PAGE, WhyPresenter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine import Engine
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.status import EngineStatus
    from deepvis_app.nets import Network
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.live import LivePresenter
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.shell.saving import Saving


class ExplainPresenter(QObject):
    """Passes on what the display clock tells, and does what the keys ask for."""

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        selection: Selection,
        view: ViewOptions,
        options: ExplainOptions,
        live: LivePresenter,
        saving: Saving,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._selection = selection
        self._options = options
        self._saving = saving
        self.why = WhyPresenter(window, selection, options, view)
        self.closer = CloserPresenter(window, engine, selection, options, view)
        self.brush = BrushPresenter(window, options)
        saving.figures.explained = self._explained
        window.why.origin.save_requested.connect(self.save)
        live.network_changed.connect(self._set_network)
        live.shown.connect(self._show_snapshot)
        live.ticked.connect(self._tick)
        live.status_changed.connect(self._show_status)
        for number, pane in enumerate(window.grid.panes):
            pane.canvas.tile_pin_requested.connect(
                lambda unit, number=number: self._pin_tile(number, unit)
            )

    def toggle_pin(self) -> None:
        self.why.toggle_pin()
        origin = self._options.origin
        words = f"Pinned {origin.layer} · {origin.index}" if origin else "Nothing is pinned"
        self._window.toast.show_message(words, seconds=1.5)

    def turn_to(self, unit: Unit) -> None:
        """Explain a unit also where another one is pinned: it takes its place."""
        if self._options.origin is not None:
            self._options.origin = unit

    def cycle_method(self) -> None:
        methods = list(Method)
        self._options.method = methods[(methods.index(self._options.method) + 1) % len(methods)]
        self._open()

    def cycle_view(self) -> None:
        views = list(View)
        self._options.show_as(views[(views.index(self._options.shown_view) + 1) % len(views)])
        self._open()

    def toggle_brush(self) -> None:
        self._open()
        self.brush.toggle()

    def put_down(self) -> bool:
        """Take the brush away; return whether there was one."""
        brushing = self._options.is_brushing
        self.brush.put_down()
        return brushing

    def save(self) -> None:
        """Write the shown explanation as PNG."""
        request = self.why.shown_request
        name = "explanation"
        if request is not None:
            unit = request.unit
            name = f"{unit.layer}-{unit.index}-{request.method.value}"
        self._saving.save_figure(self._saving.figures.explanation(), name)

    def _explained(self) -> tuple[NDArray[np.uint8], Unit, str] | None:
        request, picture = self.why.shown_request, self.why.picture
        if request is None or picture is None:
            return None
        return picture, request.unit, request.method.title

    def _open(self) -> None:
        self._window.show_inspector(True)
        self._window.inspector.set_tab(PAGE)
        self.why.tick()

    def _pin_tile(self, pane: int, index: int) -> None:
        panes = self._selection.panes
        if pane < len(panes):
            self.why.pin(Unit(panes[pane], index))

    def _set_network(self, network: Network | None) -> None:
        if network is not None and self._options.adopt(network):
            self._window.banners.show_banner(
                "pinned", "The pinned unit is not in this network", "", Severity.NOTICE
            )
        elif network is not None:
            self._window.banners.clear_banner("pinned")
        self.why.set_network(network)
        self.closer.set_network(network)
        self.brush.set_network(network)

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        self.why.show_snapshot(snapshot)
        self.closer.show_snapshot(snapshot)
        self._saving.figures.frame = snapshot.frame

    def _tick(self) -> None:
        self.why.tick()
        self.closer.tick()

    def _show_status(self, old: EngineStatus, new: EngineStatus) -> None:
        moving = bool(new.source.info and new.source.info.rate_hz)
        if old.source.info != new.source.info or old.source.spec != new.source.spec:
            self.why.set_moving(moving)
        self.closer.set_moving(moving and not new.frozen)
