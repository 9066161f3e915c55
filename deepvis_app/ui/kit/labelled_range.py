"""A range slider with its name and both values, which can be typed."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from deepvis_app.ui.kit.labelled_slider import VALUE_PX
from deepvis_app.ui.kit.number_field import NumberField
from deepvis_app.ui.kit.range_slider import RangeSlider

PARTS = 1000  # of the whole, to which an end is rounded that is moved or typed


class LabelledRange(QWidget):
    """Two shares in percent, low < high; a double click gives the defaults back."""

    range_changed = pyqtSignal(float, float)

    def __init__(self, label: str, default: tuple[float, float]) -> None:
        super().__init__()
        self._default = default
        name = QLabel(label)
        name.setProperty("role", "muted")
        name.setMinimumWidth(72)
        self.slider = RangeSlider(label, 1 / PARTS)
        self.fields = NumberField(_percent, "%"), NumberField(_percent, "%")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(name)
        row.addWidget(self.fields[0])
        row.addWidget(self.slider, 1)
        row.addWidget(self.fields[1])
        for which, field in enumerate(self.fields):
            field.setProperty("kind", "value")
            field.setTextMargins(0, 2, -4, 0)  # as a label's text, which has no margin
            field.setFixedWidth(max(self.fontMetrics().horizontalAdvance("100.0 %") + 4, VALUE_PX))
            field.setAccessibleName(f"{label}, {('low', 'high')[which]}")
            field.typed.connect(lambda value, which=which: self._on_typed(which, value))
        self.slider.range_changed.connect(lambda low, high: self._take(low * 100, high * 100))
        self.slider.reset_requested.connect(lambda: self._take(*self._default))
        self.set_range(*default)

    def set_range(self, low: float, high: float) -> None:
        """Show a range and tell nobody."""
        self._range = low, high
        self.slider.set_range(low / 100, high / 100)
        for field, value in zip(self.fields, self._range, strict=True):
            field.show_number(value)

    def _take(self, low: float, high: float) -> None:
        self.set_range(low, high)
        self.range_changed.emit(low, high)

    def _on_typed(self, which: int, value: float) -> None:
        """Take a number, brought between the ends, below or above the other one."""
        (low, high), step = self._range, 100 / PARTS
        value = round(value / step) * step
        if which == 0:
            self._take(min(max(value, 0.0), high - step), high)
        else:
            self._take(low, max(min(value, 100.0), low + step))


def _percent(value: float) -> str:
    return f"{value:.1f} %"
