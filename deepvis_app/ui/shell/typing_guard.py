"""Keys that a control needs itself are no shortcuts while it has the focus; no others are lost."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QWidget,
)

from deepvis_app.ui.kit.row_list import RowList

_K = Qt.Key
UP_AND_DOWN = frozenset(
    {_K.Key_Up, _K.Key_Down, _K.Key_PageUp, _K.Key_PageDown, _K.Key_Home, _K.Key_End}
)
OWN_KEYS: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QAbstractSlider, UP_AND_DOWN | {_K.Key_Left, _K.Key_Right}),
    (QComboBox, UP_AND_DOWN),
    (RowList, frozenset({_K.Key_Up, _K.Key_Down, _K.Key_Home, _K.Key_End})),
    (QAbstractItemView, UP_AND_DOWN | {_K.Key_Return, _K.Key_Enter}),  # of a list that dropped down
)


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
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            is_own = _needs(watched, event)
            if is_own:
                event.accept()  # it is a key for the control, not a shortcut
            return is_own
        if event.type() == QEvent.Type.KeyPress and not _needs(watched, event):
            return _act_from_popup(watched, event)
        return False


def _needs(widget: QWidget, key: QKeyEvent) -> bool:
    """Tell whether a control wants a key for itself."""
    plain = key.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    types = plain in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
    if isinstance(widget, QLineEdit | QAbstractSpinBox):
        return types and key.key() != Qt.Key.Key_Escape
    searches = types and bool(key.text().strip()) and key.text().isprintable()
    takes_letters = getattr(widget, "takes_letters", True)
    if isinstance(widget, QAbstractItemView) and takes_letters and searches:
        return True
    own = next((keys for kind, keys in OWN_KEYS if isinstance(widget, kind)), frozenset())
    return plain == Qt.KeyboardModifier.NoModifier and key.key() in own


def _act_from_popup(widget: QWidget, key: QKeyEvent) -> bool:
    """Do what the key does in the window that a popup dropped down in; Qt lets popups keep keys."""
    popup = widget.window()
    if popup is None or popup.windowType() != Qt.WindowType.Popup or key.key() == _K.Key_Escape:
        return False
    if isinstance(widget, QMenu):
        return False  # it is walked and chosen from by the same keys
    parent = popup.parentWidget()
    window = parent.window() if parent is not None else None
    pressed = QKeySequence(key.keyCombination())
    for action in window.actions() if window is not None else ():
        if action.isEnabled() and pressed in action.shortcuts():
            action.trigger()
            return True
    return False
