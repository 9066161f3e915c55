"""How many held-out pictures each layer tells right, in the order of computation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QPainter, QPen
from PyQt6.QtWidgets import QSizePolicy

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.pictures.cell_grid import CellGrid
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

HEIGHT, CAPTION = 28, 14
WIDEST = 14.0
_PRESSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Select)


class LayerBars(CellGrid):
    """A bar a layer, from 50% up; a click or Enter picks one."""

    picked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(1, "Accuracy by layer")
        self._layers: tuple[str, ...] = ()
        self._shares: Mapping[str, float] = {}
        self._current = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_shares(self, layers: Sequence[str], shares: Mapping[str, float], current: str) -> None:
        """Show layers with their shares 0 to 1, NaN or none for one that is not known."""
        self._columns = max(len(layers), 1)
        self._layers, self._shares, self._current = tuple(layers), dict(shares), current
        best = self._best()
        self.setAccessibleDescription("" if best is None else f"Best: {self._words(best)}")
        self._take_count(is_resized=False)

    def count(self) -> int:
        return len(self._layers)

    def _best(self) -> int | None:
        known = {k: self._shares.get(name, math.nan) for k, name in enumerate(self._layers)}
        known = {k: share for k, share in known.items() if not math.isnan(share)}
        return max(known, key=lambda k: known[k]) if known else None

    def _words(self, place: int) -> str:
        name = self._layers[place]
        share = self._shares.get(name, math.nan)
        return name if math.isnan(share) else f"{name} {share:.0%}"

    def _tip(self, index: int) -> str:
        return f"{self._words(index)} of held-out pictures right. A click teaches this layer"

    def _pitch(self) -> float:
        return min(self.width() / max(len(self._layers), 1), WIDEST)

    def cell_rect(self, index: int) -> QRectF:
        pitch = self._pitch()
        left, right = round(index * pitch), round((index + 1) * pitch)
        return QRectF(left, 0, right - left, HEIGHT)

    def index_at(self, point: QPointF) -> int | None:
        place = int(point.x() // max(self._pitch(), 1e-6))
        return place if 0 <= place < len(self._layers) and point.y() >= 0 else None

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT + CAPTION)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT + CAPTION)

    def heightForWidth(self, _width: int) -> int:
        return HEIGHT + CAPTION

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        if self._best() is None:
            return
        painter = QPainter(self)
        width = self.cell_rect(len(self._layers) - 1).right() if self._layers else self.width()
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(QPointF(0, HEIGHT - 0.5), QPointF(width, HEIGHT - 0.5))
        for place, name in enumerate(self._layers):
            share = self._shares.get(name, math.nan)
            if math.isnan(share):
                continue
            cell = self.cell_rect(place)
            tall = max((share - 0.5) * 2 * (HEIGHT - 2), 2.0)
            bar = QRectF(cell.left(), HEIGHT - tall, max(cell.width() - 1, 1.0), tall)
            hot = 0.9 if place == self._hovered else 0.5
            is_current = name == self._current
            painter.fillRect(bar, colour("accent") if is_current else colour("muted", hot))
        self._paint_caption(painter)
        if self.shows_focus and self._layers:
            paint_focus(painter, self.cell_rect(self._cursor).adjusted(-2, 0, 2, 0), 2)

    def _paint_caption(self, painter: QPainter) -> None:
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        below = QRectF(0, HEIGHT + 1, self.width(), CAPTION)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), self.caption())

    def caption(self) -> str:
        """Return what is told below the bars, of whose name as much is left out as has no room."""
        best, lead = self._best(), "By layer, from 50%; best "
        if self._hovered is not None and self._hovered < len(self._layers):
            best, lead = self._hovered, ""
        if best is None:
            return ""
        name, words = self._layers[best], self._words(best)
        metrics = QFontMetricsF(font(Size.CAPTION))
        room = self.width() - metrics.horizontalAdvance(f"{lead}{words.removeprefix(name)}")
        shown = elided(metrics, name, Qt.TextElideMode.ElideMiddle, max(room, 0.0))
        return f"{lead}{shown}{words.removeprefix(name)}"

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.index_at(event.position()))

    def _pick(self, place: int | None) -> None:
        if place is not None:
            self._cursor = place
            self.picked.emit(self._layers[place])

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _PRESSES and self._layers:
            self._pick(self._cursor)
        elif not self._move(event.key()):
            super().keyPressEvent(event)
