"""What the colours of points mean: classes by name, or a unit's values from low to high."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.pictures.colour_bar import ColourBar
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.known.map_colours import ColourKey

HEIGHT, DOT, GAP, BETWEEN = 30, 8.0, 6.0, 16.0
BAR_PX = 260


class MapLegend(QWidget):
    """Everything shown comes in by setters."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.keys = _Keys()
        self.bar = ColourBar()
        self.bar.setFixedWidth(BAR_PX)
        self._words = QLabel()
        self._words.setProperty("role", "detail")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(12)
        row.addWidget(self.keys, 1)
        row.addWidget(self._words)
        row.addWidget(self.bar)
        row.addStretch(0)
        self.set_words("")

    def set_keys(self, keys: Sequence[ColourKey]) -> None:
        """Name classes beside their colours."""
        self.keys.set_keys(keys)
        self._show(self.keys)

    def set_scale(
        self, words: str, shades: NDArray[np.uint8], low: float, high: float, *, signed: bool
    ) -> None:
        """Show a palette (256, 3) from low to high, and of what."""
        self.bar.set_colours(shades)
        self.bar.set_range(low, high, signed)
        self._words.setText(words)
        self._show(self.bar)

    def set_words(self, text: str) -> None:
        """Say in place of a legend why there is none."""
        self._words.setText(text)
        self._show(self._words)

    def words(self) -> str:
        return self._words.text()

    def _show(self, part: QWidget) -> None:
        self.keys.setVisible(part is self.keys)
        self.bar.setVisible(part is self.bar)
        self._words.setVisible(part is not self.keys)


class _Keys(QWidget):
    """A dot and a name each, as many as there is room for; the tooltip says how many pictures."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[ColourKey, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Colours of classes")

    def set_keys(self, keys: Sequence[ColourKey]) -> None:
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            said = ", ".join(f"{key.name} {key.count}" for key in keys)
            self.setAccessibleDescription(said)
            self.update()

    def told(self) -> tuple[ColourKey, ...]:
        """Return all of them, shown or not."""
        return self._keys

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def shown(self) -> list[tuple[ColourKey, QRectF]]:
        """Return the keys that there is room for, and where they stand."""
        metrics, found, left = QFontMetricsF(font(Size.CAPTION)), [], 0.0
        for number, key in enumerate(self._keys):
            width = DOT + GAP + metrics.horizontalAdvance(key.name)
            more = metrics.horizontalAdvance(_more(len(self._keys) - number))
            is_last = number == len(self._keys) - 1
            if left + width + (0 if is_last else BETWEEN + more) > self.width():
                break
            found.append((key, QRectF(left, 0, width, self.height())))
            left += width + BETWEEN
        return found

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(Size.CAPTION))
        middle, left = int(Qt.AlignmentFlag.AlignVCenter), 0.0
        shown = self.shown()
        for key, rect in shown:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*key.rgb))
            painter.drawEllipse(QRectF(rect.left(), rect.center().y() - DOT / 2, DOT, DOT))
            painter.setPen(colour("muted"))
            painter.drawText(rect.adjusted(DOT + GAP, 0, 2, 0), middle, key.name)
            left = rect.right() + BETWEEN
        if len(shown) < len(self._keys):
            painter.setPen(colour("muted"))
            rest = QRectF(left, 0, self.width() - left, self.height())
            painter.drawText(rest, middle, _more(len(self._keys) - len(shown)))

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = QPointF(event.pos())
            told = [f"{key.name}: {key.count}" for key, rect in self.shown() if rect.contains(at)]
            if not told:
                told = [f"{key.name}: {key.count}" for key in self._keys]
            QToolTip.showText(event.globalPos() + QPoint(0, 8), "\n".join(told), self)
            return True
        return super().event(event)


def _more(count: int) -> str:
    return f"and {count} more"
