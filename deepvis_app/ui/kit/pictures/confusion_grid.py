"""What is, in rows, against what was said, in columns: counts, shaded by the share of their row."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QPainter

from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus, paint_outline
from deepvis_app.ui.kit.pictures.cell_grid import CellGrid
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    Counts = NDArray[np.int64]

ROW, HEAD = 18, 18
WIDEST, LEAST, GUTTER = 34, 10, 84
_PRESSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


def row_shares(counts: Counts) -> NDArray[np.float64]:
    """Return counts (C, C) as shares of their rows; 0 in a row without any."""
    totals = counts.sum(1, keepdims=True)
    found: NDArray[np.float64] = counts / np.maximum(totals, 1)
    return found


class ConfusionGrid(CellGrid):
    """A click or Enter picks a cell; pointing tells it in words."""

    picked = pyqtSignal(int, int)  # what it is, what was said

    def __init__(self, name: str) -> None:
        super().__init__(1, name)
        self._counts: Counts = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._empty = ("", "")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_counts(self, counts: Counts | None, names: Sequence[str] = ()) -> None:
        """Show counts (C, C), rows what is and columns what was said; None: there are none."""
        found = np.zeros((0, 0), np.int64) if counts is None else counts
        is_resized = found.shape != self._counts.shape
        self._counts = found
        given = tuple(names)
        self._names = tuple(given[k] if k < len(given) else str(k) for k in range(len(found)))
        self._columns = max(len(found), 1)
        right = int(np.trace(found))
        self.setAccessibleDescription(f"{right} of {int(found.sum())} right" if len(found) else "")
        self._take_count(is_resized=is_resized)

    def set_notice(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def counts(self) -> Counts:
        return self._counts

    def count(self) -> int:
        return self._counts.size

    # Where what lies

    def _gutter(self) -> int:
        metrics = QFontMetricsF(font(Size.CAPTION))
        widest = max(map(metrics.horizontalAdvance, self._names), default=0.0)
        return min(ceil(widest) + 9, GUTTER)

    def _cell(self) -> int:
        room = (self.width() - self._gutter()) // self._columns
        return max(min(room, WIDEST), LEAST)

    def cell_rect(self, index: int) -> QRectF:
        row, column = divmod(index, self._columns)
        wide = self._cell()
        return QRectF(self._gutter() + column * wide, HEAD + row * ROW, wide - 1, ROW - 1)

    def heightForWidth(self, _width: int) -> int:
        return HEAD + max(len(self._counts), 4) * ROW

    def minimumSizeHint(self) -> QSize:
        wide = self._gutter() + LEAST * self._columns
        return QSize(min(wide, 400), self.heightForWidth(0))

    # Painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if not self.count():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        self._paint_names(painter)
        for index, share in enumerate(row_shares(self._counts).ravel().tolist()):
            self._paint_cell(painter, index, share)
        for framed, width in ((self._marked, 1.5), (self._hovered, 1.0)):
            if framed is not None and framed < self.count():
                paint_outline(painter, self.cell_rect(framed), active_theme().mark, width)
        if self._hovered is not None:
            bounds = QRectF(self.rect())
            paint_bubble(painter, self.tip(self._hovered), self.cell_rect(self._hovered), bounds)
        if self.shows_focus:
            paint_focus(painter, self.cell_rect(self._cursor), 2)

    def _paint_cell(self, painter: QPainter, index: int, share: float) -> None:
        rect = self.cell_rect(index)
        painter.fillRect(rect, colour("control"))
        count = int(self._counts.flat[index])
        if not count:
            return
        is_right = index % (self._columns + 1) == 0
        painter.fillRect(rect, colour("plus" if is_right else "minus", 0.12 + 0.5 * share))
        painter.setFont(font(Size.CAPTION))
        text = str(count)
        if painter.fontMetrics().horizontalAdvance(text) <= rect.width():
            painter.setPen(colour("text"))
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_names(self, painter: QPainter) -> None:
        painter.setFont(font(Size.CAPTION))
        metrics = painter.fontMetrics()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        mode = Qt.TextElideMode.ElideRight
        hot = divmod(self._hovered, self._columns) if self._hovered is not None else (-1, -1)
        for place, name in enumerate(self._names):
            row = self.cell_rect(place * self._columns)
            painter.setPen(colour("text" if place == hot[0] else "muted"))
            box = QRectF(0, row.top(), row.left() - 8, row.height())
            painter.drawText(box, int(right), elided(metrics, name, mode, int(box.width())))
            column = self.cell_rect(place)
            painter.setPen(colour("text" if place == hot[1] else "muted"))
            box = QRectF(column.left(), 0, column.width(), HEAD)
            words = name if metrics.horizontalAdvance(name) <= column.width() else name[:2]
            if metrics.horizontalAdvance(words) <= column.width():
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    def tip(self, index: int) -> Tip:
        """Return what is told of a cell."""
        row, column = divmod(index, self._columns)
        count, total = int(self._counts[row, column]), int(self._counts[row].sum())
        share = f"{count / total:.0%}".replace("%", " %") if total else "–"
        said = "said so" if row == column else f"said {self._names[column]}"
        return Tip(f"Is {self._names[row]}", (((said, ""),), ((f"{count} of {total}", share),)))

    # Pointing and keys

    def _tip(self, _index: int) -> str:
        return ""  # painted at once

    def _pick(self, index: int | None) -> None:
        if index is not None:
            self._cursor = index
            row, column = divmod(index, self._columns)
            self.picked.emit(row, column)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.index_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _PRESSES and self.count():
            self._pick(self._cursor)
        elif not self._move(event.key()):
            super().keyPressEvent(event)
