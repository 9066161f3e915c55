"""One job in the list: what it makes, how far it is, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.progress_line import ThinLine
from deepvis_app.ui.kit.theme import set_look


@dataclass(frozen=True, slots=True)
class JobLine:
    """What a row shows; `share` None: not known how far it is."""

    id: int
    title: str
    detail: str
    share: float | None = 0.0
    is_paused: bool = False
    is_over: bool = False  # done, failed or stopped: nothing can be done with it
    is_bad: bool = False


class JobRow(QWidget):
    """Signals carry the job's id."""

    pause_requested = pyqtSignal(int)
    resume_requested = pyqtSignal(int)
    cancel_requested = pyqtSignal(int)
    front_requested = pyqtSignal(int)

    def __init__(self, job: int) -> None:
        super().__init__()
        self._job = job
        self._is_paused = False
        self._title = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._detail = ElidedLabel()
        self._line = ThinLine()
        self._front = _button("to-front", "Do this job first")
        self._front.clicked.connect(lambda: self.front_requested.emit(job))
        self._hold = _button("pause", "")
        self._hold.clicked.connect(self._on_hold)
        self._cancel = _button("close", "Stop this job; what is finished is kept")
        self._cancel.clicked.connect(lambda: self.cancel_requested.emit(job))
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._title, 1)
        for button in (self._front, self._hold, self._cancel):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._line)
        column.addWidget(self._detail)

    def set_line(self, line: JobLine, *, is_first: bool) -> None:
        self._title.set_text(line.title)
        self._detail.set_text(line.detail)
        set_look(self._detail, "role", "bad" if line.is_bad else "detail")
        self._line.set_share(line.share)
        self._line.setVisible(not line.is_over)
        self._front.setVisible(not is_first and not line.is_over)
        for button in (self._hold, self._cancel):
            button.setVisible(not line.is_over)
        self._is_paused = line.is_paused
        self._hold.setIcon(icon("play" if line.is_paused else "pause", "muted"))
        self._hold.setToolTip("Go on with this job" if line.is_paused else "Hold this job")
        self._hold.setAccessibleName(self._hold.toolTip())

    def _on_hold(self) -> None:
        (self.resume_requested if self._is_paused else self.pause_requested).emit(self._job)


def _button(icon_name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(icon_name, "muted"))
    button.setIconSize(QSize(12, 12))
    button.setFixedSize(24, 24)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
