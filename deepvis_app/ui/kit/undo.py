"""Removals that can be taken back: what is removed is hidden at first, and goes a little later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.kit.toast import Toast

WAIT_S = 10.0  # in which a removal can be taken back


@dataclass(eq=False, slots=True)
class Removal:
    """One thing that was removed: how it comes back, and how it goes for good."""

    text: str
    restore: Callable[[], None]
    commit: Callable[[], None]
    timer: QTimer


class Undo(QObject):
    """The last removals, newest last; every one goes for good when its time is over."""

    def __init__(self, parent: QObject, toast: Toast) -> None:
        super().__init__(parent)
        self._toast = toast
        self._removals: list[Removal] = []

    def offer(
        self, text: str, restore: Callable[[], None], commit: Callable[[], None] = lambda: None
    ) -> Removal:
        """Say what was removed and offer to take that back.

        `commit` is called when it was not, at the latest when the window closes.
        """
        timer = QTimer(self)
        timer.setSingleShot(True)
        removal = Removal(text, restore, commit, timer)
        timer.timeout.connect(lambda: self._settle(removal))
        timer.start(round(WAIT_S * 1000))
        self._removals.append(removal)
        self._toast.show_message(text, "Undo", seconds=WAIT_S, do=lambda: self._take_back(removal))
        return removal

    def undo(self) -> bool:
        """Take the last removal back; return whether there was one."""
        if not self._removals:
            return False
        self._take_back(self._removals[-1])
        return True

    def forget(self, removal: Removal) -> None:
        """Neither take a removal back nor let it go for good: it is past."""
        removal.timer.stop()
        removal.timer.deleteLater()
        if removal in self._removals:
            self._removals.remove(removal)

    def settle(self) -> None:
        """Let everything go for good now."""
        for removal in self._removals[:]:
            self._settle(removal)

    def _take_back(self, removal: Removal) -> None:
        if removal in self._removals:
            self.forget(removal)
            removal.restore()
            self._toast.show_message(f"Taken back: {removal.text}", seconds=2)

    def _settle(self, removal: Removal) -> None:
        if removal in self._removals:
            self.forget(removal)
            removal.commit()
