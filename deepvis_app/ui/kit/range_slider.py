"""Two values on one line: where a range begins and where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

HANDLE, GROOVE, HEIGHT = 12, 4, 20  # logical pixels, as of other sliders
PAGE = 10  # steps of Page up and down
_KEYS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1,
    Qt.Key.Key_PageDown: -PAGE, Qt.Key.Key_PageUp: PAGE,
}  # fmt: skip
_ENDS = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0}


class RangeSlider(QWidget):
    """Two handles at low < high, both 0..1; who moves one moves it to a whole number of `step`.

    A press takes the nearer handle there, and a drag goes on with it; Tab goes from one handle to
    the other; arrows, Page up and down, Home, End and the wheel move it. A double click asks for
    the default.
    """

    range_changed = pyqtSignal(float, float)
    reset_requested = pyqtSignal()

    def __init__(self, name: str, step: float) -> None:
        super().__init__()
        self._step = step
        self._range = (0.0, 1.0)
        self._handles = (_Handle(self, f"{name}, low"), _Handle(self, f"{name}, high"))
        self._held: int | None = None  # which handle the mouse has
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def range(self) -> tuple[float, float]:
        return self._range

    def set_range(self, low: float, high: float) -> None:
        """Show a range and tell nobody."""
        self._range = low, high
        self._place()

    def handle(self, which: int) -> QWidget:
        """Return the handle of the low end, 0, or of the high one, 1."""
        return self._handles[which]

    def _focused(self) -> int | None:
        """Return which handle has the focus."""
        return next((i for i, handle in enumerate(self._handles) if handle.hasFocus()), None)

    def _move(self, which: int, share: float) -> None:
        """Bring one end to a share of the whole, as far as the other end leaves room."""
        low, high = self._range
        least, most = (0.0, high - self._step) if which == 0 else (low + self._step, 1.0)
        share = min(max(round(share / self._step) * self._step, least), most)
        moved = (share, high) if which == 0 else (low, share)
        if moved != self._range:
            self.set_range(*moved)
            self.range_changed.emit(*moved)

    def _place(self) -> None:
        span = self.width() - HANDLE
        for handle, share in zip(self._handles, self._range, strict=True):
            handle.setGeometry(round(share * span), (self.height() - HANDLE) // 2, HANDLE, HANDLE)
        self.update()

    def _share_at(self, x: float) -> float:
        return (x - HANDLE / 2) / max(self.width() - HANDLE, 1)

    # Qt's own methods

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(4 * HANDLE, HEIGHT)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        self._place()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(0, (self.height() - GROOVE) / 2, self.width(), GROOVE)
        between = QRectF(whole)
        low, high = (QRectF(handle.geometry()).center().x() for handle in self._handles)
        between.setLeft(low)
        between.setRight(high)
        for rect, shade in ((whole, "line"), (between, "muted")):
            painter.setBrush(colour(shade))
            painter.drawRoundedRect(rect, GROOVE / 2, GROOVE / 2)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        share, (low, high) = self._share_at(event.position().x()), self._range
        nearest = 0 if share - low < high - share else 1
        self._held = nearest
        self._move(nearest, share)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self._held is not None:
            self._move(self._held, self._share_at(event.position().x()))

    def mouseReleaseEvent(self, _event: QMouseEvent | None) -> None:
        self._held = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:
        self._held = None
        self.reset_requested.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move the handle that has the focus: it leaves its keys to the slider."""
        key, which = Qt.Key(event.key()) if event is not None else None, self._focused()
        if which is not None and key in _KEYS:
            self._move(which, self._range[which] + _KEYS[key] * self._step)
        elif which is not None and key in _ENDS:
            self._move(which, _ENDS[key])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Move the handle that has the focus; without it the wheel is the page's."""
        which = self._focused()
        if event is None or which is None:
            super().wheelEvent(event)
        else:
            step = self._step if event.angleDelta().y() > 0 else -self._step
            self._move(which, self._range[which] + step)


class _Handle(QWidget):
    """One end, for the keyboard; the mouse is the slider's."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shade = "accent" if self.hasFocus() else "text" if self.isEnabled() else "muted"
        painter.setBrush(colour(shade))
        painter.drawEllipse(QPointF(HANDLE / 2, HANDLE / 2), HANDLE / 2, HANDLE / 2)
