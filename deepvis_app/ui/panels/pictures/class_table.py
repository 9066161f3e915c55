"""Which classes a unit tells from all others, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

ROW = 20
HEAD = 18
COLUMNS = (("d′", 44), ("mean", 52), ("hits", 44), ("false", 44))  # from the right end
GAP, BAR = 8, 6


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class' name, the share 0..1 of its bar, and its figures as `COLUMNS` name them."""

    name: str
    share: float
    figures: tuple[str, str, str, str]


class ClassTable(QWidget):
    """Grey bars of d', since they only count; the best class stands first."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[ClassLine, ...] = ()
        self.setAccessibleName("Classes that the unit tells")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: Sequence[ClassLine]) -> None:
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        words = (f"{line.name} d′ {line.figures[0]}" for line in self._lines)
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def lines(self) -> tuple[ClassLine, ...]:
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(240, HEAD + ROW * len(self._lines) if self._lines else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        for box, (title, _) in zip(self._boxes(0, HEAD), COLUMNS, strict=True):
            painter.drawText(box, int(middle | right), title)
        name_width = 0.36 * self.width()
        painter.setFont(font(Size.SMALL))
        metrics = QFontMetricsF(painter.font())
        for place, line in enumerate(self._lines):
            top = HEAD + place * ROW
            boxes = self._boxes(top, ROW)
            trough_end = boxes[0].left()
            name = elided(metrics, line.name, Qt.TextElideMode.ElideRight, name_width - GAP)
            painter.setPen(colour("text"))
            painter.drawText(QRectF(0, top, name_width, ROW), int(middle), name)
            trough = QRectF(name_width, top + (ROW - BAR) / 2, trough_end - name_width, BAR)
            _paint_bar(painter, trough, line.share)
            for number, (box, text) in enumerate(zip(boxes, line.figures, strict=True)):
                painter.setPen(colour("text" if number == 0 else "muted"))
                painter.drawText(box, int(middle | right), text)

    def _boxes(self, top: float, height: float) -> list[QRectF]:
        """Return where the figures of a line stand."""
        left = float(self.width() - sum(width for _, width in COLUMNS))
        boxes = []
        for _, width in COLUMNS:
            boxes.append(QRectF(left, top, width, height))
            left += width
        return boxes


def _paint_bar(painter: QPainter, trough: QRectF, share: float) -> None:
    if trough.width() <= 0:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("control" if active_theme().is_dark else "line"))
    painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
    length = share * trough.width()
    if length > 0.5:
        painter.setBrush(colour("chosen"))
        bar = QRectF(trough.left(), trough.top(), length, BAR)
        painter.drawRoundedRect(bar, min(BAR, length) / 2, BAR / 2)
