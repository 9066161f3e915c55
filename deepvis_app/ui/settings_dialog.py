"""Settings and keys, made from the settings' own fields."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QKeySequence
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.errors import UserError
from deepvis_app.settings import Settings
from deepvis_app.tiles import DIVERGING, SEQUENTIAL
from deepvis_app.ui.actions import ACTIONS, conflicts, keys_of

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

GROUPS = (
    ("appearance", "Appearance"),
    ("live", "Live view"),
    ("capture", "Capture"),
    ("folders", "Folders"),
)
ROW_PX = 40
CHOICES = {"sequential_palette": SEQUENTIAL, "diverging_palette": DIVERGING}


class SettingsDialog(QDialog):
    """Edits a copy; `settings_changed` tells of every valid change at once."""

    settings_changed = pyqtSignal(object)  # Settings

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(640, 560)
        self.settings = settings
        self._problem = QLabel()
        self._problem.setProperty("role", "bad")
        self._problem.setWordWrap(True)
        tabs = QTabWidget()
        for name, title in GROUPS:
            tabs.addTab(self._group_page(name), title)
        tabs.addTab(self._keys_page(), "Keys")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.accept)
        for button in buttons.buttons():
            button.setIcon(QIcon())  # the style's own do not match ours
        reset = QPushButton("Reset everything")
        reset.clicked.connect(self._reset)
        buttons.addButton(reset, QDialogButtonBox.ButtonRole.ResetRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(tabs, 1)
        column.addWidget(self._problem)
        column.addWidget(buttons)

    def _group_page(self, name: str) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(16, 16, 16, 16)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        group: BaseModel = getattr(self.settings, name)
        for field_name, field in type(group).model_fields.items():
            editor = self._editor(name, field_name, getattr(group, field_name), field)
            editor.setToolTip(field.description or "")
            label = QLabel(field.title or field_name)
            label.setToolTip(field.description or "")
            form.addRow(label, editor)
        return page

    def _editor(self, group: str, name: str, value: Any, field: FieldInfo) -> QWidget:
        def set_value(new: Any) -> None:
            self._set(group, name, new)

        if isinstance(value, Enum) or name in CHOICES:
            return _combo(value, name, set_value)
        if isinstance(value, bool):
            box = QCheckBox()
            box.setChecked(value)
            box.toggled.connect(set_value)
            return box
        if isinstance(value, int | float):
            return _spin(value, field, set_value)
        line = QLineEdit("" if value is None else str(value))
        line.editingFinished.connect(
            lambda: set_value(
                (Path(line.text()) if line.text() else None) if name == "pictures" else line.text()
            )
        )
        return line

    def _keys_page(self) -> QWidget:
        page = QWidget()
        self._table = QTableWidget(len(ACTIONS), 3)
        self._table.setHorizontalHeaderLabels(["Action", "Key", "Second key"])
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        if header := self._table.verticalHeader():
            header.setDefaultSectionSize(ROW_PX)
            header.hide()
        if header := self._table.horizontalHeader():
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
            header.setSectionResizeMode(2, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(1, 132)
            header.resizeSection(2, 132)
        self._fill_keys()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(self._table)
        return page

    def _fill_keys(self) -> None:
        for row, info in enumerate(ACTIONS):
            item = QTableWidgetItem(info.text)
            item.setToolTip(info.tip)
            self._table.setItem(row, 0, item)
            keys = keys_of(info, self.settings.keys)
            for column in (0, 1):
                edit = QKeySequenceEdit(QKeySequence(keys[column] if column < len(keys) else ""))
                edit.setMaximumSequenceLength(1)
                edit.setClearButtonEnabled(True)
                edit.editingFinished.connect(lambda row=row: self._set_keys(row))
                edit.keySequenceChanged.connect(lambda _keys, row=row: self._set_keys(row))
                self._table.setCellWidget(row, column + 1, edit)

    def _set_keys(self, row: int) -> None:
        info = ACTIONS[row]
        edits = [self._table.cellWidget(row, column) for column in (1, 2)]
        keys = tuple(
            text
            for edit in edits
            if isinstance(edit, QKeySequenceEdit) and (text := edit.keySequence().toString())
        )
        overrides = {**self.settings.keys, info.name: keys}
        if keys == tuple(QKeySequence(key).toString() for key in info.keys[:2]):
            overrides.pop(info.name)
        if overrides == self.settings.keys:
            return
        self.settings = self.settings.model_copy(update={"keys": overrides})
        clashes = [f"{key}: {' and '.join(names)}" for key, names in conflicts(overrides).items()]
        self._problem.setText("Two actions share a key — " + "; ".join(clashes) if clashes else "")
        self.settings_changed.emit(self.settings)

    def _set(self, group: str, name: str, value: Any) -> None:
        try:
            self.settings = self.settings.with_value(group, name, value)
        except UserError as error:
            self._problem.setText(str(error))
            return
        self._problem.clear()
        self.settings_changed.emit(self.settings)

    def _reset(self) -> None:
        self.settings = Settings()
        self.settings_changed.emit(self.settings)
        self.accept()


def _combo(value: Any, name: str, set_value: Any) -> QComboBox:
    combo = QComboBox()
    choices = tuple(type(value)) if isinstance(value, Enum) else CHOICES[name]
    for choice in choices:
        text = choice.value if isinstance(choice, Enum) else choice
        combo.addItem(text.capitalize(), choice)
    combo.setCurrentIndex(choices.index(value) if value in choices else 0)
    combo.currentIndexChanged.connect(lambda index: set_value(choices[index]))
    return combo


def _spin(value: float, field: FieldInfo, set_value: Any) -> QSpinBox | QDoubleSpinBox:
    limits = {
        kind: limit
        for constraint in field.metadata
        for kind in ("ge", "le")
        if (limit := getattr(constraint, kind, None)) is not None
    }
    spin: QSpinBox | QDoubleSpinBox
    if isinstance(value, int):
        spin = QSpinBox()
        spin.setRange(int(limits.get("ge", 0)), int(limits.get("le", 9999)))
        spin.setValue(value)
    else:
        spin = QDoubleSpinBox()
        spin.setRange(float(limits.get("ge", 0)), float(limits.get("le", 9999)))
        spin.setSingleStep((spin.maximum() - spin.minimum()) / 50)
        spin.setValue(value)
    spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    spin.valueChanged.connect(set_value)
    return spin
