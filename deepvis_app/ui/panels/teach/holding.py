"""Keys that are held: when they go down and when they come up, whatever has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QKeyCombination, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget

from deepvis_app.ui.kit.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence


class HeldKeys(QObject):
    """Tells of the keys of some actions of a window, while it is on.

    A shortcut tells only that a key went down. So the events of the widget with the focus are
    looked at, before its shortcuts are; the keys are those that the actions have by then. A key
    that repeats itself by being held goes down once. Whoever types keeps them, and so does a card
    that lies over the window. Where the focus goes elsewhere, a held key counts as let go.
    """

    pressed = pyqtSignal(int)  # number of the action
    released = pyqtSignal()  # the key came up
    lost = pyqtSignal()  # the focus went elsewhere

    def __init__(self, owner: QWidget, actions: Sequence[str]) -> None:
        super().__init__(owner)
        self._owner, self._names = owner, tuple(actions)
        self._held: int | None = None  # the key that is down
        self._watched: QWidget | None = None
        self._actions: dict[str, QAction] = {}  # as far as they were needed
        self._is_on = False

    def set_on(self, is_on: bool) -> None:
        app = QApplication.instance()
        if is_on == self._is_on or not isinstance(app, QApplication):
            return
        self._is_on = is_on
        if is_on:
            app.focusChanged.connect(self._follow)
            self._watch(app.focusWidget() or self._owner.window())
        else:
            app.focusChanged.disconnect(self._follow)
            self._watch(None)
            self._let_go()

    def keys(self) -> tuple[str, ...]:
        """Return the first key of each action as one reads it, "" for none."""
        found = (self._action(name) for name in self._names)
        return tuple("" if one is None else one.shortcut().toString() for one in found)

    def _action(self, name: str) -> QAction | None:
        window = self._owner.window()
        if name not in self._actions and window is not None:
            found = window.findChild(QAction, name)
            if found is not None:
                self._actions[name] = found
        return self._actions.get(name)

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        self._watch(new or self._owner.window())
        self._let_go()

    def _watch(self, widget: QWidget | None) -> None:
        if self._watched is not None:
            self._watched.removeEventFilter(self)
            self._watched.destroyed.disconnect(self._forget)
        self._watched = widget
        if widget is not None:
            widget.installEventFilter(self)
            widget.destroyed.connect(self._forget)

    def _forget(self) -> None:
        self._watched = None

    def _let_go(self) -> None:
        if self._held is not None:
            self._held = None
            self.lost.emit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        kind = event.type()
        if kind == QEvent.Type.KeyRelease:
            return self._came_up(event)
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        place = self._place(event)
        if place is None or self._keeps(watched):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()  # it comes as a key then, not as a shortcut
        elif not event.isAutoRepeat() and self._held is None:
            self._held = event.key()
            self.pressed.emit(place)
        return True

    def _came_up(self, event: QKeyEvent) -> bool:
        if event.key() != self._held:
            return False
        if not event.isAutoRepeat():
            self._held = None
            self.released.emit()
        return True

    def _place(self, event: QKeyEvent) -> int | None:
        """Return the number of the action that has a key."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        pressed = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
        for place, name in enumerate(self._names):
            action = self._action(name)
            if action is not None and action.isEnabled() and pressed in action.shortcuts():
                return place
        return None

    def _keeps(self, widget: QWidget) -> bool:
        """Tell whether a widget wants keys for itself, or is of another window or a card."""
        if isinstance(widget, QLineEdit | QAbstractSpinBox):
            return True
        if widget.window() is not self._owner.window():
            return True
        above: QWidget | None = widget
        while above is not None:
            if isinstance(above, Sheet):
                return True
            above = above.parentWidget()
        return False
