"""The head of the table of units: names, how each figure is spread, and the picked unit's place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter
from PyQt6.QtWidgets import QHeaderView

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.ui.panels.grid.table.columns import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.panels.grid.table.model import UnitModel

    Spread = tuple[NDArray[np.int64], float | None]

HEIGHT = 46
BARS = 16  # px high
PAD = 6
WIDEST = 72  # of a histogram


class UnitHead(QHeaderView):
    """A click sorts; the sorted column has an arrow. Everything shown comes in by setters."""

    def __init__(self, model: UnitModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._model = model
        self._spreads: Mapping[str, Spread] = {}
        self._sorted, self._is_descending = "", False
        self.setProperty("surface", "flat")
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setFixedHeight(HEIGHT)
        self.setMinimumSectionSize(28)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def set_spreads(self, spreads: Mapping[str, Spread]) -> None:
        """Show how columns' figures are spread, and where (0..1) the picked unit's are."""
        self._spreads = spreads
        if (viewport := self.viewport()) is not None:
            viewport.update()

    def set_sorted(self, key: str, *, descending: bool) -> None:
        if (key, descending) != (self._sorted, self._is_descending):
            self._sorted, self._is_descending = key, descending
            if (viewport := self.viewport()) is not None:
                viewport.update()

    def needs(self, column: Column) -> int:
        """Return the pixels of its title and the arrow; a name's may be cut, as the name is."""
        if column.kind is Kind.NAME or not column.title:
            return 0
        wide = QFontMetricsF(_font()).horizontalAdvance(f"{column.title} ▾")
        return math.ceil(wide) + 2 * PAD

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEIGHT)

    def paintSection(self, painter: QPainter | None, rect: QRect, section: int) -> None:  # noqa: N802
        if painter is None or section >= len(self._model.columns):
            return
        column = self._model.columns[section]
        painter.fillRect(rect, colour("background"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colour("line"))
        area = QRectF(rect).adjusted(PAD, 4, -PAD, -3)
        is_sorted = column.key == self._sorted
        text = column.title
        if is_sorted:
            text = f"{text} {'▾' if self._is_descending else '▴'}".strip()
        kind = _font()
        painter.setFont(kind)
        painter.setPen(colour("text" if is_sorted else "muted"))
        is_number = column.kind in (Kind.NUMBER, Kind.UNIT)
        side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
        shown = elided(QFontMetricsF(kind), text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(side | Qt.AlignmentFlag.AlignTop), shown)
        counts, place = self._spreads.get(column.key, (None, None))
        if counts is not None and len(counts) and counts.max():
            room = QRectF(area.left(), area.bottom() - BARS, min(area.width(), WIDEST), BARS)
            if is_number:
                room.moveRight(area.right())
            _paint_spread(painter, room, counts, place)


def _font() -> QFont:
    return font(Size.SMALL, QFont.Weight.DemiBold)


def _paint_spread(
    painter: QPainter, room: QRectF, counts: NDArray[np.int64], place: float | None
) -> None:
    """Paint bars of the roots of counts: what is rare can be seen beside what is not."""
    width = room.width() / len(counts)
    most = float(counts.max()) ** 0.5
    shade = colour("muted", 0.7)
    for number, count in enumerate(counts.tolist()):
        if count:
            tall = max(count**0.5 / most * room.height(), 1.0)
            left = room.left() + number * width
            painter.fillRect(QRectF(left, room.bottom() - tall, max(width - 1, 1), tall), shade)
    if place is not None:
        left = room.left() + place * (room.width() - 2)
        painter.fillRect(QRectF(left, room.top(), 2, room.height()), colour("accent"))
