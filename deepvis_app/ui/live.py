"""The display clock: newest snapshot to the views, the user's wishes to the engine.

Ticks come from one timer. A tick sends at most one request, takes at most one snapshot and shows
only what changed, so nothing can pile up.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from deepvis_app.engine.rate import RateMeter
from deepvis_app.engine.readers import StripReader
from deepvis_app.engine.status import EngineStatus, Phase
from deepvis_app.state.resolve import StripView, resolve
from deepvis_app.ui.panels.grid.presenter import GridPresenter
from deepvis_app.ui.panels.input.presenter import InputPresenter
from deepvis_app.ui.panels.now.presenter import InspectorPresenter
from deepvis_app.ui.shell.lasting_fault import LastingFault

if TYPE_CHECKING:
    from deepvis_app.engine import Engine
    from deepvis_app.engine.readers import Thumb
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.frames import Playback
    from deepvis_app.nets import Network
    from deepvis_app.settings import Settings
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.panels.grid.pictures import PictureGridPresenter

TICK_MS = 16
RATES_S = 0.25
LATE_S = 0.5  # of the network at one picture: the age of the one before grows with the clock
AT_WORK_S = 2.0  # then it is said
MOST_LETTERS = 40  # of a network's name in the status
ASKED = ("method", "seed", "place", "origin", "is_watched", "strokes", "fill")  # of the engine


class LivePresenter(QObject):
    """Owns the display clock; the only reader of the engine's snapshots."""

    status_changed = pyqtSignal(object, object)  # old and new EngineStatus
    network_changed = pyqtSignal(object)  # Network
    shown = pyqtSignal(object)  # Snapshot
    ticked = pyqtSignal()  # the end of every tick, for others that show what comes by itself

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        selection: Selection,
        options: ViewOptions,
        explaining: ExplainOptions,
        pictures: PictureGridPresenter,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._selection = selection
        self._options = options
        self._explaining = explaining
        self._settings = settings
        self._status = EngineStatus()  # the one that is shown
        self._playback: Playback | None = None
        self._network: Network | None = None
        self._generation = 0
        self._fault = LastingFault()
        self._is_dirty = True
        self._rate = RateMeter()
        self._rates_at = 0.0
        self._age_ms = 0.0
        self._thumbs: dict[str, tuple[Thumb, tuple[str, str]]] = {}
        self._fingerprint = ""
        self.snapshot: Snapshot | None = None
        self.input = InputPresenter(window.input, options)
        self.grids = GridPresenter(window.grid, selection, options, explaining, pictures)
        self.inspector = InspectorPresenter(window.inspector, window.now, selection, options)
        self._connect()
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self.tick)

    @property
    def network(self) -> Network | None:
        return self._network

    def start(self) -> None:
        self._clock.start()

    def stop(self) -> None:
        self._clock.stop()

    def set_running(self, running: bool) -> None:
        """Pause the clock while nothing can be seen."""
        (self.start if running else self.stop)()

    def set_settings(self, settings: Settings) -> None:
        self._settings = settings
        self.input.smoothing_s = settings.appearance.score_smoothing_s
        zooms = settings.appearance.wheel.value == "zoom"
        self._window.input.picture.set_wheel_zooms(zooms)
        for pane in self._window.grid.panes:
            pane.canvas.set_wheel_zooms(zooms)
        self.mark_dirty()

    def restyle(self) -> None:
        """Draw anew what carries the theme's colours."""
        self._thumbs.clear()
        self.mark_dirty()

    def mark_dirty(self, *_: object) -> None:
        """Something the request depends on changed: send a new one at the next tick."""
        self._is_dirty = True

    def tick(self) -> None:
        status = self._fault.hold(self._engine.status(), time.monotonic())
        if _steady(status) != _steady(self._status):
            self._show_status(status)
        self._show_playback(status.source.playback)
        self._show_rates(status)
        if self._is_dirty and self._network is not None:
            self._send_request(self._network)
        snapshot = self._engine.take()
        if snapshot is not None and snapshot.network == self._fingerprint and self._network:
            self._show_snapshot(snapshot, self._network)
        self.grids.pictures.tick()
        self.ticked.emit()

    # One direction: wishes out

    def _connect(self) -> None:
        self._selection.events.connect(self.mark_dirty)
        self._options.events.connect(self.mark_dirty)
        for name in ASKED:
            getattr(self._explaining.events, name).connect(self.mark_dirty)
        strip = self._window.layers.strip
        strip.visible_layers_changed.connect(self.mark_dirty)
        for pane in self._window.grid.panes:
            pane.canvas.viewport_changed.connect(self.mark_dirty)
        self._window.input.network_view_toggled.connect(self.mark_dirty)
        self.grids.place_pointed.connect(self.inspector.point_at)
        self.inspector.field_changed.connect(self.input.show_field)

    def _send_request(self, network: Network) -> None:
        self._is_dirty = False
        self._generation += 1
        strip = self._window.layers.strip
        plans = self.grids.lay_out(network)
        interval_s = self._settings.live.strip_interval_s
        seen = StripView(strip.visible_layers(), strip.thumb_px(), interval_s)
        self._engine.request(
            resolve(
                network,
                self._selection,
                self._options,
                plans,
                seen,
                self._generation,
                self._explaining,
            )
        )
        strip.set_selected(self._selection.layer or None)
        others = [name for name in self._selection.panes if name != self._selection.layer]
        strip.set_second(others[0] if others else None)
        self.inspector.show_selection()
        self.input.show_options(network)

    # The other: answers in

    def _show_status(self, status: EngineStatus) -> None:
        old, self._status = self._status, status
        if status.network.network is not self._network:
            self._adopt(status.network.network)
        self._show_stale(status)
        if status.source.info != old.source.info:
            self.input.show_source(status.source.info)
            self._playback = None
        self._window.status.set_state(*_state_text(status, time.monotonic()))
        self.status_changed.emit(old, status)

    def _show_playback(self, playback: Playback | None) -> None:
        if playback is not None and playback != self._playback:
            self._playback = playback
            self._window.input.set_playback(playback)

    def _show_rates(self, status: EngineStatus) -> None:
        """Refresh the numbers slowly enough to be read."""
        now = time.monotonic()
        if now - self._rates_at < RATES_S:
            return
        self._rates_at = now
        self.inspector.refresh()
        self._window.status.set_state(*_state_text(status, now))
        rates = status.rates
        self._window.status.set_rates(
            rates.captured, rates.processed, self._rate.rate(), rates.dropped
        )
        if self.snapshot is None:
            return
        moving = status.source.info is not None and status.source.info.rate_hz
        self._window.status.set_age(self._age(status) if moving and not status.frozen else None)
        self._window.status.set_stages(dict(self.snapshot.stages_ms))
        self.grids.pictures.forward_ms = self.snapshot.stages_ms.get("forward", 0.0)

    def _age(self, status: EngineStatus) -> float:
        """Return the shown picture's age in ms: when it came or, where the next is late, now."""
        if self.snapshot is None or status.at_work_s < LATE_S:
            return self._age_ms
        return (time.monotonic() - self.snapshot.frame.captured_at) * 1000

    def _adopt(self, network: Network | None) -> None:
        self._network = network
        self._fingerprint = network.last_fingerprint if network else ""
        self._thumbs.clear()
        self.snapshot = None
        layers = network.layers if network else ()
        self._window.layers.set_layers(layers)
        self._selection.adopt([(info.name, info.unit_count) for info in layers])
        self._options.pinned_classes = ()
        self.grids.clear()
        self.grids.pictures.set_network(network)
        self.inspector.clear()
        self.input.show_network(network)
        self._window.layers.strip.ensure_visible(self._selection.layer)
        self.mark_dirty()
        self.network_changed.emit(network)

    def _show_stale(self, status: EngineStatus) -> None:
        waiting = None
        if status.fault is not None:
            waiting = "network failed"
        elif status.source.broken is not None:
            waiting = "not this picture"
        elif status.source.phase is Phase.LOST:
            waiting = "waiting for the source"
        elif status.source.phase is Phase.FAILED:
            waiting = "the last picture: the source failed"
        for pane in self._window.grid.panes:
            pane.canvas.set_stale(waiting)
        self.input.set_stale("frozen" if status.frozen and waiting is None else waiting)
        self.input.set_broken(status.source.broken)
        self._window.now.set_stale(waiting)

    def _show_snapshot(self, snapshot: Snapshot, network: Network) -> None:
        self.snapshot = snapshot
        self._rate.count()
        self.input.show_snapshot(snapshot, network)
        self.grids.show_snapshot(snapshot, network)
        self._show_thumbs(snapshot)
        sequential, diverging = (self.grids.palette(signed=signed) for signed in (False, True))
        self.inspector.show_snapshot(snapshot, network, sequential, diverging)
        self._age_ms = (time.monotonic() - snapshot.frame.captured_at) * 1000
        self.shown.emit(snapshot)

    def _show_thumbs(self, snapshot: Snapshot) -> None:
        """Hand on the thumbnails that are new, or whose colours are."""
        colours = (self._options.palette, self._options.diverging_palette)
        strip = snapshot.first(StripReader)
        for name, thumb in strip.thumbs.items() if strip else ():
            if self._thumbs.get(name) != (thumb, colours):
                self._thumbs[name] = (thumb, colours)
                self._window.layers.strip.set_thumb(
                    name, thumb.mosaic, self.grids.palette(signed=thumb.signed)
                )


