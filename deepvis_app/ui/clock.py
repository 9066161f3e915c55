"""The display clock. It owns the timer and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_MS = 16


class Clock(QObject):
    """Calls `tick` at the pace of a display, while it runs."""

    def __init__(self, parent: QObject, tick: Callable[[], None]) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(tick)

    def set_running(self, running: bool) -> None:
        """Run, or rest while nothing can be seen."""
        if running:
            self._timer.start()
        else:
            self._timer.stop()
