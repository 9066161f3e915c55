"""Garbage is collected by the window's thread, between two events."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer

from deepvis_app.garbage import Collector

STEP_MS = 100


class Collecting(QObject):
    """Collects Python's garbage from the event loop until `end`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._collector = Collector()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collector.step)
        self._timer.start(STEP_MS)

    def end(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        self._collector.end()
