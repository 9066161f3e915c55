"""Paints the cells of the table of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter
from PyQt6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.ui.panels.grid.table.columns import PICTURES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtCore import QModelIndex, QObject
    from PyQt6.QtGui import QImage

    from deepvis_app.ui.panels.grid.table.columns import Column
    from deepvis_app.ui.panels.grid.table.model import UnitModel
    from deepvis_app.ui.panels.grid.table.rows import UnitRows

ROW = 31
SIDE = 26  # of a map and a photograph
PAD = 6
BAR = 6.0
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
VALUE, SHORT = 44.0, 30.0  # of a number beside its bar, and of one below 1


class UnitDelegate(QStyledItemDelegate):
    """Paints from the rows themselves: Qt's own options are not asked for.

    `image` gives a cell's picture, (image, part of it) or None.
    """

    def __init__(self, parent: QObject, model: UnitModel) -> None:
        super().__init__(parent)
        self._model = model
        self.picked: int | None = None  # a row
        self.hot = -1  # the line under the pointer
        self.image: Callable[[int, Kind], tuple[QImage, QRect] | None] = lambda _r, _k: None

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        return QSize(48, ROW)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        model = self._model
        row, number = model.row_at(index.row()), index.column()
        if painter is None or row is None or model.rows is None or number >= len(model.columns):
            return
        column, rect = model.columns[number], option.rect
        is_picked = row == self.picked
        if is_picked or index.row() == self.hot:
            painter.fillRect(rect, colour("control_hover" if is_picked else "control"))
        if is_picked and number == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), colour("accent"))
        area = QRectF(rect).adjusted(PAD, 0, -PAD, 0)
        if column.kind in PICTURES:
            self._paint_image(painter, rect, row, column.kind)
        elif column.kind is Kind.BAR:
            self._paint_bar(painter, area, model.rows, row, column, is_picked=is_picked)
        elif column.kind is Kind.NAME:
            _paint_names(painter, area, *_names(model.rows, row, column))
        elif column.kind is Kind.TWIN:
            unit, _, r = model.rows.text(row, column.key).partition(" ")
            _paint_names(painter, area, unit, r)
        elif column.kind is Kind.UNIT:
            _paint_unit(painter, area, model.rows, row)
        else:
            painter.setFont(font())
            painter.setPen(colour("text" if is_picked else "muted"))
            painter.drawText(area, _RIGHT, model.rows.text(row, column.key))

    def _paint_image(self, painter: QPainter, rect: QRect, row: int, kind: Kind) -> None:
        square = QRect(0, 0, SIDE, SIDE)
        square.moveCenter(rect.center())
        found = self.image(row, kind)
        if found is None:
            painter.fillRect(square, colour("control"))
            return
        image, part = found
        ratio = painter.device().devicePixelRatioF()  # type: ignore[union-attr]
        target = QRectF(0, 0, part.width() / ratio, part.height() / ratio)
        target.moveCenter(QPointF(square.center()) + QPointF(0.5, 0.5))
        corner = target.topLeft().toPoint()
        painter.drawImage(QRectF(QPointF(corner), target.size()), image, QRectF(part))

    def _paint_bar(
        self,
        painter: QPainter,
        area: QRectF,
        rows: UnitRows,
        row: int,
        column: Column,
        *,
        is_picked: bool,
    ) -> None:
        text = rows.text(row, column.key)
        painter.setFont(font())
        painter.setPen(colour("text"))
        painter.drawText(area, _RIGHT, text)
        length = area.width() - (VALUE if column.is_live else SHORT) - PAD
        if length < 12:
            return
        trough = QRectF(area.left(), area.center().y() - BAR / 2, length, BAR)
        painter.fillRect(trough, colour("line"))
        share = rows.share(row, column.key)
        if share > 0:
            shade = "accent" if is_picked and column.is_live else "muted"
            bar = QRectF(trough.left(), trough.top(), max(share * length, 1.0), BAR)
            painter.fillRect(bar, colour(shade))


def _names(rows: UnitRows, row: int, column: Column) -> tuple[str, str]:
    if column.key == "class":
        return rows.labels[row], ""
    best, picture = rows.best[row], rows.picture[row]
    return best or ("" if picture else "–"), picture


def _paint_unit(painter: QPainter, area: QRectF, rows: UnitRows, row: int) -> None:
    """Paint a unit's number, after its layer where there are several."""
    kind = font(weight=QFont.Weight.DemiBold)
    painter.setFont(kind)
    painter.setPen(colour("text"))
    number = str(rows.unit[row])
    painter.drawText(area, _RIGHT, number)
    if len(rows.layers) > 1:
        room = area.width() - QFontMetricsF(kind).horizontalAdvance(number) - PAD
        small = font(Size.SMALL)
        mode = Qt.TextElideMode.ElideMiddle
        name = elided(QFontMetricsF(small), rows.layers[rows.layer_of[row]], mode, room)
        painter.setFont(small)
        painter.setPen(colour("muted"))
        painter.drawText(area, _LEFT, name)


def _paint_names(painter: QPainter, area: QRectF, first: str, second: str) -> None:
    """Paint a word, and behind it a quieter one as far as there is room."""
    kind, small = font(), font(Size.SMALL)
    metrics, mode = QFontMetricsF(kind), Qt.TextElideMode.ElideRight
    shown = elided(metrics, first, mode, area.width())
    painter.setFont(kind)
    painter.setPen(colour("text"))
    painter.drawText(area, _LEFT, shown)
    used = metrics.horizontalAdvance(shown) + PAD if shown else 0.0
    rest = QRectF(area.left() + used, area.top(), area.width() - used, area.height())
    if second and rest.width() > 12:
        painter.setFont(small)
        painter.setPen(colour("muted"))
        painter.drawText(rest, _LEFT, elided(QFontMetricsF(small), second, mode, rest.width()))
