"""The most probable classes as bars; each can be asked about, and pinned to stay in view."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QPainter

from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.row_list import ICON_END, MORE, ROW, Look, Row, RowList
from deepvis_app.ui.panels.input.class_menu import QUESTIONS, class_menu
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
    from PyQt6.QtWidgets import QMenu

LOOK = Look(0.47, 40.0, left_px=0.0, right_px=MORE, icon="pin", has_menu=True, is_chosen_from=False)
STEPS = 500  # of a bar: about a quarter of a pixel; less is no change to the eye


@dataclass(frozen=True, slots=True)
class Score:
    """A class and its score: 0..1, or a number of either sign that fills the bar at `extent`."""

    index: int
    label: str
    value: float
    pinned: bool = False
    extent: float | None = None

    @property
    def text(self) -> str:
        is_share = self.extent is None and isfinite(self.value)
        return f"{self.value:.2f}" if is_share else figure(self.value)


class ScoreBars(RowList):
    """A click or Enter asks about a class, a double click goes to it, one on the pin keeps it."""

    class_pin_toggled = pyqtSignal(int)
    class_asked = pyqtSignal(int, str)  # and a page of the inspector

    def __init__(self, rows: int = 5) -> None:
        super().__init__("Most probable classes", LOOK)
        self._least_rows = rows
        self._scores: tuple[Score, ...] | None = ()
        self._empty = ("No class scores yet", "They come with the first picture")
        self._is_muted = False
        self._pressed: Score | None = None  # rows may change places before the button is up
        self._why_not = ""  # the classes have no unit

    def set_scores(self, scores: Sequence[Score] | None) -> None:
        """Show classes in the given order, values as they are; None: there is no class output."""
        if (scores is None) != (self._scores is None):
            self._update()
        self._scores = None if scores is None else tuple(scores)
        self.show_rows(len(self._scores or ()))

    def set_barred(self, why: str) -> None:
        """Say why classes cannot be asked about; "": they can."""
        self._why_not = why

    def set_muted(self, muted: bool) -> None:
        """Show the classes in grey: none of them should be believed."""
        if muted != self._is_muted:
            self._is_muted = muted
            self.show_rows(len(self._scores or ()))

    def set_empty_text(self, text: str, remedy: str = "") -> None:
        if (text, remedy) != self._empty:
            self._empty = (text, remedy)
            self._update()

    def _update(self) -> None:
        if (viewport := self.viewport()) is not None:
            viewport.update()

    def row(self, place: int) -> Row:
        score, muted = (self._scores or ())[place], self._is_muted
        start, end = _bar(score)
        return Row(
            score.label,
            score.text,
            start,
            end,
            has_zero=score.extent is not None,
            shade="pinned" if score.pinned else "muted" if muted else "accent",
            label_shade="pinned" if score.pinned else "muted" if muted else "text",
            bold=place == 0 and not muted,
            keeps_icon=score.pinned,
        )

    def tip(self, place: int) -> str:
        score = self._scores[place] if self._scores else None
        if score is None:
            return ""
        pin = "the pin lets it go" if score.pinned else "the pin keeps it in view"
        kind = "class" if score.extent is None else "output"
        exact = f"{score.value:.4f}" if isfinite(score.value) else figure(score.value)
        known = f"{score.label} · {kind} {score.index} · {exact}"
        return f"{known}. Click for its unit, its preferred image and why; {pin}."

    # The menu of a class

    def press_row(self, place: int) -> None:
        if self._scores:
            below = QPoint(round(ICON_END), round((place + 1) * ROW))
            self._open_menu(self._scores[place], self.mapToGlobal(below))

    def menu_for(self, score: Score) -> QMenu:
        """Return the menu of a class; it deletes itself when it closes."""
        return class_menu(
            self,
            score,
            self._why_not,
            lambda page: self.class_asked.emit(score.index, page),
            lambda: self.class_pin_toggled.emit(score.index),
        )

    def _open_menu(self, score: Score, at: QPoint) -> None:
        """Open with the first question below the pointer: a double click asks it."""
        menu = self.menu_for(score)
        menu.adjustSize()
        first = menu.actionGeometry(menu.actions()[0])
        menu.popup(at - QPoint(first.left() + 16, first.center().y()))

    def _score_at(self, point: QPoint) -> Score | None:
        place = self.indexAt(point).row()
        return self._scores[place] if self._scores and place >= 0 else None

    # Qt's own methods

    def sizeHint(self) -> QSize:
        rows = max(len(self._scores or ()), self._least_rows)
        return QSize(240, round(rows * ROW))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._scores is None:
            paint_empty(QPainter(self.viewport()), QRectF(self.rect()), *self._empty)
        else:
            super().paintEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self._pressed = None
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        score = self._score_at(event.position().toPoint())
        if score is not None and event.position().x() < ICON_END:
            self.class_pin_toggled.emit(score.index)
        else:
            self._pressed = score

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        score, self._pressed = self._pressed, None
        if event is not None and score and self._score_at(event.position().toPoint()):
            self._open_menu(score, event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask the menu's first question, also where a menu does not keep the second click."""
        score = None if event is None else self._score_at(event.position().toPoint())
        if event is None or score is None or event.position().x() < ICON_END:
            self.mousePressEvent(event)
        elif not self._why_not:
            self.class_asked.emit(score.index, QUESTIONS[0][0])

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is None or not self._scores:
            return
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.press_row(self.currentIndex().row())
        elif (score := self._score_at(event.pos())) is not None:
            self._open_menu(score, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Space and self._scores:
            self.class_pin_toggled.emit(self._scores[self.currentIndex().row()].index)
        else:
            super().keyPressEvent(event)


def _bar(score: Score) -> tuple[float, float]:
    """Return the bar's ends in its trough: from the left, or from the middle for signed numbers."""
    if isnan(score.value):
        return 0.0, 0.0
    if score.extent is None:
        return 0.0, round(min(max(score.value, 0.0), 1.0) * STEPS) / STEPS
    share = score.value / score.extent if score.extent > 0 else 0.0
    half = round(min(max(share, -1.0), 1.0) / 2 * STEPS) / STEPS
    return 0.5 + min(half, 0.0), 0.5 + max(half, 0.0)
