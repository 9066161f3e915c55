"""Menus of what can be asked about one thing, such as a class or a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu

from deepvis_app.ui.kit.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a menu; `why_not` says why it cannot be chosen, "" where it can."""

    text: str
    tip: str
    do: Callable[[], object]
    icon: str = ""
    why_not: str = ""


def ask_menu(parent: QWidget, *groups: Sequence[Entry]) -> QMenu:
    """Return a menu of groups; it deletes itself when it closes.

    Why some of a group cannot be chosen is said below it.
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for group in groups:
        if not menu.isEmpty():
            menu.addSeparator()
        for entry in group:
            _add(menu, entry)
        for reason in dict.fromkeys(entry.why_not for entry in group if entry.why_not):
            if (line := menu.addAction(reason)) is not None:
                line.setEnabled(False)
    return menu


def _add(menu: QMenu, entry: Entry) -> None:
    action = menu.addAction(entry.text)
    if action is None:
        return
    if entry.icon:
        action.setIcon(icon(entry.icon))
    action.setEnabled(not entry.why_not)
    action.setToolTip(entry.why_not or entry.tip)
    action.triggered.connect(lambda: entry.do())
