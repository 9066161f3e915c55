"""Zoom by wheel, keys and a drag, alike for everything that can be looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, pyqtSignal

from deepvis_app.ui.kit.pictures.zoom import STEP, Zoom

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QKeyEvent, QWheelEvent
    from PyQt6.QtWidgets import QWidget

_K = Qt.Key
BY_KEY = {_K.Key_Plus: STEP, _K.Key_Equal: STEP, _K.Key_Minus: 1 / STEP}
SHARE = 0.125  # of what is shown, that an arrow moves
ARROWS = {
    _K.Key_Left: (-SHARE, 0.0),
    _K.Key_Right: (SHARE, 0.0),
    _K.Key_Up: (0.0, -SHARE),
    _K.Key_Down: (0.0, SHARE),
}
SLACK = 4  # pixels that a click may move


class Zooming(QObject):
    """What of a widget's `area` is shown; `most` times it may be enlarged just now.

    The wheel is left to the page around it, except with Ctrl, or while the widget has the focus,
    so that what lies under the pointer on the way stays as it is.
    """

    changed = pyqtSignal()

    def __init__(
        self, widget: QWidget, area: Callable[[], QRectF], most: Callable[[], float]
    ) -> None:
        super().__init__(widget)
        self.zoom = Zoom()
        self._widget, self._area, self._most = widget, area, most
        self._wheel_zooms = False
        self._held: QPointF | None = None
        self._moved = False
        self._cursor: Qt.CursorShape | None = None

    @property
    def is_held(self) -> bool:
        return self._held is not None

    @property
    def is_dragging(self) -> bool:
        return self._held is not None and self._moved

    def set_wheel_zooms(self, zooms: bool) -> None:
        """Let the wheel zoom and leave Ctrl + wheel to the page; False: the other way round."""
        self._wheel_zooms = zooms

    def set(self, zoom: Zoom) -> None:
        if zoom != self.zoom:
            self.zoom = zoom
            self.changed.emit()

    def reset(self) -> None:
        """Show the whole again."""
        self.set(Zoom())

    def by(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge about a point of the widget, else about the middle."""
        area = self._area()
        if area.isEmpty():
            return
        at = at or area.center()
        x, y = (at.x() - area.left()) / area.width(), (at.y() - area.top()) / area.height()
        self.set(self.zoom.about(min(max(x, 0), 1), min(max(y, 0), 1), factor, self._most()))

    # Events

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom, or leave the event to what the widget lies in."""
        with_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if with_control == self._wheel_zooms and not self._widget.hasFocus():
            event.ignore()
            return
        self.by(STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def press(self, at: QPointF) -> bool:
        """Take hold of what is enlarged; return whether there is something to hold."""
        if self.zoom.is_whole:
            return False
        self._held, self._moved = at, False
        self._show_cursor(Qt.CursorShape.ClosedHandCursor)
        return True

    def drag(self, to: QPointF) -> bool:
        """Move with the pointer; return whether something is held."""
        if self._held is None:
            return False
        way = self._held - to
        if self._moved or way.manhattanLength() > SLACK:
            self._moved, self._held = True, to
            area = self._area()
            self.set(self.zoom.moved(way.x() / area.width(), way.y() / area.height()))
        return True

    def release(self) -> bool:
        """Let go; return whether it was moved, and so was no click."""
        was_moved = self.is_dragging
        self._held = None
        self._show_cursor(None)
        return was_moved

    def takes(self, event: QKeyEvent) -> bool:
        """Tell whether a key is one for the zoom and so no shortcut of the window."""
        return (
            event.type() == QEvent.Type.ShortcutOverride
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            and self._has_use(event.key())
        )

    def key(self, key: int) -> bool:
        """Do what a key stands for; return whether it stands for something."""
        if not self._has_use(key):
            return False
        if key in BY_KEY:
            self.by(BY_KEY[Qt.Key(key)])
        elif key in ARROWS:
            self.set(self.zoom.moved(*ARROWS[Qt.Key(key)]))
        else:
            self.reset()
        return True

    def _has_use(self, key: int) -> bool:
        return key in BY_KEY or (not self.zoom.is_whole and (key in ARROWS or key == _K.Key_0))

    def _show_cursor(self, shape: Qt.CursorShape | None) -> None:
        if shape is not None:
            self._cursor = self._widget.cursor().shape()
            self._widget.setCursor(shape)
        elif self._cursor is not None:
            self._widget.setCursor(self._cursor)
            self._cursor = None
