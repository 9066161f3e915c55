"""How far a scan is, with what holds, ends or begins it."""

from __future__ import annotations

from enum import Enum

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.progress_line import ThinLine
from deepvis_app.ui.kit.theme import set_look


class ScanState(Enum):
    """What can be done."""

    RUNNING = "running"
    PAUSED = "paused"
    RESTING = "resting"  # part of the pictures is not scanned, and nobody is at it
    FAILED = "failed"


class ScanBar(QWidget):
    """A sentence over a line; the whole width is the sentence's."""

    pause_requested = pyqtSignal()
    resume_requested = pyqtSignal()
    stop_requested = pyqtSignal()
    start_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._state = ScanState.RESTING
        self._text = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._line = ThinLine()
        self._hold = IconButton("pause", "")
        self._hold.clicked.connect(self._on_hold)
        self._stop = IconButton("stop", "Stop the scan; what is scanned is kept")
        self._stop.clicked.connect(self.stop_requested)
        self._start = QPushButton("Scan the rest")
        self._start.setToolTip("Go on where the scan stopped")
        self._start.clicked.connect(self.start_requested)
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget, stretch in ((self._line, 1), (self._hold, 0), (self._stop, 0)):
            row.addWidget(widget, stretch)
        row.addWidget(self._start, 0, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._text)
        column.addLayout(row)
        self.set_scan(ScanState.RESTING, "", 0.0)

    def set_scan(self, state: ScanState, text: str, share: float | None) -> None:
        """Show where a scan is; `share` None: that is not known."""
        self._state = state
        is_under_way = state in (ScanState.RUNNING, ScanState.PAUSED)
        self._text.set_text(text)
        set_look(self._text, "role", "bad" if state is ScanState.FAILED else "detail")
        self._line.set_share(share)
        for widget in (self._line, self._hold, self._stop):
            widget.setVisible(is_under_way)
        self._start.setVisible(not is_under_way)
        is_paused = state is ScanState.PAUSED
        self._hold.set_icon("play" if is_paused else "pause")
        self._hold.setToolTip("Go on with the scan" if is_paused else "Hold the scan")
        self._hold.setAccessibleName(self._hold.toolTip())

    def state(self) -> ScanState:
        return self._state

    def text(self) -> str:
        return self._text.text()

    def _on_hold(self) -> None:
        is_paused = self._state is ScanState.PAUSED
        (self.resume_requested if is_paused else self.pause_requested).emit()
