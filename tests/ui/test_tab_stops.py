"""Tab gets everywhere, and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.sheet import Sheet
from deepvis_app.ui.panels.grid.table.lines import UnitTable
from deepvis_app.ui.shell.inspector import InspectorView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

FORTH, BACK = Qt.Key.Key_Tab, Qt.Key.Key_Backtab


def window_of(qtbot: QtBot, *widgets: QWidget) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for widget in widgets:
        column.addWidget(widget)
    window.resize(600, 500)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def walked(qtbot: QtBot, key: Qt.Key, count: int) -> list[QWidget | None]:
    found = []
    for _ in range(count):
        qtbot.keyClick(QApplication.focusWidget(), key)
        found.append(QApplication.focusWidget())
    return found


def test_tab_leaves_the_table_of_units(qtbot: QtBot) -> None:
    before, table, after = QPushButton("before"), UnitTable(), QPushButton("after")
    window = window_of(qtbot, before, table, after)
    before.setFocus()
    assert walked(qtbot, FORTH, 2) == [table, after]
    assert walked(qtbot, BACK, 2) == [table, before]
    assert window.isActiveWindow()


def test_tab_goes_round_in_a_sheet(qtbot: QtBot) -> None:
    behind = QLineEdit()
    window = window_of(qtbot, behind)
    behind.setFocus()
    sheet = Sheet(window, 400)
    one, hidden, two = QPushButton("1"), QPushButton("hidden"), QPushButton("2")
    for button in (one, hidden, two):
        sheet.content.addWidget(button)
    hidden.hide()
    sheet.open()
    assert walked(qtbot, FORTH, 3) == [one, two, one]
    assert walked(qtbot, BACK, 2) == [two, one]
    sheet.close_sheet()
    assert behind.hasFocus()


def test_the_page_comes_after_its_tab(qtbot: QtBot) -> None:
    inspector, after = InspectorView(), QPushButton("after")
    inspector.add_page("a", "A")
    window = window_of(qtbot, inspector, after)
    page = QWidget()
    column, buttons = QVBoxLayout(page), [QPushButton(name) for name in "123"]
    for button in buttons:
        column.addWidget(button)
    inspector.set_page("a", page)  # made when it is first opened, after all else
    inspector._tabs.setFocus(Qt.FocusReason.TabFocusReason)
    assert walked(qtbot, FORTH, 4) == [*buttons, after]
    assert window.isActiveWindow()
