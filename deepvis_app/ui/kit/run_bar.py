"""How far a job is, and the buttons that start, hold and stop it."""

from __future__ import annotations

from enum import Enum

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.progress_line import ThinLine


class RunState(Enum):
    """What the buttons offer."""

    IDLE = "idle"  # can be started
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    OFF = "off"  # cannot be started: the text says why


class RunBar(QWidget):
    """A thin line, a sentence, and one or two buttons."""

    start_requested = pyqtSignal()
    pause_requested = pyqtSignal()
    resume_requested = pyqtSignal()
    stop_requested = pyqtSignal()

    def __init__(self, start_text: str, start_tip: str) -> None:
        super().__init__()
        self._state = RunState.OFF
        self._line = ThinLine()
        self._text = ElidedLabel()
        self._text.setProperty("role", "muted")
        self._start_text, self._start_tip = start_text, start_tip
        self._main = QPushButton(start_text)
        self._main.clicked.connect(self._on_main)
        self._stop = IconButton("stop", "Stop; pictures that are finished are kept")
        self._stop.clicked.connect(self.stop_requested)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self._main)
        row.addWidget(self._stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._line)
        column.addLayout(row)
        self.set_state(RunState.OFF, "")

    def set_state(self, state: RunState, text: str, share: float | None = 0.0) -> None:
        """Show what can be done now; `share` None: it is not known how far the work is."""
        self._text.set_text(text)
        self._line.set_share(share)
        is_under_way = state in (RunState.WAITING, RunState.RUNNING, RunState.PAUSED)
        self._stop.setVisible(is_under_way)
        self._line.setVisible(is_under_way)
        if state is self._state and self._main.text():
            return
        self._state = state
        words = {
            RunState.WAITING: ("Pause", "Hold this work; it goes on where it stopped"),
            RunState.RUNNING: ("Pause", "Hold this work; it goes on where it stopped"),
            RunState.PAUSED: ("Resume", "Go on where it stopped"),
        }
        label, tip = words.get(state, (self._start_text, self._start_tip))
        self._main.setText(label)
        self._main.setToolTip(tip)
        self._main.setEnabled(state is not RunState.OFF)

    def state(self) -> RunState:
        return self._state

    def _on_main(self) -> None:
        if self._state is RunState.IDLE:
            self.start_requested.emit()
        elif self._state is RunState.PAUSED:
            self.resume_requested.emit()
        elif self._state is not RunState.OFF:
            self.pause_requested.emit()
