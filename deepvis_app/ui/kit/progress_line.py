"""How far a long work is: a thin line, a sentence and, where it can be stopped, a cross."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from PyQt6.QtGui import QHideEvent, QPaintEvent

LINE = 4.0
SWEEP_MS = 40


class ProgressLine(QWidget):
    """Hidden until there is something to show."""

    cancel_requested = pyqtSignal()

    def __init__(self, *, cancellable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = ThinLine()
        self._text = QLabel()
        self._text.setProperty("role", "detail")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._cancel = QToolButton()
        self._cancel.setIcon(icon("close", "muted"))
        self._cancel.setIconSize(QSize(12, 12))
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._cancel.setToolTip("Stop this work; what is done so far is kept where it can be")
        self._cancel.setAccessibleName("Stop")
        self._cancel.setVisible(cancellable)
        self._cancel.clicked.connect(self.cancel_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._line)
        row = QHBoxLayout()
        row.addWidget(self._text, 1)
        row.addWidget(self._cancel)
        column.addLayout(row)
        self.hide()

    def set_progress(self, text: str, done: float, total: float) -> None:
        """Show how far it is; `total` 0: not known, a light runs along the line."""
        self._line.set_share(done / total if total > 0 else None)
        if text != self._text.text():
            self._text.setText(text)
            self._text.setToolTip(text)
        self.show()

    def share(self) -> float | None:
        """Return the share done, 0..1; None when it is not known."""
        return self._line.share

    def clear(self) -> None:
        self._line.set_share(0.0)
        self.hide()


class ThinLine(QWidget):
    """The line alone: a share of it is done, or a light runs along it."""

    def __init__(self) -> None:
        super().__init__()
        self.share: float | None = 0.0
        self._phase = 0.0
        self._sweep = QTimer(self)
        self._sweep.setInterval(SWEEP_MS)
        self._sweep.timeout.connect(self._on_sweep)
        self.setFixedHeight(int(LINE))

    def set_share(self, share: float | None) -> None:
        self.share = None if share is None else min(max(share, 0.0), 1.0)
        if self.share is None and not self._sweep.isActive():
            self._sweep.start()
        elif self.share is not None:
            self._sweep.stop()
        self.update()

    def hideEvent(self, event: QHideEvent | None) -> None:
        self._sweep.stop()
        super().hideEvent(event)

    def _on_sweep(self) -> None:
        self._phase = (self._phase + 0.02) % 1.3
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        painter.setBrush(colour("control" if active_theme().is_dark else "line"))
        painter.drawRoundedRect(whole, LINE / 2, LINE / 2)
        if self.share is None:
            left = (self._phase - 0.3) * whole.width()
            done = QRectF(left, 0, 0.3 * whole.width(), LINE).intersected(whole)
        else:
            done = QRectF(0, 0, self.share * whole.width(), LINE)
        painter.setBrush(colour("good"))
        if done.width() > 0.5:
            painter.drawRoundedRect(done, LINE / 2, LINE / 2)
