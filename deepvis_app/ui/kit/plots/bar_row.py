"""Bars side by side, the largest first, one of them picked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QSizePolicy

from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.pictures.cell_grid import CellGrid
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

TALL, CAPTION = 64, 18
WIDEST = 16.0  # of a bar and its gap
_PRESSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class BarRow(CellGrid):
    """`set_bars` takes names and values >= 0; a click or Enter picks a bar by its place there."""

    picked = pyqtSignal(int)

    def __init__(self, name: str) -> None:
        super().__init__(1, name)
        self._names: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self._order: tuple[int, ...] = ()
        self._empty = ("", "")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_bars(self, names: Sequence[str], values: Sequence[float]) -> None:
        """Show them from the largest to the least; those that are no numbers come last, as gaps."""
        self._names, self._values = tuple(names), tuple(values)
        sizes = [v if np.isfinite(v) else -1.0 for v in values]
        self._order = tuple(sorted(range(len(sizes)), key=lambda k: -sizes[k]))
        self._columns = max(len(self._order), 1)
        told = (f"{self._names[k]} {figure(self._values[k])}" for k in self._order[:5])
        self.setAccessibleDescription(", ".join(told))
        self._take_count(is_resized=False)

    def set_notice(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def order(self) -> tuple[int, ...]:
        """Return the places of what was given, as the bars stand."""
        return self._order

    def count(self) -> int:
        return len(self._order)

    def _pitch(self) -> float:
        return min(self.width() / max(len(self._order), 1), WIDEST)

    def cell_rect(self, index: int) -> QRectF:
        pitch = self._pitch()
        left, right = round(index * pitch), round((index + 1) * pitch)
        return QRectF(left, 0, right - left, TALL)

    def heightForWidth(self, _width: int) -> int:
        return TALL + CAPTION

    def minimumSizeHint(self) -> QSize:
        return QSize(120, TALL + CAPTION)

    def _tip(self, _index: int) -> str:
        return ""  # painted at once

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        finite = [v for v in self._values if np.isfinite(v)]
        if not finite:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        most = max(finite) or 1.0
        for place, index in enumerate(self._order):
            value = self._values[index]
            if not np.isfinite(value):
                continue
            cell = self.cell_rect(place)
            height = max(round(value / most * (TALL - 2)), 1)
            gap = 1 if cell.width() > 2 else 0
            bar = QRectF(cell.left(), TALL - height, cell.width() - gap, height)
            is_picked, is_hot = index == self._marked, place == self._hovered
            shade = colour("accent") if is_picked else colour("muted", 0.9 if is_hot else 0.5)
            painter.fillRect(bar, shade)
        self._paint_words(painter)
        if self._hovered is not None and self._hovered < len(self._order):
            index = self._order[self._hovered]
            tip = Tip(self._names[index], ((("", figure(self._values[index])),),))
            paint_bubble(painter, tip, self.cell_rect(self._hovered), QRectF(self.rect()))
        if self.shows_focus:
            paint_focus(painter, self.cell_rect(self._cursor).adjusted(-2, 0, 2, 0), 2)

    def _paint_words(self, painter: QPainter) -> None:
        """Say the picked bar, else the first, at the left, and the last number at the right."""
        told = self._marked if self._marked in self._order else self._order[0]
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        right = self.cell_rect(len(self._order) - 1).right()
        below = QRectF(0, TALL + 2, max(right, 160.0), CAPTION - 2)
        assert told is not None
        words = f"{self._names[told]}: {figure(self._values[told])}"
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), words)
        finite = [self._values[k] for k in self._order if np.isfinite(self._values[k])]
        if len(finite) > 1:
            painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), figure(finite[-1]))

    # Pointing and keys

    def index_at(self, point: QPointF) -> int | None:
        place = int(point.x() // max(self._pitch(), 1e-6))
        return place if 0 <= place < len(self._order) and point.y() >= 0 else None

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.index_at(event.position()))

    def _pick(self, place: int | None) -> None:
        if place is not None:
            self._cursor = place
            self.picked.emit(self._order[place])

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _PRESSES and self._order:
            self._pick(self._cursor)
        elif not self._move(event.key()):
            super().keyPressEvent(event)
