"""All parameters of a recipe under their groups' headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from deepvis_app.ui.panels.preferred.parameter_row import ParameterRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.synth import Parameter
    from deepvis_app.ui.panels.preferred.parameter_row import Value


GROUPS = {
    "image": "Picture",
    "transforms": "Views",
    "objective": "Objective",
    "gradient": "Gradient",
    "step": "Step",
    "regularise": "Regularisers",
    "stop": "End",
}


class ParameterPanel(QWidget):
    """Rows are made when they are first needed."""

    changed = pyqtSignal(str, object)  # path, value

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        super().__init__()
        self._parameters = tuple(parameters)
        self._rows: dict[str, ParameterRow] = {}
        self._values: tuple[Mapping[str, Value], Mapping[str, Value]] = ({}, {})
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def fill(self) -> None:
        """Make the rows, once."""
        if self._rows:
            return
        group = None
        for parameter in self._parameters:
            if parameter.group != group:
                group = parameter.group
                self._column.addSpacing(8 if self._rows else 0)
                heading = QLabel(GROUPS.get(parameter.group, parameter.group.capitalize()))
                heading.setProperty("role", "heading")
                self._column.addWidget(heading)
            row = ParameterRow(parameter)
            row.changed.connect(self.changed)
            self._rows[parameter.path] = row
            self._column.addWidget(row)
        self.set_values(*self._values)

    def set_values(self, values: Mapping[str, Value], defaults: Mapping[str, Value]) -> None:
        """Show a recipe's values by path, and those that "reset" goes back to."""
        self._values = (values, defaults)
        for path, row in self._rows.items():
            row.set_value(values[path], defaults[path])

    def row(self, path: str) -> ParameterRow:
        """Return a parameter's row; KeyError before `fill`."""
        return self._rows[path]
