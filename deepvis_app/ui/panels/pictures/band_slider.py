"""Where in a unit's range the pictures are from: the top, a quantile, the bottom."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.kit.theme import Size, colour, font

STEPS = 100
MARKS = ((0.0, "top"), (0.1, "10 %"), (0.5, "median"), (1.0, "bottom"))
HANDLE = 8  # half of the slider's handle, which the marks have to allow for


class BandSlider(QWidget):
    """`band_changed` tells the share of pictures that score lower: 1 the top, 0 the bottom."""

    band_changed = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self._slider = JumpSlider()
        self._slider.setRange(0, STEPS)
        self._slider.setPageStep(10)
        self._slider.setAccessibleName("Rank of the pictures")
        self._slider.setToolTip(
            "Where in the order of all scores the pictures are from; a double click: the top"
        )
        self._slider.valueChanged.connect(lambda v: self.band_changed.emit(1 - v / STEPS))
        self._slider.reset_requested.connect(lambda: self._slider.setValue(0))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._slider)
        column.addWidget(_Marks())

    def set_band(self, band: float) -> None:
        blocked = QSignalBlocker(self._slider)
        self._slider.setValue(round((1 - band) * STEPS))
        blocked.unblock()


class _Marks(QWidget):
    """Names of places below the slider."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(18)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        metrics = QFontMetricsF(painter.font())
        room = self.width() - 2 * HANDLE
        for share, words in MARKS:
            x = HANDLE + share * room
            painter.fillRect(QRectF(x - 0.5, 0, 1, 4), colour("muted"))
            width = metrics.horizontalAdvance(words)
            left = min(max(x - width / 2, 0.0), self.width() - width)
            box = QRectF(left, 4, width + 1, self.height() - 4)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), words)
