"""One result large, or two side by side, with what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import help_button
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.words.scores import Fact


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a card shows: a picture (H, W, 3), its heading, and what is known of it."""

    picture: NDArray[np.uint8]
    title: str
    facts: tuple[Fact, ...] = ()


class ResultPane(QWidget):
    """The buttons are those of the first, left result."""

    closed = pyqtSignal()
    compare_toggled = pyqtSignal(bool)
    save_requested = pyqtSignal()
    copy_requested = pyqtSignal()
    remove_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._first, self._second = _Card(), _Card()
        for card in (self._first, self._second):
            card.explanation_requested.connect(self.explanation_requested)
        self._hint = QLabel("Pick the second one below, or go back for another seed")
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        cards = QHBoxLayout()
        cards.setSpacing(8)
        cards.addWidget(self._first, 1)
        cards.addWidget(self._second, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._buttons())
        column.addLayout(cards)
        column.addWidget(self._hint)
        self.set_results(None, None, comparing=False)

    def set_results(self, first: Result | None, second: Result | None, *, comparing: bool) -> None:
        """Show one result, or two; while `comparing` without a second one, say how to pick it."""
        self._first.set_result(first)
        self._second.set_result(second)
        self._second.setVisible(second is not None)
        self._hint.setVisible(comparing and second is None)
        self._compare.blockSignals(True)
        self._compare.setChecked(comparing)
        self._compare.blockSignals(False)

    def set_removable(self, removable: bool) -> None:
        """Tell whether the first result is in the store."""
        self._remove.setEnabled(removable)

    def _buttons(self) -> QHBoxLayout:
        back = QPushButton("All seeds")
        back.setIcon(icon("chevron-left", "accent"))
        back.setProperty("kind", "quiet")
        back.setProperty("flush", "left")
        back.setToolTip("Back to the pictures of all seeds")
        back.clicked.connect(self.closed)
        self._compare = IconButton(
            "columns", "Show a second result beside this one", checkable=True
        )
        self._compare.toggled.connect(self.compare_toggled)
        save = IconButton("save", "Save this picture as PNG; its recipe is kept in the file")
        save.clicked.connect(self.save_requested)
        self._remove = IconButton("trash", "Take this picture out of the store; Undo brings it")
        self._remove.clicked.connect(self.remove_requested)
        copy = IconButton("copy", "Copy this picture")
        copy.clicked.connect(self.copy_requested)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(back)
        row.addStretch(1)
        for button in (self._remove, self._compare, copy, save):
            row.addWidget(button)
        return row


class _Card(QWidget):
    """A picture, a heading, a line for each thing that is known."""

    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Fact, ...] = ()
        self._picture = PictureView("")
        self._title = QLabel()
        self._title.setProperty("role", "value")
        self._title.setWordWrap(True)
        self._facts = QVBoxLayout()
        self._facts.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._picture)
        column.addWidget(self._title)
        column.addLayout(self._facts)
        column.addStretch(1)

    def set_result(self, result: Result | None) -> None:
        self._picture.set_picture(None if result is None else result.picture)
        self._title.setText(result.title if result else "")
        self._show_facts(result.facts if result else ())

    def _show_facts(self, facts: tuple[Fact, ...]) -> None:
        if facts == self._shown:
            return
        kinds = [(fact.name, fact.topic) for fact in facts]
        if kinds != [(fact.name, fact.topic) for fact in self._shown]:
            self._make_rows(facts)
        self._shown = facts
        for place, fact in enumerate(facts):
            row = self._facts.itemAt(place)
            line = row.widget() if row is not None else None
            if isinstance(line, _FactLine):
                line.set_value(fact.value)

    def _make_rows(self, facts: tuple[Fact, ...]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for fact in facts:
            line = _FactLine(fact)
            line.explanation_requested.connect(self.explanation_requested)
            self._facts.addWidget(line)


class _FactLine(QWidget):
    """A name, its value, and a "?" where there is something to explain."""

    explanation_requested = pyqtSignal(str)

    def __init__(self, fact: Fact) -> None:
        super().__init__()
        self._name = fact.name
        self._text = QLabel()
        self._text.setProperty("role", "detail")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._text, 1)
        if fact.topic:
            ask = help_button(fact.name)
            ask.clicked.connect(lambda: self.explanation_requested.emit(fact.topic))
            row.addWidget(ask, 0, Qt.AlignmentFlag.AlignTop)

    def set_value(self, value: str) -> None:
        shade = colour("text").name()
        strong = f'<span style="color:{shade}">{escape(value)}</span>'
        self._text.setText(f"{escape(self._name)} {strong}".strip())
