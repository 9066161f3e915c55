"""What one can ask about a class of the predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu

from deepvis_app.ui.kit.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.panels.input.score_bars import Score

QUESTIONS = (  # page of the inspector, what the menu calls it, what it does
    ("now", "Its unit", "Pick the unit that gives this class, and show what it does now"),
    ("preferred", "Its preferred image", "Show what picture this class would like to see"),
    ("why", "Why this class", "Show what of the present picture speaks for this class"),
)


def class_menu(
    parent: QWidget,
    score: Score,
    why_not: str,
    choose: Callable[[str], None],
    toggle_pin: Callable[[], None],
) -> QMenu:
    """Return the menu of a class; it deletes itself when it closes.

    `why_not` says why the class has no unit; "" where it has one. `choose` gets a page's key.
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for page, text, tip in QUESTIONS:
        action = menu.addAction(text)
        if action is not None:
            action.setEnabled(not why_not)
            action.setToolTip(why_not or tip)
            action.triggered.connect(lambda _=False, page=page: choose(page))
    if why_not:
        reason = menu.addAction(why_not)
        if reason is not None:
            reason.setEnabled(False)
    menu.addSeparator()
    pin = menu.addAction(icon("pin"), "Let it go" if score.pinned else "Keep in view")
    if pin is not None:
        pin.setToolTip("Keep this class among the predictions, or only while it is probable")
        pin.triggered.connect(lambda _=False: toggle_pin())
    return menu
