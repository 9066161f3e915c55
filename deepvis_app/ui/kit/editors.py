"""Editors of single values: `set_value` shows one and tells nobody, `edited` is the person's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QIcon, QPixmap
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from deepvis_app import paths
from deepvis_app.folders import folder_problem
from deepvis_app.tiles import DIVERGING, SEQUENTIAL, TOP, palette
from deepvis_app.ui.kit.number_slider import NumberSlider
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.kit.wheel import ComboBox, DoubleSpinBox, SpinBox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deepvis_app.fields import FormField

SWATCH = QSize(72, 10)
MOST = 9999.0  # of a number without a limit


class Switch(QCheckBox):
    """A box for what is on or off."""

    edited = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.toggled.connect(self.edited.emit)

    def set_value(self, value: bool) -> None:
        self.blockSignals(True)
        self.setChecked(value)
        self.blockSignals(False)


class Choice(ComboBox):
    """A list; palettes show their colours, and a value that is not in it is added."""

    edited = pyqtSignal(object)

    def __init__(self, choices: Sequence[str], words: Callable[[str], str]) -> None:
        super().__init__()
        self._words = words
        if set(choices) <= {*SEQUENTIAL, *DIVERGING}:
            self.setIconSize(SWATCH)
        for choice in choices:
            self._add(choice)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.currentIndexChanged.connect(lambda index: self.edited.emit(self.itemData(index)))

    def set_value(self, value: str) -> None:
        self.blockSignals(True)
        if self.findData(value) < 0:
            self._add(value)
        self.setCurrentIndex(self.findData(value))
        self.blockSignals(False)

    def _add(self, choice: str) -> None:
        self.addItem(_swatch(choice), self._words(choice), choice)


class Segments(Segmented):
    """A few choices side by side."""

    edited = pyqtSignal(object)

    def __init__(self, choices: Sequence[str], words: Callable[[str], str]) -> None:
        super().__init__([Segment(choice, words(choice)) for choice in choices])
        self.picked.connect(self.edited.emit)

    def set_value(self, value: str) -> None:
        self.set_current(value)


class WholeNumber(SpinBox):
    """A field for a whole number in its unit."""

    edited = pyqtSignal(object)

    def __init__(self, field: FormField) -> None:
        super().__init__()
        _prepare(self, field)
        self.setRange(round(_low(field)), round(_high(field)))
        self.setSingleStep(round(field.step or 1))
        self.valueChanged.connect(self.edited.emit)

    def set_value(self, value: int) -> None:
        self.blockSignals(True)
        self.setMaximum(max(self.maximum(), value))
        self.setValue(value)
        self.blockSignals(False)


class Number(DoubleSpinBox):
    """A field for a number in the unit in which it is shown."""

    edited = pyqtSignal(object)

    def __init__(self, field: FormField) -> None:
        super().__init__()
        self._factor = field.factor
        _prepare(self, field)
        self.setDecimals(2 if field.decimals is None else field.decimals)
        self.setRange(_low(field) * self._factor, _high(field) * self._factor)
        self.setSingleStep((field.step or 1.0) * self._factor)
        self.valueChanged.connect(lambda new: self.edited.emit(round(new / self._factor, 6)))

    def set_value(self, value: float) -> None:
        self.blockSignals(True)
        self.setValue(value * self._factor)
        self.blockSignals(False)


class Line(QLineEdit):
    """A line of text, taken once it is typed."""

    edited = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._taken = ""
        self.editingFinished.connect(self._on_typed)

    def set_value(self, value: str) -> None:
        self._taken = value
        self.setText(value)

    def _on_typed(self) -> None:
        if self.text() != self._taken:
            self._taken = self.text()
            self.edited.emit(self._taken)


class Numbers(QLineEdit):
    """Whole numbers between commas; what is none of these is told as it was typed."""

    edited = pyqtSignal(object)  # a tuple, or text

    def __init__(self) -> None:
        super().__init__()
        self._taken = ""
        self.editingFinished.connect(self._on_typed)

    def set_value(self, value: tuple[int, ...]) -> None:
        self._taken = ", ".join(map(str, value))
        self.setText(self._taken)

    def _on_typed(self) -> None:
        text = self.text().strip()
        if text == self._taken:
            return
        self._taken = text
        parts = text.replace(",", " ").split()
        is_plain = all(part.isascii() and part.isdigit() for part in parts)
        self.edited.emit(tuple(map(int, parts)) if is_plain else text)


class FolderEditor(QWidget):
    """A folder, typed or looked for; one that cannot be written is not taken.

    `usual` is the folder that an empty line stands for.
    """

    edited = pyqtSignal(object)  # Path, None for the usual one
    refused = pyqtSignal(str)  # why; "" once it is right

    def __init__(self, title: str, usual: Path | None = None) -> None:
        super().__init__()
        self._title, self._usual = title, usual
        self._taken: Path | None = None
        self._line = QLineEdit()
        self._line.setPlaceholderText("" if usual is None else str(usual))
        self._line.setClearButtonEnabled(True)
        self._line.setAccessibleName(title)
        self._line.editingFinished.connect(self._on_typed)
        self._browse = QPushButton("Browse…")
        self._browse.setToolTip("Look for the folder")
        self._browse.setAutoDefault(False)
        self._browse.clicked.connect(self._on_browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._line, 1)
        row.addWidget(self._browse)
        self.setFocusProxy(self._line)

    def set_value(self, value: Path | None) -> None:
        self._taken = value
        self._line.setText("" if value is None else str(value))

    def set_folder(self, text: str) -> None:
        """Take a folder as if it had been typed; "" is the usual one."""
        self._line.setText(text)
        self._on_typed()

    def _on_typed(self) -> None:
        text = self._line.text().strip()
        folder = paths.expanded(text).absolute() if text else None
        if folder == self._taken:
            self.refused.emit("")
            return
        problem = None if folder is None else folder_problem(folder)
        if problem:
            self.refused.emit(f"{folder} cannot be written ({problem}): the old folder is kept")
            return
        self._taken = folder
        self.refused.emit("")
        self.edited.emit(folder)

    def _on_browse(self) -> None:
        start = str(self._taken or self._usual or "")
        title = f"Folder: {self._title}"
        if name := QFileDialog.getExistingDirectory(self, title, start):
            self.set_folder(name)


class Maybe(QWidget):
    """A box, and an editor while it is ticked; else the value is None."""

    edited = pyqtSignal(object)

    def __init__(self, title: str, editor: Any, usual: object) -> None:
        super().__init__()
        self._editor, self._value = editor, usual
        self._box = Switch()
        self._box.edited.connect(self._on_ticked)
        editor.edited.connect(self._on_edited)
        editor.set_value(usual)
        editor.setAccessibleName(title)
        self._box.setAccessibleName(f"{title}, set")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._box)
        row.addWidget(editor, 1)
        self.set_value(None)

    def set_value(self, value: object) -> None:
        self._box.set_value(value is not None)
        self._editor.setEnabled(value is not None)
        if value is not None:
            self._value = value
            self._editor.set_value(value)
        elif isinstance(self._editor, NumberSlider):
            self._editor.show_none()

    def _on_ticked(self, on: bool) -> None:
        self.set_value(self._value if on else None)
        self.edited.emit(self._value if on else None)

    def _on_edited(self, value: object) -> None:
        self._value = value
        self.edited.emit(value)


def _prepare(spin: SpinBox | DoubleSpinBox, field: FormField) -> None:
    spin.setSuffix(f" {field.unit}" if field.unit else "")
    if field.zero:
        spin.setSpecialValueText(field.zero)
    spin.setKeyboardTracking(False)  # a number is taken when it is typed, not digit by digit


def _low(field: FormField) -> float:
    return 0.0 if field.low is None else field.low


def _high(field: FormField) -> float:
    return MOST if field.high is None else field.high


def _swatch(name: str) -> QIcon:
    """Return a palette's colours from low to high; nothing for what is none."""
    if name not in (*SEQUENTIAL, *DIVERGING):
        return QIcon()
    row = np.ascontiguousarray(palette(name)[np.newaxis, : TOP + 1])
    return QIcon(QPixmap.fromImage(rgb_image(row).scaled(SWATCH)))
