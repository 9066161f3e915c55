"""What the window itself costs, for `deepvis bench window`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from deepvis_app.engine.measure import Film, raise_problem, watch
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

    from deepvis_app.engine import Engine, Snapshot

SIZE = (1440, 900)
FILM = "benchmark"  # what it is called
PICTURE = (480, 640)  # of the source, (height, width)
FPS = 60.0  # of the source: as many as a screen shows
WARM_UP_MS = 4000  # after the first picture
SETTLING_S = 0.2
SLICE_MS = 1000  # short: other work on the machine then meets both alike


class Meter(QObject):
    """Lets the window show a film, and the live loop run without it, in turn.

    `measured` gives for each turn the frames a second that the window showed, those that the loop
    makes while nothing is shown, and the milliseconds of the processor that the window's thread
    took for each frame it showed. `failed` gives in their place why nothing can be shown; `ended`
    comes last.
    """

    measured = pyqtSignal(dict)
    failed = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(
        self,
        window: QWidget,
        engine: Engine,
        set_running: Callable[[bool], None],
        seconds: float,
    ) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._set_running = set_running
        self._left = max(round(seconds / (2 * SLICE_MS / 1000)), 1)
        self._count = 0

    def start(self) -> None:
        self._window.resize(*SIZE)
        self._engine.open_source(Film(PICTURE, FPS))
        self._wait()

    def see(self, _snapshot: Snapshot) -> None:
        """A picture was shown."""
        self._count += 1

    def _wait(self) -> None:
        """Wait for the film's first pictures, then for what a start brings with it."""
        try:
            raise_problem(self._engine)
        except UserError as problem:
            self.failed.emit(str(problem))
            self.ended.emit()
            return
        source = self._engine.status().source.info
        is_there = source is not None and source.title == FILM and self._count > 0
        QTimer.singleShot(*((WARM_UP_MS, self._show) if is_there else (50, self._wait)))

    def _show(self) -> None:
        """Begin a turn: the window first."""
        self._count = 0
        self._began_s, self._worked_s = time.perf_counter(), time.thread_time()
        QTimer.singleShot(SLICE_MS, self._end_turn)

    def _end_turn(self) -> None:
        passed_s = time.perf_counter() - self._began_s
        worked_s, count = time.thread_time() - self._worked_s, self._count
        self._set_running(False)
        watch(self._engine, SETTLING_S)
        loop, _ = watch(self._engine, SLICE_MS / 1000)
        self._set_running(True)
        self.measured.emit(
            {"shown": count / passed_s, "loop": loop, "gui_ms": worked_s * 1000 / max(count, 1)}
        )
        self._left -= 1
        if self._left:
            QTimer.singleShot(round(SETTLING_S * 1000), self._show)
        else:
            self.ended.emit()
