"""In place of a map: why there is none, and what would bring one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDEST_PX = 520


@dataclass(frozen=True, slots=True)
class Way:
    """A way out, as a button: its key, its words, and what it does in a sentence."""

    key: str
    text: str
    tip: str = ""


class EmptyMap(QWidget):
    """A sentence, a smaller one, and buttons below; the first is the usual way."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._ways: tuple[Way, ...] = ()
        self._text, self._remedy = QLabel(), QLabel()
        self._text.setProperty("role", "value")
        self._remedy.setProperty("role", "muted")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        inner = QVBoxLayout()
        inner.setSpacing(8)
        for label in (self._text, self._remedy):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setFixedWidth(WIDEST_PX)
            inner.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addSpacing(8)
        inner.addLayout(self._buttons)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addLayout(inner)
        column.addStretch(3)

    def set_text(self, text: str, remedy: str = "", ways: Sequence[Way] = ()) -> None:
        """Say why there is nothing, and offer ways out."""
        self._text.setText(text)
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        self.setAccessibleName(f"{text}. {remedy}")
        if tuple(ways) != self._ways:
            self._ways = tuple(ways)
            self._make_buttons()

    def text(self) -> str:
        return self._text.text()

    def remedy(self) -> str:
        return self._remedy.text()

    def buttons(self) -> list[QPushButton]:
        found = (self._buttons.itemAt(place) for place in range(self._buttons.count()))
        return [item.widget() for item in found if item and isinstance(item.widget(), QPushButton)]  # type: ignore[misc]

    def _make_buttons(self) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._buttons.addStretch(1)
        for number, way in enumerate(self._ways):
            button = QPushButton(way.text)
            button.setToolTip(way.tip)
            if number == 0:
                button.setProperty("kind", "primary")
            button.clicked.connect(lambda _, key=way.key: self.chosen.emit(key))
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
