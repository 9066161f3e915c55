"""All parameters of a recipe under their groups' headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis_app.ui.kit.form import Form, FormRow, Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.fields import FormField, Value


GROUPS = {
    "image": "Picture",
    "transforms": "Views",
    "objective": "Objective",
    "gradient": "Gradient",
    "step": "Step",
    "regularise": "Regularisers",
    "stop": "End",
}
LOOK = Look(
    name_px=104,
    spacing=4,
    gap=8,
    sliders=True,
    names_role="muted",
    shows_reset=True,
    reset_tip="Back to the recipe's own value",
    headings=GROUPS,
)


class ParameterPanel(QWidget):
    """The form is made when it is first needed."""

    changed = pyqtSignal(str, object)  # path, value

    def __init__(self, parameters: Sequence[FormField]) -> None:
        super().__init__()
        self._parameters = tuple(parameters)
        self._form: Form | None = None
        self._values: tuple[Mapping[str, Value], Mapping[str, Value]] = ({}, {})
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def fill(self) -> None:
        """Make the form, once."""
        if self._form is None:
            self._form = Form(self._parameters, LOOK)
            self._form.changed.connect(self.changed)
            self._column.addWidget(self._form)
            self._form.set_values(*self._values)

    def set_values(self, values: Mapping[str, Value], defaults: Mapping[str, Value]) -> None:
        """Show a recipe's values by path, and those that "reset" goes back to."""
        self._values = (values, defaults)
        if self._form is not None:
            self._form.set_values(values, defaults)

    def row(self, path: str) -> FormRow:
        """Return a parameter's row; KeyError before `fill`."""
        return ({} if self._form is None else self._form.rows)[path]
