"""A form made from the fields of a pydantic model: name, editor and the way back of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.editors import (
    Choice,
    FolderEditor,
    Line,
    Maybe,
    Number,
    Numbers,
    Segments,
    Switch,
    WholeNumber,
)
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.number_slider import FIELD_PX, NumberSlider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from deepvis_app.fields import FormField, Value

    Plain = Switch | Choice | Segments | WholeNumber | Number | NumberSlider | Line | Numbers
    Editor = Plain | FolderEditor | Maybe


def plain_words(choice: str) -> str:
    """Return a choice's text as words."""
    return choice.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Look:
    """How a form is laid out. `name_px` 0: the names have the width of the longest.

    With `sliders` numbers have one, and fields of `number_px`. `offers` are choices that the model
    does not know, by path; `words` says a choice that has none of its own; `usual` are the folders
    that stand for none.
    """

    name_px: int = 0
    spacing: int = 12
    gap: int = 16  # between name and editor
    sliders: bool = False
    number_px: int = FIELD_PX
    names_role: str = ""
    shows_reset: bool = False  # also where there is nothing to go back from
    reset_tip: str = "Back to the default"
    headings: Mapping[str, str] = field(default_factory=dict)  # of groups
    offers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: Callable[[str], str] = plain_words
    usual: Mapping[str, Path] = field(default_factory=dict)


class FormRow(QWidget):
    """One field: it is marked while its value is not the default, which it can go back to."""

    changed = pyqtSignal(str, object)  # path, value
    refused = pyqtSignal(str)  # why a value was not taken, "" once it is right

    def __init__(self, of: FormField, look: Look) -> None:
        super().__init__()
        self.field = of
        self._default: Value = None
        self._value: Value = None
        self._is_set = False
        self.name = _name(of, look)
        self.editor = _editor(of, look)
        self.editor.edited.connect(self._emit)
        if isinstance(self.editor, NumberSlider):
            self.editor.reset_requested.connect(self._on_reset)
        if isinstance(self.editor, FolderEditor):
            self.editor.refused.connect(self.refused)
        self._reset = _reset_button(of, look)
        self._reset.clicked.connect(self._on_reset)
        self._hides_reset = not look.shows_reset
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addSpacing(look.gap - 8)
        row.addWidget(self.editor, 1)
        row.addWidget(self._reset)
        self.setToolTip(of.tip)
        self.editor.setToolTip(of.tip)
        self.editor.setAccessibleName(of.title)

    def set_value(self, value: Value, default: Value) -> None:
        """Show a value, and whether it is the default."""
        self._value, self._default, self._is_set = value, default, True
        self.editor.set_value(value)  # type: ignore[arg-type]  # as the field's kind says
        self._reset.setEnabled(value != default)
        if self._hides_reset:
            self._reset.setVisible(value != default)

    def value(self) -> Value:
        return self._value

    def _emit(self, value: Value) -> None:
        if value != self._value and self._is_set:
            self.set_value(value, self._default)
            self.changed.emit(self.field.path, value)

    def _on_reset(self) -> None:
        if self._is_set:
            self._emit(self._default)


class Form(QWidget):
    """Rows one below the other, under headings where their groups have one."""

    changed = pyqtSignal(str, object)  # path, value
    refused = pyqtSignal(str)

    def __init__(self, fields: Sequence[FormField], look: Look | None = None) -> None:
        super().__init__()
        look = look or Look()
        self.rows: dict[str, FormRow] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.spacing)
        group = None
        for each in fields:
            if each.group != group:
                group = each.group
                if group in look.headings:
                    column.addSpacing(8 if self.rows else 0)
                    column.addWidget(_heading(look.headings[group]))
            row = self.rows[each.path] = FormRow(each, look)
            row.changed.connect(self.changed)
            row.refused.connect(self.refused)
            column.addWidget(row)
        if not look.name_px:
            for row in self.rows.values():
                row.name.ensurePolished()  # its width is that of the font it will have
            longest = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
            for row in self.rows.values():
                row.name.setFixedWidth(longest)

    def set_values(self, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        """Show values by path, and those that "reset" goes back to."""
        for path, row in self.rows.items():
            row.set_value(values[path], defaults[path])


def _editor(of: FormField, look: Look) -> Editor:
    if of.kind == "folder":
        return FolderEditor(of.title, look.usual.get(of.path))
    editor = _plain_editor(of, look)
    return Maybe(of.title, editor, _first(of)) if of.optional else editor


def _plain_editor(of: FormField, look: Look) -> Plain:
    offered = look.offers.get(of.path, of.choices)
    if offered:
        own = dict(of.words)
        kind = Segments if of.side_by_side else Choice
        return kind(offered, lambda choice: own.get(choice) or look.words(choice))
    if of.kind == "bool":
        box = Switch()
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus if look.sliders else box.focusPolicy())
        return box
    if of.kind in ("int", "float"):
        if look.sliders:
            return NumberSlider(of, field_px=look.number_px)
        return WholeNumber(of) if of.kind == "int" else Number(of)
    return Numbers() if of.kind == "numbers" else Line()


def _first(of: FormField) -> Value:
    """Return what a field that was None has when it gets a value."""
    if of.choices:
        return of.choices[0]
    low = of.low or 0.0
    usual: dict[str, Value] = {"bool": False, "text": "", "int": round(low)}
    return usual.get(of.kind, low)


def _name(of: FormField, look: Look) -> QLabel:
    label = ElidedLabel()
    label.set_text(of.title)
    if look.names_role:
        label.setProperty("role", look.names_role)
    if look.name_px:
        label.setFixedWidth(look.name_px)
    return label


def _reset_button(of: FormField, look: Look) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon("refresh"))
    button.setIconSize(QSize(12, 12))
    button.setFixedSize(20, 20)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(look.reset_tip)
    button.setAccessibleName(f"Reset {of.title}")
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
    button.setEnabled(False)
    if not look.shows_reset:
        button.hide()
    return button


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