def _steady(status: EngineStatus) -> tuple[object, ...]:
    """Return a status but for what changes with every frame: rates and the place in the source."""
    source = status.source
    return (
        (source.phase, source.spec, source.info, source.error, source.notice, source.broken),
        (status.network, status.device, status.devices, status.frozen, status.fault),
    )


def short_name(spec: str) -> str:
    """Return what a spec is called where there is little room: the end of a path."""
    name = spec.rstrip("/").rsplit("/", 1)[-1] or spec
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def _state_text(status: EngineStatus, now_s: float) -> tuple[str, str]:
    """Return what the status line says of stream and network, and its tone."""
    words, tone = _stream_text(status, now_s)
    network = status.network
    passed_s = now_s - network.since_s if network.phase is Phase.OPENING else 0.0
    if passed_s < AT_WORK_S:
        return words, tone
    what = f"{short_name(network.spec)} for {passed_s:.0f} s"
    if network.network is None or status.at_work_s > AT_WORK_S:  # there is no room for both
        return f"Loading {what}", "warning"
    return f"{words} · loading {what}", tone


def _stream_text(status: EngineStatus, now_s: float) -> tuple[str, str]:
    if status.at_work_s > AT_WORK_S:
        return f"The network has been at work for {status.at_work_s:.0f} s", "warning"
    if status.fault is not None:
        return "Network failed", "bad"
    if status.source.phase is Phase.FAILED:
        return "No source", "bad"
    if status.source.phase is Phase.LOST:
        return "Waiting for the source", "warning"
    if status.network.network is None:
        loading = status.network.phase is Phase.OPENING
        return ("Loading network", "warning") if loading else ("No network", "bad")
    if status.frozen:
        return "Frozen", "warning"
    if status.source.broken is not None:
        return "Picture cannot be read", "warning"
    if status.source.phase is Phase.ENDED:
        return "End of the source", "muted"
    if status.source.phase is Phase.OPENING:
        passed_s = now_s - status.source.since_s
        is_alone = status.network.phase is not Phase.OPENING  # there is no room for two times
        since = f" for {passed_s:.0f} s" if passed_s >= AT_WORK_S and is_alone else ""
        return f"Opening source{since}", "warning"
    return "Live", "good"
