"""Settings and keys, made from the settings' own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.errors import UserError
from deepvis_app.settings import Settings
from deepvis_app.ui.kit.wheel import TabBar
from deepvis_app.ui.shell.keys import assign_keys
from deepvis_app.ui.shell.settings.editors import FolderEditor, make_editor
from deepvis_app.ui.shell.settings.keys_page import KeysPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

GROUPS = (
    ("appearance", "Appearance"),
    ("live", "Live view"),
    ("capture", "Capture"),
    ("folders", "Folders"),
)


class SettingsDialog(QDialog):
    """Edits a copy; `settings_changed` tells of every valid change at once."""

    settings_changed = pyqtSignal(object)  # Settings

    def __init__(self, settings: Settings, parent: QWidget, devices: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(640, 560)
        self.settings = settings
        self._devices = tuple(devices) or ("cpu",)
        self.editors: dict[tuple[str, str], QWidget] = {}
        self._problem = QLabel()
        self._problem.setProperty("role", "bad")
        self._problem.setWordWrap(True)
        tabs = QTabWidget()
        names = TabBar()
        names.setDrawBase(False)
        tabs.setTabBar(names)
        for name, title in GROUPS:
            tabs.addTab(self._group_page(name, margin=16), title)
        self.keys = KeysPage(settings, self._group_page("keyboard", margin=0))
        self.keys.changed.connect(self._set_keys)
        tabs.addTab(self.keys, "Keys")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(tabs, 1)
        column.addWidget(self._problem)
        column.addWidget(self._buttons())
        self._tell_of_keys()

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.accept)
        for button in buttons.buttons():
            button.setIcon(QIcon())  # the style's own do not match ours
        reset = QPushButton("Reset everything")
        reset.setToolTip("Give every setting and key its default again")
        reset.setAutoDefault(False)
        reset.clicked.connect(self._reset)
        buttons.addButton(reset, QDialogButtonBox.ButtonRole.ResetRole)
        return buttons

    def _group_page(self, name: str, *, margin: int) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(margin, margin, margin, margin)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        group: BaseModel = getattr(self.settings, name)
        for field_name, field in type(group).model_fields.items():

            def take(new: Any, field_name: str = field_name) -> None:
                self._set(name, field_name, new)

            value = getattr(group, field_name)
            editor = make_editor(field_name, value, field, take, self._devices)
            if isinstance(editor, FolderEditor):
                editor.refused.connect(self._say)
            editor.setToolTip(field.description or "")
            self.editors[name, field_name] = editor
            label = QLabel(field.title or field_name)
            label.setToolTip(field.description or "")
            form.addRow(label, editor)
        return page

    def _set(self, group: str, name: str, value: Any) -> None:
        try:
            changed = self.settings.with_value(group, name, value)
        except UserError as error:
            self._say(str(error))
            return
        self._say("")
        self._take(changed)

    def _set_keys(self, name: str, keys: tuple[str, ...] | None) -> None:
        own = {other: value for other, value in self.settings.keys.items() if other != name}
        if keys is not None:
            own[name] = keys
        self._take(self.settings.model_copy(update={"keys": own}))

    def _take(self, settings: Settings) -> None:
        self.settings = settings
        self.keys.set_settings(settings)
        self._tell_of_keys()
        self.settings_changed.emit(settings)

    def _tell_of_keys(self) -> None:
        """Say which keys of the user's own do not fit together, as with another set of keys."""
        self._say("; ".join(assign_keys(self.settings).problems))

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def _reset(self) -> None:
        self._take(Settings())
        self.accept()
