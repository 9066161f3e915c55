"""A slider with its name and its value with a unit, which can be typed."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.kit.number_field import NumberField

STEPS = 1000
VALUE_PX = 52  # so that sliders one below the other end alike


class LabelledSlider(QWidget):
    """A value in low..high; a double click gives the default back."""

    value_changed = pyqtSignal(float)

    def __init__(
        self,
        label: str,
        low: float,
        high: float,
        default: float,
        *,
        decimals: int = 2,
        unit: str = "",
        step: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._high, self._default = low, high, default
        self._decimals, self._unit = decimals, unit
        self._step = step
        self._steps = STEPS if step is None else max(round((high - low) / step), 1)
        self._name = QLabel(label)
        self._name.setProperty("role", "muted")
        self._name.setMinimumWidth(72)
        self._field = NumberField(self._text, unit)
        self._field.setProperty("kind", "value")
        self._field.setTextMargins(0, 2, -4, 0)  # as a label's text, which has no margin
        self._field.setAccessibleName(label)
        widest = max((self._text(low), self._text(high)), key=len)
        self._field.setFixedWidth(max(self.fontMetrics().horizontalAdvance(widest) + 4, VALUE_PX))
        self._field.typed.connect(self._on_typed)
        self._slider = JumpSlider()
        self._slider.setRange(0, self._steps)
        self._slider.setPageStep(max(self._steps // 10, 1))
        self._slider.setSingleStep(max(self._steps // 100, 1))
        self._slider.setAccessibleName(label)
        self._slider.valueChanged.connect(self._on_moved)
        self._slider.reset_requested.connect(self._on_reset)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._name)
        row.addWidget(self._slider, 1)
        row.addWidget(self._field)
        self._value = default
        self.set_value(default)

    def set_range(self, low: float, high: float) -> None:
        """Take other ends; the value is brought between them."""
        if (low, high) == (self._low, self._high):
            return
        self._low, self._high = low, high
        if self._step is not None:
            self._steps = max(round((high - low) / self._step), 1)
        self._slider.blockSignals(True)
        self._slider.setRange(0, self._steps)
        self._slider.blockSignals(False)
        self.set_value(self._value)

    def value(self) -> float:
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value; what lies outside is shown at the end of the range."""
        self._value = min(max(value, self._low), self._high)
        share = (self._value - self._low) / (self._high - self._low)
        self._slider.blockSignals(True)
        self._slider.setValue(round(share * self._steps))
        self._slider.blockSignals(False)
        self._field.show_number(self._value)

    def _text(self, value: float) -> str:
        return f"{value:.{self._decimals}f}{' ' + self._unit if self._unit else ''}"

    def _on_moved(self, place: int) -> None:
        self._value = self._low + (self._high - self._low) * place / self._steps
        self._field.show_number(self._value)
        self.value_changed.emit(self._value)

    def _on_typed(self, value: float) -> None:
        """Take a number, brought between the ends and to a whole step."""
        if self._step is not None:
            value = self._low + round((value - self._low) / self._step) * self._step
        self.set_value(value)
        self.value_changed.emit(self._value)

    def _on_reset(self) -> None:
        self.set_value(self._default)
        self.value_changed.emit(self._value)
