"""A number as a slider and a field."""

from __future__ import annotations

from math import expm1, isnan, log1p, nan, sqrt
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.kit.number_field import NumberField

if TYPE_CHECKING:
    from deepvis_app.fields import FormField

STEPS = 200
SLIDER_PX, FIELD_PX, FLAT_FIELD_PX, TALL_FIELD_PX = 48, 56, 64, 84


def short(number: float) -> str:
    """Return a number in four digits as one types it: 0.3, 1e4, 1.234e-5."""
    digits, e, power = f"{number:.4g}".partition("e")
    return f"{digits}{e}{int(power)}" if e else digits


class NumberSlider(QWidget):
    """What is typed may lie beyond the slider's ends; a double click asks for the default.

    `is_tall`: the name and the number stand above the slider, which takes the whole width.
    `is_flat`: the number has no frame. `field_px`: how wide it is where it is not longer.
    """

    edited = pyqtSignal(object)
    reset_requested = pyqtSignal()

    def __init__(
        self,
        field: FormField,
        *,
        is_tall: bool = False,
        is_flat: bool = False,
        field_px: int = FIELD_PX,
    ) -> None:
        super().__init__()
        self._of = field
        self._low = 0.0 if field.low is None else field.low
        self._high = 1.0 if field.high is None else field.high
        self._value: float = self._low
        self._slider = JumpSlider()
        self._unit = field.unit if is_tall else ""
        self._field = NumberField(self._words, self._unit)
        steps = STEPS
        if field.kind == "int" and not field.logarithmic:
            steps = min(max(round((self._high - self._low) / (field.step or 1)), 1), 10_000)
        self._slider.setRange(1 if field.above_low and steps > 1 else 0, steps)
        self._slider.setMinimumWidth(SLIDER_PX)
        self._slider.setAccessibleName(field.title)
        self._slider.valueChanged.connect(
            lambda place: self._take(self._at(place / self._slider.maximum()))
        )
        self._slider.reset_requested.connect(self.reset_requested)
        self._field.setAccessibleName(field.title)
        self._field.typed.connect(self._on_typed)
        if is_tall:
            self._stack(field.title)
            return
        if is_flat:
            self._field.setProperty("kind", "value")
            self._field.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._field.set_usual_width(FLAT_FIELD_PX if is_flat else field_px)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._slider, 1)
        row.addWidget(self._field)

    def _stack(self, title: str) -> None:
        name = ElidedLabel()
        name.set_text(title)
        name.setProperty("role", "muted")
        self._field.setProperty("kind", "value")
        self._field.set_usual_width(TALL_FIELD_PX)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(name, 1)
        head.addWidget(self._field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._slider)

    def set_value(self, value: float) -> None:
        """Show a number and tell nobody."""
        self._value = value
        self._slider.blockSignals(True)
        self._slider.setValue(round(self._share(value) * self._slider.maximum()))
        self._slider.blockSignals(False)
        self._field.show_number(value)

    def show_none(self) -> None:
        """Show that there is no number of one's own."""
        self._slider.blockSignals(True)
        self._slider.setValue(self._slider.minimum())
        self._slider.blockSignals(False)
        self._field.show_number(nan)

    def _take(self, value: float) -> None:
        if value != self._value:
            self.set_value(value)
            self.edited.emit(value)

    def _on_typed(self, typed: float) -> None:
        self._take(round(typed) if self._of.kind == "int" else typed / self._of.factor)

    def _words(self, value: float) -> str:
        if isnan(value):
            return "usual"
        if self._of.zero and not value:
            return self._of.zero
        shown = value * self._of.factor
        text = f"{shown:.0f}" if self._of.kind == "int" else short(shown)
        return f"{text} {self._unit}".rstrip()

    # A place on the slider, as a share of its length, and a value

    def _share(self, value: float) -> float:
        value = min(max(value, self._low), self._high)
        if self._high <= self._low:
            return 0.0
        if self._of.logarithmic:
            return self._bent(value - self._low) / self._bent(self._high - self._low)
        return (value - self._low) / (self._high - self._low)

    def _at(self, share: float) -> float:
        if self._of.logarithmic:
            knee = self._knee()
            value = self._low + knee * expm1(share * log1p((self._high - self._low) / knee))
        else:
            value = self._low + (self._high - self._low) * share
        if self._of.kind == "int":
            return min(round(value), round(self._high))
        return float(f"{value:.3g}")

    def _bent(self, above: float) -> float:
        return log1p(above / self._knee())

    def _knee(self) -> float:
        """Return where a logarithmic slider goes over from even to growing steps; zero is on it."""
        knee = 1e-4 * sqrt(self._high - self._low)
        return max(knee, 1.0) if self._of.kind == "int" else knee
