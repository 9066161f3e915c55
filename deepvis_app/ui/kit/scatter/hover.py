"""Which point the pointer rests on: told after a moment, so that a way across tells nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QPointF, QTimer, pyqtSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

REST_MS = 150
NONE = -1


class Hover(QObject):
    """`place_at` finds what lies at a logical pixel, -1 where nothing does."""

    changed = pyqtSignal(int)

    def __init__(self, widget: QWidget, place_at: Callable[[QPointF], int]) -> None:
        super().__init__(widget)
        self._place_at = place_at
        self._pointer: QPointF | None = None
        self._place = NONE
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(lambda: self._set(self._under()))

    def move(self, at: QPointF) -> None:
        """Take where the pointer is; what it has left is told of at once."""
        self._pointer = at
        self.look_again()

    def look_again(self) -> None:
        """Look what lies under a pointer that may not have moved."""
        if self._pointer is None:
            return
        if self._place != NONE and self._under() != self._place:
            self._set(NONE)
        self._rest.start()

    def point(self, place: int) -> None:
        """Point at something by key; at nothing any more: what the pointer is on stays."""
        if place == NONE and self._pointer is not None:
            return
        self._pointer = None
        self._rest.stop()
        self._set(place)

    def leave(self) -> None:
        self._pointer = None
        self._rest.stop()
        self._set(NONE)

    def _under(self) -> int:
        return NONE if self._pointer is None else self._place_at(self._pointer)

    def _set(self, place: int) -> None:
        if place != self._place:
            self._place = place
            self.changed.emit(place)
