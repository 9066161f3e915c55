"""What a picture says instead of, or over, its content: why it is empty, why it is stale."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, colour, font


def paint_empty(painter: QPainter, rect: QRectF, text: str, remedy: str = "") -> None:
    """Paint a sentence in the middle of `rect`, and below it what to do."""
    area = rect.adjusted(16, 8, -16, -8)
    wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
    head, body = font(Size.BODY, QFont.Weight.DemiBold), font(Size.SMALL)
    heights = [
        QFontMetricsF(kind).boundingRect(area, int(wrap), words).height() if words else 0.0
        for kind, words in ((head, text), (body, remedy))
    ]
    gap = 4.0 if remedy else 0.0
    y = area.top() + max(0.0, (area.height() - sum(heights) - gap) / 2)
    painter.save()
    painter.setFont(head)
    painter.setPen(colour("text"))
    painter.drawText(QRectF(area.left(), y, area.width(), heights[0]), int(wrap), text)
    painter.setFont(body)
    painter.setPen(colour("muted"))
    y += heights[0] + gap
    painter.drawText(QRectF(area.left(), y, area.width(), heights[1]), int(wrap), remedy)
    painter.restore()


def paint_stale(painter: QPainter, rect: QRectF, caption: str) -> None:
    """Tint `rect` and say in its lower left corner why it does not show the present."""
    painter.save()
    painter.fillRect(rect, colour("warning", 0.13))
    if caption:
        paint_caption(painter, rect.adjusted(8, 8, -8, -8), caption, "warning")
    painter.restore()


def paint_caption(painter: QPainter, rect: QRectF, caption: str, shade: str) -> None:
    """Paint a small label into the lower left corner of `rect`, cut short where that is narrow."""
    painter.save()
    kind = font(Size.CAPTION)
    letters = QFontMetricsF(kind)
    caption = elided(letters, caption, Qt.TextElideMode.ElideRight, max(rect.width() - 12, 0.0))
    width = letters.horizontalAdvance(caption) + 12
    box = QRectF(rect.left(), rect.bottom() - 20, width, 20)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("pane", 0.9))
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(kind)
    painter.setPen(colour(shade))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), caption)
    painter.restore()
