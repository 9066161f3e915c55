"""A number that can be typed: with a comma or a point, with its unit or without."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame

if TYPE_CHECKING:
    from collections.abc import Callable


TEXT_MARGIN_PX = 2  # that a line edit keeps at each side of its text, whatever its style


class NumberField(QLineEdit):
    """Shows a number in the owner's words; what is typed is told, what is no number is undone."""

    typed = pyqtSignal(float)

    def __init__(self, words: Callable[[float], str], unit: str = "") -> None:
        super().__init__()
        self._words, self._unit = words, unit
        self._said = ""
        self._usual_px = 0
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.editingFinished.connect(self._on_typed)

    def set_usual_width(self, px: int) -> None:
        """Be so wide; wider, for good, once a number is shown that needs it."""
        self._usual_px = px
        self.setFixedWidth(px)

    def show_number(self, value: float) -> None:
        """Show a number and tell nobody; what the person is typing stays."""
        is_typed_in = self.hasFocus() and self.text() != self._said
        self._said = self._words(value)
        if not is_typed_in:
            self.setText(self._said)
        if self._usual_px:
            self._widen()

    def _widen(self) -> None:
        self.ensurePolished()  # its frame is that of the style that it will have
        option, style = QStyleOptionFrame(), self.style()
        self.initStyleOption(option)
        assert style is not None
        room = style.subElementRect(QStyle.SubElement.SE_LineEditContents, option, self).width()
        around = self.textMargins().left() + self.textMargins().right() + 2 * TEXT_MARGIN_PX + 1
        missing = self.fontMetrics().horizontalAdvance(self._said) + around - room
        if missing > 0:
            self.setFixedWidth(self.width() + missing)

    def _on_typed(self) -> None:
        text = self.text()
        if text == self._said:
            return
        self.setText(self._said)  # until the owner says what it took
        number = number_in(text, self._unit)
        if number is not None:
            self.typed.emit(number)


def number_in(text: str, unit: str = "") -> float | None:
    """Return the number that a text says, None where it says none or no end of one."""
    plain = text.strip().removesuffix(unit).replace(",", ".").replace("−", "-")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if isfinite(number) else None
