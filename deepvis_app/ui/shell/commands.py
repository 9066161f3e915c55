"""What keys do with the window as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractButton, QApplication, QComboBox

from deepvis_app.ui.kit.notices import BRIEF_S

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow


class Commands:
    """The user's wishes by name; the actions around the panels refer to these."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        self._window, self._desk = window, desk

    def undo(self) -> None:
        """Take back what is newest: a removal, else the brush's last stroke."""
        if not self._desk.notices.undo() and not self._desk.options.why.undo_stroke():
            self._desk.notices.say("There is nothing to undo", BRIEF_S)

    def toggle_inspector(self) -> None:
        self._desk.sight.inspect(not self._desk.sight.inspects)

    def toggle_times(self) -> None:
        self._window.status.toggle_details()

    def toggle_help(self) -> None:
        sheet = self._window.help
        sheet.close_sheet() if sheet.is_open() else sheet.open()

    def toggle_fullscreen(self) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def press(self) -> None:
        """Press the control that has the focus; plain keys are the window's."""
        widget = QApplication.focusWidget()
        if isinstance(widget, QAbstractButton):
            widget.click()
        elif isinstance(widget, QComboBox):
            widget.showPopup()
        elif widget is not None:
            none = Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Select, none))

    def quit(self) -> None:
        self._window.close()
