"""The icon set: line drawings on a 16-pixel grid, in the colours of the active theme."""

from __future__ import annotations

from functools import cache

from PyQt6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from deepvis_app.paths import RESOURCES
from deepvis_app.ui.kit.theme import active_theme

ICONS = RESOURCES / "icons"


@cache
def icon_names() -> tuple[str, ...]:
    """Return the names that `icon` knows."""
    return tuple(sorted(path.stem for path in ICONS.glob("*.svg")))


def icon(name: str, colour: str = "") -> QIcon:
    """Return a named icon, crisp at any size and following the theme.

    It is in the text's colour, in the accent while on and muted while disabled; `colour`, a field
    of the theme, is used instead where given. Unknown names raise ValueError.
    """
    if name not in icon_names():
        raise ValueError(f"no icon {name!r}; there are {', '.join(icon_names())}")
    return QIcon(_Engine(name, colour))


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    text = (ICONS / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    return QSvgRenderer(QByteArray(text.encode()))


def paint_icon(painter: QPainter, rect: QRectF, name: str, colour: str) -> None:
    """Paint a named icon into a square in a colour "#rrggbb"."""
    painter.save()
    _renderer(name, colour).render(painter, rect)
    painter.restore()


class _Engine(QIconEngine):
    """Draws the icon anew each time, so it never has the wrong size or theme."""

    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self._name = name
        self._colour = colour

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour)

    def paint(
        self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        if painter is not None:
            side = min(rect.width(), rect.height())
            square = QRectF(0, 0, side, side)
            square.moveCenter(QRectF(rect).center())
            paint_icon(painter, square, self._name, self._shade(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        result = QPixmap(size)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return result

    def _shade(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        theme = active_theme()
        if mode == QIcon.Mode.Disabled:
            return theme.muted
        if self._colour:
            return str(getattr(theme, self._colour))
        return theme.accent if state == QIcon.State.On else theme.text
