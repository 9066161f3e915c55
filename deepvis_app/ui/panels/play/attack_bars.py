"""Bars of an attack: scores before and after, and how far every layer moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.ui.panels.play.attack_look import Moved, PairedScore

MIDDLE, RIGHT = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
ROW, ROWS, BAR = 28.0, 5, 5.0
NAME_SHARE, NUMBERS_PX = 0.38, 108.0
CAPTION = 18.0


class PairedBars(QWidget):
    """Two bars a class: what it was in grey, what it is in the accent."""

    def __init__(self) -> None:
        super().__init__()
        self._scores: tuple[PairedScore, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scores of input and result")

    def set_scores(self, scores: Sequence[PairedScore]) -> None:
        self._scores = tuple(scores)
        told = (f"{each.name} {each.before} to {each.after}" for each in scores)
        self.setAccessibleDescription(", ".join(told))
        self.update()

    def scores(self) -> tuple[PairedScore, ...]:
        return self._scores

    def sizeHint(self) -> QSize:
        return QSize(280, round(ROW * ROWS))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = float(self.width())
        left = NAME_SHARE * wide
        room = wide - left - NUMBERS_PX
        for place, score in enumerate(self._scores):
            top = place * ROW
            weight = QFont.Weight.DemiBold if score.is_strong else QFont.Weight.Normal
            painter.setFont(font(weight=weight))
            painter.setPen(colour("text"))
            mode = Qt.TextElideMode.ElideRight
            name = elided(painter.fontMetrics(), score.name, mode, round(left - 8))
            painter.drawText(QRectF(0, top, left, ROW), int(MIDDLE), name)
            painter.setFont(font())
            half = NUMBERS_PX / 2
            for text, shade, x in ((score.before, "muted", half * 2), (score.after, "text", half)):
                painter.setPen(colour(shade))
                painter.drawText(QRectF(wide - x, top, half, ROW), int(MIDDLE | RIGHT), text)
            painter.setPen(colour("muted"))
            arrow = QRectF(wide - half, top, half * 0.4, ROW)
            painter.drawText(arrow, int(MIDDLE | RIGHT), "→")
            painter.setPen(Qt.PenStyle.NoPen)
            for line, (share, shade) in enumerate(((score.start, "muted"), (score.end, "accent"))):
                trough = QRectF(left, top + ROW / 2 - BAR - 1 + line * (BAR + 2), room, BAR)
                painter.setBrush(colour("control"))
                painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
                trough.setWidth(room * min(max(share, 0.0), 1.0))
                painter.setBrush(colour(shade))
                painter.drawRoundedRect(trough, BAR / 2, BAR / 2)


class MovedBars(QWidget):
    """Two bars a layer, side by side: by the change, and by noise of its size."""

    def __init__(self) -> None:
        super().__init__()
        self._moved: tuple[Moved, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("How far every layer moves")

    def set_moved(self, moved: Sequence[Moved]) -> None:
        self._moved = tuple(moved)
        told = (f"{m.name} {m.change:.0f} percent, noise {m.noise:.0f}" for m in moved)
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def moved(self) -> tuple[Moved, ...]:
        return self._moved

    def sizeHint(self) -> QSize:
        return QSize(400, 132)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self.height() - CAPTION
        painter.fillRect(QRectF(0, ground, self.width(), 1), colour("line"))
        if not self._moved:
            return
        most = max(max(m.change, m.noise) for m in self._moved) or 1.0
        pitch, tall = self.width() / len(self._moved), ground - CAPTION
        bar = min(14.0, pitch / 3)
        highest = max(self._moved, key=lambda m: m.change)
        for place, each in enumerate(self._moved):
            middle = (place + 0.5) * pitch
            painter.setPen(Qt.PenStyle.NoPen)
            for x, value, shade in (
                (middle - bar - 1, each.change, "accent"),
                (middle + 1, each.noise, "muted"),
            ):
                height = max(tall * value / most, 1.0)
                painter.setBrush(colour(shade))
                painter.drawRoundedRect(QRectF(x, ground - height, bar, height), 2, 2)
            painter.setFont(font(Size.CAPTION))
            painter.setPen(colour("text"))
            top = ground - max(tall * each.change / most, 1.0) - CAPTION
            box = QRectF(middle - bar - 16, top, bar + 30, CAPTION)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), f"{each.change:.0f}")
            painter.setPen(colour("text" if each is highest else "muted"))
            mode = Qt.TextElideMode.ElideLeft  # the end of a name tells layers apart
            name = elided(painter.fontMetrics(), each.name, mode, round(pitch - 4))
            under = QRectF(place * pitch, ground + 2, pitch, CAPTION - 2)
            painter.drawText(under, int(Qt.AlignmentFlag.AlignCenter), name)
