"""Widgets are tested in the dark theme, as the window opens, with events of our own making."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QAbstractScrollArea, QApplication

from deepvis_app.ui.kit.theme import DARK, apply_theme

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

NO_KEYS = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def dark_theme(qapp: QApplication) -> None:
    apply_theme(qapp, DARK)


@pytest.fixture
def mouse() -> Mouse:
    return Mouse()


class Mouse:
    """Mouse events sent straight to a widget, so that no window manager is in the way."""

    def send(
        self,
        widget: QWidget,
        kind: QEvent.Type,
        at: QPointF,
        button: Qt.MouseButton = Qt.MouseButton.NoButton,
        keys: Qt.KeyboardModifier = NO_KEYS,
    ) -> None:
        if isinstance(widget, QAbstractScrollArea) and (viewport := widget.viewport()) is not None:
            widget = viewport  # where a real mouse is
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        QApplication.sendEvent(
            widget, QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), button, held, keys)
        )

    def hover(self, widget: QWidget, at: QPointF) -> None:
        self.send(widget, QEvent.Type.MouseMove, at)

    def press(
        self,
        widget: QWidget,
        at: QPointF,
        button: Qt.MouseButton = LEFT,
        keys: Qt.KeyboardModifier = NO_KEYS,
    ) -> None:
        self.send(widget, QEvent.Type.MouseButtonPress, at, button, keys)

    def drag(self, widget: QWidget, at: QPointF, button: Qt.MouseButton = LEFT) -> None:
        self.send(widget, QEvent.Type.MouseMove, at, button)

    def release(self, widget: QWidget, at: QPointF, button: Qt.MouseButton = LEFT) -> None:
        self.send(widget, QEvent.Type.MouseButtonRelease, at, button)

    def click(
        self,
        widget: QWidget,
        at: QPointF,
        button: Qt.MouseButton = LEFT,
        keys: Qt.KeyboardModifier = NO_KEYS,
    ) -> None:
        self.press(widget, at, button, keys)
        self.release(widget, at, button)

    def double_click(self, widget: QWidget, at: QPointF) -> None:
        self.click(widget, at)
        self.send(widget, QEvent.Type.MouseButtonDblClick, at, LEFT)
        self.release(widget, at)

    def leave(self, widget: QWidget) -> None:
        QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))

    def wheel(
        self, widget: QWidget, at: QPointF, notches: float, keys: Qt.KeyboardModifier = NO_KEYS
    ) -> None:
        event = QWheelEvent(
            at,
            QPointF(widget.mapToGlobal(at)),
            QPoint(),
            QPoint(0, round(120 * notches)),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)
