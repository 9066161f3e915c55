"""One parameter: its name, a slider or field, its value and the way back."""

from __future__ import annotations

from math import expm1, log1p, sqrt
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.kit.wheel import ComboBox

if TYPE_CHECKING:
    from deepvis_app.synth import Parameter

    Value = bool | int | float | str

STEPS = 200
NAME_PX, SLIDER_PX, FIELD_PX = 104, 48, 48


class ParameterRow(QWidget):
    """Numbers as slider and field, choices as a list, switches as a box."""

    changed = pyqtSignal(str, object)  # path, value

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter
        self._default: Value | None = None
        self._value: Value | None = None
        self._name = ElidedLabel()
        self._name.set_text(parameter.title)
        self._name.setProperty("role", "muted")
        self._name.setFixedWidth(NAME_PX)
        self._slider = JumpSlider()
        self._field = QLineEdit()
        self._choices = ComboBox()
        self._box = QCheckBox()
        self._reset = QToolButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._name)
        for widget, stretch in self._editors():
            row.addWidget(widget, stretch)
        self._prepare_reset()
        row.addWidget(self._reset)
        self.setToolTip(parameter.tip)

    def set_value(self, value: Value, default: Value) -> None:
        """Show a value, and whether it is the recipe's own."""
        self._value, self._default = value, default
        editors = (self._slider, self._field, self._choices, self._box)
        for editor in editors:
            editor.blockSignals(True)
        if isinstance(value, bool):
            self._box.setChecked(value)
        elif isinstance(value, int | float):
            self._slider.setValue(round(self._share(value) * self._slider.maximum()))
            self._field.setText(_text(value))
        else:
            self._choices.setCurrentIndex(max(self._choices.findData(value), 0))
        for editor in editors:
            editor.blockSignals(False)
        self._reset.setEnabled(value != default)

    def value(self) -> Value | None:
        return self._value

    def _editors(self) -> tuple[tuple[QWidget, int], ...]:
        kind = self.parameter.kind
        if kind == "bool":
            self._box.toggled.connect(self._emit)
            self._box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            return ((self._box, 1),)
        if kind == "choice":
            for choice in self.parameter.choices:
                self._choices.addItem(str(choice).replace("_", " "), choice)
            self._choices.setMinimumContentsLength(8)
            self._choices.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            self._choices.currentIndexChanged.connect(
                lambda index: self._emit(self._choices.itemData(index))
            )
            return ((self._choices, 1),)
        low, high = self._range()
        steps = round((high - low) / self._step()) if kind == "int" else STEPS
        self._slider.setRange(0, STEPS if self._is_logarithmic() else min(max(steps, 1), 10_000))
        self._slider.setMinimumWidth(SLIDER_PX)
        self._slider.setAccessibleName(self.parameter.title)
        self._slider.valueChanged.connect(
            lambda place: self._emit(self._at(place / self._slider.maximum()))
        )
        self._slider.reset_requested.connect(self._on_reset)
        self._field.setFixedWidth(FIELD_PX)
        self._field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._field.setAccessibleName(self.parameter.title)
        self._field.editingFinished.connect(self._on_typed)
        return ((self._slider, 1), (self._field, 0))

    def _prepare_reset(self) -> None:
        self._reset.setIcon(icon("refresh", "muted"))
        self._reset.setIconSize(QSize(12, 12))
        self._reset.setFixedSize(20, 20)
        self._reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._reset.setToolTip("Back to the recipe's own value")
        self._reset.setAccessibleName(f"Reset {self.parameter.title}")
        self._reset.clicked.connect(self._on_reset)

    # A slider's place and a value

    def _range(self) -> tuple[float, float]:
        low, high = self.parameter.low, self.parameter.high
        return (0.0 if low is None else float(low)), (1.0 if high is None else float(high))

    def _step(self) -> float:
        return float(self.parameter.step or 1)

    def _is_logarithmic(self) -> bool:
        return bool(self.parameter.logarithmic)

    def _share(self, value: float) -> float:
        low, high = self._range()
        value = min(max(value, low), high)
        if high <= low:
            return 0.0
        if self._is_logarithmic():
            return self._bent(value - low) / self._bent(high - low)
        return (value - low) / (high - low)

    def _at(self, share: float) -> int | float:
        low, high = self._range()
        if self._is_logarithmic():
            knee = self._knee()
            value = low + knee * expm1(share * log1p((high - low) / knee))
        else:
            value = low + (high - low) * share
        if self.parameter.kind == "int":
            return min(round(value), round(high))
        return float(f"{value:.3g}")

    def _bent(self, above: float) -> float:
        return log1p(above / self._knee())

    def _knee(self) -> float:
        """Return where a logarithmic slider goes over from even to growing steps; zero is on it."""
        low, high = self._range()
        return 1e-4 * sqrt(high - low)

    # The person's changes

    def _emit(self, value: Value) -> None:
        if value != self._value and self._default is not None:
            self.set_value(value, self._default)
            self.changed.emit(self.parameter.path, value)

    def _on_typed(self) -> None:
        try:
            typed = float(self._field.text().replace(",", ".").replace("−", "-"))
        except ValueError:
            self._field.setText("" if self._value is None else _text(self._value))
            return
        self._emit(round(typed) if self.parameter.kind == "int" else typed)

    def _on_reset(self) -> None:
        if self._default is not None:
            self._emit(self._default)


def _text(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)
