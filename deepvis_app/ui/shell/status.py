"""The stream's state, rates and times to the line at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.rate import RateMeter
from deepvis_app.known.stream_words import state_text

if TYPE_CHECKING:
    from deepvis_app.engine import EngineStatus, Snapshot
    from deepvis_app.ui.panel import Tick
    from deepvis_app.ui.shell.status_view import StatusView

RATES_S = 0.25  # slow enough to be read
LATE_S = 0.5  # of the network at one picture: the age of the one before grows with the clock


class StatusPresenter:
    """Keeps the line in step with the engine. Knows no Qt."""

    def __init__(self, view: StatusView) -> None:
        self._view = view
        self._shown = RateMeter()
        self._rated_s = 0.0
        self._age_ms = 0.0
        self._snapshot: Snapshot | None = None
        self._words: tuple[str, str] = ("", "")

    def forget(self) -> None:
        """There is another network: the pictures of the one before say nothing of it."""
        self._snapshot = None

    def tick(self, tick: Tick) -> None:
        if tick.snapshot is not None:
            self._snapshot = tick.snapshot
            self._shown.count()
            self._age_ms = (tick.now_s - tick.snapshot.frame.captured_at) * 1000
        words = state_text(tick.status, tick.now_s)
        is_news = words != self._words
        if is_news:
            self._words = words
            self._view.set_state(*words)
        if is_news or tick.now_s - self._rated_s >= RATES_S:
            self._rated_s = tick.now_s
            self._show_rates(tick.status, tick.now_s)

    def _show_rates(self, status: EngineStatus, now_s: float) -> None:
        rates = status.rates
        self._view.set_rates(rates.captured, rates.processed, self._shown.rate(), rates.dropped)
        if self._snapshot is None:
            return
        moving = status.source.info is not None and status.source.info.rate_hz
        age_ms = self._age(self._snapshot, status, now_s)
        self._view.set_age(age_ms if moving and not status.frozen else None)
        self._view.set_stages(dict(self._snapshot.stages_ms))

    def _age(self, snapshot: Snapshot, status: EngineStatus, now_s: float) -> float:
        """Return the shown picture's age in ms: when it came or, where the next is late, now."""
        if status.at_work_s < LATE_S:
            return self._age_ms
        return (now_s - snapshot.frame.captured_at) * 1000
