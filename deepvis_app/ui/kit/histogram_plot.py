"""How a map's values are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.tiles.marks import array_marks, counts
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.plot_frame import paint_ground
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from PyQt6.QtGui import QMouseEvent, QPaintEvent

BINS = 48
CAPTION = 16.0
PADDING = 4.0


class HistogramPlot(QWidget):
    """Counts of values between the lowest and the highest, zero marked; a click: log or linear."""

    log_toggled = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.int64] | None = None
        self._range = (0.0, 1.0)
        self._zeros = 0.0  # share of values that are exactly zero
        self._others: dict[str, int] = {}  # how many are NaN and so on
        self._total = 0
        self._is_log = True
        self._empty = ("No unit picked", "")
        self._painting = PacedUpdate(self)
        self.setToolTip("Click to switch between logarithmic and linear counts")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram of the unit's map")

    def set_values(self, values: ArrayLike | None) -> None:
        """Show how the finite values of a map are spread, and say what the others are.

        Without any values: the empty text.
        """
        whole = np.asarray([] if values is None else values, np.float32).ravel()
        marks = array_marks(whole)
        self._others = {} if marks is None else counts(marks)
        self._total = whole.size
        flat = whole if marks is None else whole[marks == 0]
        if flat.size == 0:
            self._counts = None
        else:
            low, high = float(flat.min()), float(flat.max())
            self._range = (low, high) if high > low else (low - 0.5, low + 0.5)
            self._counts = np.histogram(flat, BINS, self._range)[0]
            self._zeros = float(np.sum(flat == 0)) / whole.size
        self._painting.soon()

    def set_log(self, is_log: bool) -> None:
        """Draw log(1 + count): the few high values are seen beside the many zeros."""
        self._is_log = is_log
        self.update()

    def set_empty_text(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def others(self) -> str:
        """Return what is not among the bars, in words; "": all values are."""
        if not self._others:
            return ""
        words = ", ".join(f"{count} {word}" for word, count in self._others.items())
        return f"{words} of {self._total}"

    def bars(self) -> NDArray[np.float64]:
        """Return the heights of the bars, 0..1."""
        if self._counts is None:
            return np.zeros(BINS)
        heights: NDArray[np.float64] = self._counts.astype(np.float64)
        if self._is_log:
            heights = np.log1p(heights)
        return heights / float(heights.max())

    def sizeHint(self) -> QSize:
        return QSize(240, 84)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 64)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.set_log(not self._is_log)
            self.log_toggled.emit(self._is_log)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        area = paint_ground(painter, self, CAPTION)
        if self._counts is None:
            words = (f"No numbers: {self.others()}", "") if self._others else self._empty
            paint_empty(painter, area, *words)
            return
        inner = area.adjusted(PADDING, PADDING, -PADDING, 0)
        width = inner.width() / BINS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        shade = colour("accent", 0.85)
        for index, height in enumerate(self.bars()):
            left, right = round(index * width), round((index + 1) * width) - 1
            top = inner.height() * (1 - height)
            bar = QRectF(inner.left() + left, inner.top() + top, right - left, inner.height() - top)
            painter.fillRect(bar, shade)
        self._paint_zero(painter, inner)
        self._paint_labels(painter, area)

    def _paint_zero(self, painter: QPainter, inner: QRectF) -> None:
        low, high = self._range
        if low < 0 < high:
            x = inner.left() + inner.width() * -low / (high - low)
            painter.fillRect(QRectF(round(x), inner.top(), 1, inner.height()), colour("text"))

    def _paint_labels(self, painter: QPainter, area: QRectF) -> None:
        low, high = self._range
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        bottom, top = Qt.AlignmentFlag.AlignBottom, Qt.AlignmentFlag.AlignTop
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        below = QRectF(0, area.bottom(), self.width(), CAPTION)
        painter.drawText(below, int(bottom | left), figure(low))
        painter.drawText(below, int(bottom | right), figure(high))
        kind = "log counts" if self._is_log else "counts"
        note = f"{self._zeros:.0%} zero · {kind}".replace("%", " %") if self._zeros else kind
        painter.drawText(area.adjusted(6, 3, -6, -3), int(top | right), note)
        painter.setPen(colour("bad"))
        painter.drawText(area.adjusted(6, 3 + CAPTION, -6, -3), int(top | right), self.others())
        painter.setPen(colour("muted"))
        if low < 0 < high:
            x = area.left() + PADDING + (area.width() - 2 * PADDING) * -low / (high - low)
            half = QFontMetricsF(painter.font()).horizontalAdvance("0") / 2
            if 48 < x < self.width() - 48:  # else it would run into a number at the end
                painter.drawText(QRectF(x - half, area.bottom(), 20, CAPTION), int(bottom), "0")
