"""What a pointer does on a map: it pans, encircles or clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PyQt6.QtCore import QObject, QPointF, Qt, pyqtSignal

from deepvis_app.ui.kit.pictures.zooming import SLACK
from deepvis_app.ui.kit.scatter.lasso import Lasso

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QMouseEvent
    from PyQt6.QtWidgets import QWidget

Tool = Literal["pan", "lasso"]
_B, _C = Qt.MouseButton, Qt.CursorShape


class Hand(QObject):
    """The middle button pans whatever the tool, and so does the left one while Space is held."""

    panned = pyqtSignal(float, float)  # logical pixels that lie further right and down
    clicked = pyqtSignal(QPointF, object)  # where, Qt.KeyboardModifier
    enclosed = pyqtSignal(object, bool)  # corners (K, 2) in the map's units; adds
    changed = pyqtSignal()  # the line that is drawn

    def __init__(self, widget: QWidget, to_map: Callable[[QPointF], tuple[float, float]]) -> None:
        super().__init__(widget)
        self._widget, self._to_map = widget, to_map
        self._tool: Tool = "pan"
        self._has_space = False
        self._held: QPointF | None = None  # where the map was taken hold of last
        self._pressed: QPointF | None = None  # while it may be a click
        self.lasso: Lasso | None = None
        self._show()

    @property
    def is_busy(self) -> bool:
        return self._held is not None or self.lasso is not None

    @property
    def encircles(self) -> bool:
        """Whether the tool is the lasso."""
        return self._tool == "lasso"

    def set_tool(self, tool: Tool) -> None:
        if tool != self._tool:  # said again, it leaves alone what is being drawn
            self._tool = tool
            self.drop()

    def hold_space(self, held: bool) -> None:
        if held != self._has_space:
            self._has_space = held
            self._show()

    def press(self, event: QMouseEvent) -> None:
        at, is_left = event.position(), event.button() == _B.LeftButton
        if event.button() == _B.MiddleButton or (is_left and self._pans):
            self._held, self.lasso = at, None
        elif is_left:
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.lasso = Lasso(adds, self._to_map(at), at)
        else:
            return
        self._pressed = at
        self._show()

    def drag(self, at: QPointF) -> bool:
        """Go along with the pointer; return whether something is held or drawn."""
        if not self.is_busy:
            return False
        if self._pressed is not None and (at - self._pressed).manhattanLength() <= SLACK:
            return True
        self._pressed = None
        if self._held is not None:
            way, self._held = self._held - at, at
            self.panned.emit(way.x(), way.y())
        elif self.lasso is not None and self.lasso.go_to(self._to_map(at), at):
            self.changed.emit()
        return True

    def release(self, event: QMouseEvent) -> None:
        if not self.is_busy:
            return
        is_click, lasso = self._pressed is not None, self.lasso
        self.drop()
        if is_click and event.button() == _B.LeftButton:
            self.clicked.emit(event.position(), event.modifiers())
        elif lasso is not None and lasso.encloses:
            self.enclosed.emit(lasso.outline(), lasso.adds)

    def drop(self) -> bool:
        """Let go of what is held or drawn; return whether there was something."""
        was_busy = self.is_busy
        self._held = self.lasso = self._pressed = None
        self._show()
        self.changed.emit()
        return was_busy

    @property
    def _pans(self) -> bool:
        return self._tool == "pan" or self._has_space

    def _show(self) -> None:
        free = _C.OpenHandCursor if self._pans else _C.CrossCursor
        self._widget.setCursor(free if self._held is None else _C.ClosedHandCursor)
