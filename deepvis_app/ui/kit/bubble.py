"""A small painted note beside the cursor: live figures without a window of their own."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from deepvis_app.ui.kit.theme import Size, active_theme, font

PADDING = 10.0
LINE = 17.0
OFFSET = 12.0  # from what it speaks of


@dataclass(frozen=True, slots=True)
class Tip:
    """A title and lines of (muted label, value) pairs; either part of a pair may be empty."""

    title: str
    lines: tuple[tuple[tuple[str, str], ...], ...] = ()


def paint_bubble(painter: QPainter, tip: Tip, beside: QRectF, bounds: QRectF) -> None:
    """Paint `tip` right of `beside` (left of it where there is no room), within `bounds`."""
    rect = bubble_rect(tip, beside, bounds)
    theme = active_theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(theme.line))
    surface = QColor(theme.background if theme.is_dark else theme.control)
    surface.setAlphaF(0.92)
    painter.setBrush(surface)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    at = rect.topLeft() + QPointF(PADDING, 7 + _metrics(bold=True).ascent())
    painter.setFont(_font(bold=True))
    painter.setPen(QColor(theme.text))
    painter.drawText(at, tip.title)
    painter.setFont(_font())
    for line in tip.lines:
        at += QPointF(0, LINE)
        _paint_line(painter, at, line)
    painter.restore()


def bubble_rect(tip: Tip, beside: QRectF, bounds: QRectF) -> QRectF:
    """Return where `paint_bubble` paints."""
    width = max([_metrics(bold=True).horizontalAdvance(tip.title), *map(_line_width, tip.lines)])
    rect = QRectF(0, 0, width + 2 * PADDING, LINE * (1 + len(tip.lines)) + 12)
    rect.moveTopLeft(QPointF(beside.right() + OFFSET, beside.top() - 8))
    if rect.right() > bounds.right():
        rect.moveRight(beside.left() - OFFSET)
    rect.moveLeft(max(rect.left(), bounds.left()))
    rect.moveTop(min(max(rect.top(), bounds.top()), bounds.bottom() - rect.height()))
    return rect


def _paint_line(painter: QPainter, at: QPointF, line: tuple[tuple[str, str], ...]) -> None:
    theme = active_theme()
    x = at.x()
    space = _metrics().horizontalAdvance(" ")
    for label, value in line:
        for text, shade in ((label, theme.muted), (value, theme.text)):
            if text:
                painter.setPen(QColor(shade))
                painter.drawText(QPointF(x, at.y()), text)
                x += _metrics().horizontalAdvance(text) + space


def _line_width(line: tuple[tuple[str, str], ...]) -> float:
    words = [text for pair in line for text in pair if text]
    space = _metrics().horizontalAdvance(" ")
    return sum(map(_metrics().horizontalAdvance, words)) + space * max(len(words) - 1, 0)


def _font(*, bold: bool = False) -> QFont:
    return font(Size.SMALL, QFont.Weight.DemiBold if bold else QFont.Weight.Normal)


def _metrics(*, bold: bool = False) -> QFontMetricsF:
    return QFontMetricsF(_font(bold=bold))
