"""What one can ask about a class of the predictions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.ui.kit.ask_menu import Entry, ask_menu

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QMenu, QWidget

    from deepvis_app.ui.panels.input.score_bars import Score

QUESTIONS = (  # page of the inspector, what the menu calls it, what it does
    ("now", "Its unit", "Pick the unit that gives this class, and show what it does now"),
    ("preferred", "Its preferred image", "Show what picture this class would like to see"),
    ("why", "Why this class", "Show what of the present picture speaks for this class"),
)
PIN_TIP = "Keep this class among the predictions, or only while it is probable"


def class_menu(
    parent: QWidget,
    score: Score,
    why_not: str,
    choose: Callable[[str], None],
    toggle_pin: Callable[[], None],
) -> QMenu:
    """Return the menu of a class.

    `why_not` says why the class has no unit; "" where it has one. `choose` gets a page's key.
    """
    questions = [
        Entry(text, tip, partial(choose, page), why_not=why_not) for page, text, tip in QUESTIONS
    ]
    pin = Entry("Let it go" if score.pinned else "Keep in view", PIN_TIP, toggle_pin, "pin")
    return ask_menu(parent, questions, [pin])
