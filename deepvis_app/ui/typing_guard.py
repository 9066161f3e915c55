"""Keys that a control needs itself are no shortcuts while it has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent

PRESSES = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)  # keys that press a button


class TypingGuard(QObject):
    """Keeps what is typed or moved from the shortcuts.

    It filters the events of the widget with the focus alone: of the application's, each one would
    wait for Python's lock, dozens a frame.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        app.focusChanged.connect(self._follow)
        self._follow(None, app.focusWidget())

    def _follow(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if new is not None:
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None or event.type() != QEvent.Type.ShortcutOverride:
            return False
        key: QKeyEvent = event  # type: ignore[assignment]
        if isinstance(watched, QAbstractButton) and key.key() in PRESSES:
            key.accept()
            return True
        if not _types(watched):
            return False
        plain = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
        if key.key() == Qt.Key.Key_Escape or key.modifiers() not in plain:
            return False
        key.accept()  # it is a key for the control, not a shortcut
        return True


def _types(widget: QObject | None) -> bool:
    return isinstance(widget, QLineEdit | QAbstractSlider | QAbstractSpinBox | QComboBox)
