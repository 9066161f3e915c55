"""The settings of a technique, made from the fields of its model: a column of controls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.fields import FormField
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.editors import Choice, Line, Maybe, Segments, Switch, WholeNumber
from deepvis_app.ui.kit.form import plain_words
from deepvis_app.ui.kit.number_slider import NumberSlider
from deepvis_app.ui.kit.section_header import SectionHeader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.ui.kit.choices import Offer

WIDE = 1000.0  # a span from which on a slider is logarithmic
BESIDE_PX = 176  # what fits beside a name
SEED = FormField(
    "seed", "Seed", "The number that chance begins with: the same one gives the same picture again",
    "int", 0, 2**31 - 1,
)  # fmt: skip


class Parameters(QWidget):
    """`set_fields` makes the controls; `set_values` and `set_offer` fill them."""

    changed = pyqtSignal(str, object)  # path, value
    reset_requested = pyqtSignal(str)  # path
    seed_changed = pyqtSignal(int)
    explanation_requested = pyqtSignal(str)
    has_headings = True

    def __init__(self) -> None:
        super().__init__()
        self._fields: tuple[FormField, ...] = ()
        self._choosers: dict[str, Chooser] = {}
        self.editors: dict[str, Any] = {}  # by path
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._inner: QWidget | None = None

    def set_fields(self, fields: Sequence[FormField], choosers: Sequence[str]) -> None:
        """Make a control a field; those whose paths are in `choosers` are chosen from a list."""
        if tuple(fields) == self._fields and set(choosers) == set(self._choosers):
            return
        self._fields = tuple(fields)
        self._choosers, self.editors = {}, {}
        if self._inner is not None:
            self._inner.hide()
            self._inner.deleteLater()
        self._inner = QWidget()
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        chosen = [each for each in fields if each.path in choosers]
        if chosen and self.has_headings:
            column.addWidget(self._header("What", "play-what"))
        for each in chosen:
            self._place(each, self._chooser(each), column)
        if self.has_headings:
            column.addSpacing(4 if chosen else 0)
            column.addWidget(self._header("How", "play-how"))
        for each in fields:
            if each.path not in choosers:
                self._place(each, self._row(each), column)
        column.addWidget(self._seed_row())
        self._column.addWidget(self._inner)

    def _place(self, field: FormField, widget: QWidget, column: QVBoxLayout) -> None:  # noqa: ARG002
        """Put a control where it belongs: in the column, if nowhere else."""
        column.addWidget(widget)

    def set_values(self, values: Mapping[str, Any], seed: int) -> None:
        for path, editor in self.editors.items():
            editor.set_value(values[path])
        self.seed.set_value(seed)

    def set_offer(self, path: str, offer: Offer) -> None:
        if path in self._choosers:
            self._choosers[path].set_offer(offer)

    def offer(self, path: str) -> Offer | None:
        return self._choosers[path].offer if path in self._choosers else None

    def chooser(self, path: str) -> Chooser:
        return self._choosers[path]

    def _header(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _chooser(self, field: FormField) -> Chooser:
        chooser = self._choosers[field.path] = Chooser(field)
        chooser.chosen.connect(lambda value: self.changed.emit(field.path, value))
        return chooser

    def _row(self, field: FormField) -> QWidget:
        editor = self.editors[field.path] = _editor(field)
        editor.setToolTip(field.tip)
        editor.setAccessibleName(field.title)
        editor.edited.connect(lambda value: self.changed.emit(field.path, value))
        if isinstance(editor, NumberSlider):
            editor.reset_requested.connect(lambda: self.reset_requested.emit(field.path))
        is_named = isinstance(editor, NumberSlider | Maybe)
        return editor if is_named else _named(field, editor)

    def _seed_row(self) -> QWidget:
        self.seed = WholeNumber(SEED)
        self.seed.setFixedWidth(84)
        self.seed.setToolTip(SEED.tip)
        self.seed.setAccessibleName(SEED.title)
        self.seed.edited.connect(self.seed_changed.emit)
        return _named(SEED, self.seed)


class Chooser(ChipButton):
    """One of many, from a list that can be searched. Whole numbers are told as such."""

    chosen = pyqtSignal(object)

    def __init__(self, field: FormField) -> None:
        super().__init__(field.tip)
        self._is_number = field.kind == "int"
        self.offer: Offer | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.popup = ChoicePopup(searchable=True)
        self.popup.chosen.connect(self._on_chosen)
        self.popup_opened.connect(self._fill)
        self.set_popup(self.popup)
        self.set_texts("", field.title.lower())

    def set_offer(self, offer: Offer) -> None:
        self.offer = offer
        self.set_texts(offer.title, offer.detail)

    def _fill(self) -> None:
        """Make the list: it may be one of a thousand classes, and is seldom looked at."""
        if self.offer is not None:
            self.popup.set_groups(self.offer.groups)
            self.popup.set_current(self.offer.current)

    def _on_chosen(self, key: str) -> None:
        self.chosen.emit(int(key) if self._is_number else key)


def _editor(field: FormField) -> Any:
    """Return a control for a field; a number's wide span makes its slider logarithmic."""
    if field.choices:
        own = dict(field.words)
        kind = Segments if field.side_by_side else Choice
        return kind(field.choices, lambda choice: _words(own.get(choice) or choice))
    if field.kind == "bool":
        return Switch()
    if field.kind in ("int", "float"):
        low, high = field.low or 0.0, 1.0 if field.high is None else field.high
        is_wide = high - low >= WIDE
        of = replace(field, logarithmic=field.logarithmic or is_wide)
        slider = NumberSlider(of, is_tall=True)
        usual = max(low, min(1.0, high)) if field.kind == "float" else round(min(low + 100, high))
        return Maybe(field.title, slider, usual) if field.optional else slider
    return Line()


def _words(choice: str) -> str:
    words = plain_words(choice)
    return words[:1].upper() + words[1:]


def _named(field: FormField, editor: QWidget) -> QWidget:
    """Return a control with its name before it, or above it where it is wide."""
    name = QLabel(field.title)
    name.setProperty("role", "muted")
    name.setToolTip(field.tip)
    row = QWidget()
    layout = QHBoxLayout(row) if editor.sizeHint().width() <= BESIDE_PX else QVBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(name)
    if isinstance(layout, QHBoxLayout):
        layout.addStretch(1)
    layout.addWidget(editor)
    return row
