"""The weights with which classes read a unit: all of them sorted, and some by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.ui.panels.weights.shown import ClassRow

CURVE = 52
ROW = 20.0
GAP = 16.0
VALUE_PX = 56.0
NOTE_PX = 84.0
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class SortedWeights(QWidget):
    """All weights from the largest to the smallest, as an area about zero."""

    def __init__(self) -> None:
        super().__init__()
        self._values: NDArray[np.float32] = np.zeros(0, np.float32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("All outgoing weights, sorted")
        self.setToolTip("The weights of all classes from the largest to the smallest")

    def set_values(self, values: NDArray[np.float32]) -> None:
        self._values = np.sort(values)[::-1]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, CURVE)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, CURVE)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        values = self._values
        if not len(values):
            return
        high, low = max(float(values[0]), 0.0), min(float(values[-1]), 0.0)
        scale = (self.height() - 2) / (high - low) if high > low else 0.0
        zero = 1 + high * scale
        edges = np.linspace(0, len(values), self.width() + 1).astype(int)
        for x in range(self.width()):
            part = values[edges[x] : max(edges[x + 1], edges[x] + 1)]
            value = float(part[np.abs(part).argmax()])
            top, bottom = sorted((zero, zero - value * scale))
            painter.fillRect(
                QRectF(x, top, 1, bottom - top), colour("plus" if value > 0 else "minus")
            )
        painter.fillRect(QRectF(0, round(zero), self.width(), 1), colour("muted", 0.6))


class ClassColumns(QWidget):
    """Classes with their weights, in columns side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: tuple[tuple[ClassRow, ...], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Classes with the largest and the smallest weights")

    def set_columns(self, columns: Sequence[Sequence[ClassRow]]) -> None:
        self._columns = tuple(map(tuple, columns))
        words = (f"{row.name} {row.text}" for column in self._columns for row in column)
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def columns(self) -> tuple[tuple[ClassRow, ...], ...]:
        return self._columns

    def sizeHint(self) -> QSize:
        rows = max(map(len, self._columns), default=0)
        return QSize(240, round(rows * ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def _width(self) -> float:
        count = max(len(self._columns), 1)
        return (self.width() - GAP * (count - 1)) / count

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        width = self._width()
        for number, column in enumerate(self._columns):
            left = number * (width + GAP)
            for place, row in enumerate(column):
                self._paint_row(painter, QRectF(left, place * ROW, width, ROW), row)

    def _paint_row(self, painter: QPainter, area: QRectF, row: ClassRow) -> None:
        note = NOTE_PX if row.note else 0.0
        painter.setFont(font())
        painter.setPen(colour("text"))
        room = area.width() - VALUE_PX - note - 4
        mode = Qt.TextElideMode.ElideRight
        name = elided(painter.fontMetrics(), row.name, mode, round(room))
        painter.drawText(area, _LEFT, name)
        painter.setPen(colour("muted"))
        painter.drawText(area.adjusted(0, 0, -note, 0), _RIGHT, row.text)
        painter.setFont(font(Size.SMALL))
        painter.drawText(area, _RIGHT, row.note)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = int(event.pos().x() // (self._width() + GAP))
            place = int(event.pos().y() // ROW)
            here = number < len(self._columns) and place < len(self._columns[number])
            text = self._columns[number][place].tip if here else ""
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text, self)
            return True
        return super().event(event)
