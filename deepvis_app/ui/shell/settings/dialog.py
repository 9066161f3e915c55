"""Settings and keys, made from the settings' own fields."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.fields import FormField, form_fields
from deepvis_app.frames import CAMERA_SIZES
from deepvis_app.settings import Settings
from deepvis_app.ui.kit.form import Form, Look, plain_words
from deepvis_app.ui.kit.wheel import TabBar
from deepvis_app.ui.shell.keys import assign_keys
from deepvis_app.ui.shell.settings.keys_page import KeysPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.panel import ActionInfo

GROUPS = (
    ("appearance", "Appearance"),
    ("live", "Live view"),
    ("capture", "Capture"),
    ("folders", "Folders"),
)


class SettingsDialog(QDialog):
    """Edits a copy; `settings_changed` tells of every valid change at once."""

    settings_changed = pyqtSignal(object)  # Settings

    def __init__(
        self,
        settings: Settings,
        parent: QWidget,
        actions: Sequence[ActionInfo],
        devices: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(640, 560)
        self.settings = settings
        self._look = _look(tuple(devices) or ("cpu",))
        self._actions = actions
        self.editors: dict[tuple[str, str], QWidget] = {}
        self._problem = QLabel()
        self._problem.setProperty("role", "bad")
        self._problem.setWordWrap(True)
        tabs = QTabWidget()
        names = TabBar()
        names.setDrawBase(False)
        tabs.setTabBar(names)
        for name, title in (*GROUPS, *_sections(settings)):
            tabs.addTab(self._group_page(name, margin=16), title)
        self.keys = KeysPage(settings, actions, self._group_page("keyboard", margin=0))
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
        fields = [_here(field) for field in form_fields(type(getattr(self.settings, name)), name)]
        form = Form(fields, self._look)
        usual = type(self.settings)()
        form.set_values(
            {field.path: field.value(self.settings) for field in fields},
            {field.path: field.value(usual) for field in fields},
        )
        form.changed.connect(self._set)
        form.refused.connect(self._say)
        for path, row in form.rows.items():
            self.editors[name, path.rpartition(".")[2]] = row.editor
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(margin, margin, margin, margin)
        column.addWidget(form)
        column.addStretch(1)
        return page

    def _set(self, path: str, value: Any) -> None:
        group, _, name = path.partition(".")
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
        self._say("; ".join(assign_keys(self.settings, self._actions).problems))

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def _reset(self) -> None:
        self._take(type(self.settings)())
        self.accept()


def _sections(settings: Settings) -> list[tuple[str, str]]:
    """Return the keys and headings of what parts of deepvis brought along."""
    return [
        (key, info.title or key)
        for key, info in type(settings).model_fields.items()
        if key not in Settings.model_fields
    ]


def _look(devices: Sequence[str]) -> Look:
    sizes = (f"{width}x{height}" for width, height in CAMERA_SIZES)
    return Look(
        offers={
            "live.device": ("auto", *devices),
            "capture.camera_size": ("auto", *sizes),
        },
        words=_words,
        usual={"folders.pictures": paths.pictures_dir()},
    )


def _here(field: FormField) -> FormField:
    """Return a field with the limits of this machine."""
    return replace(field, high=os.cpu_count() or 1) if field.path == "live.threads" else field


def _words(choice: str) -> str:
    width, by, height = choice.partition("x")
    if by and width.isdigit():
        return f"{width} × {height}"
    return choice.upper() if choice.startswith("cuda") else plain_words(choice).capitalize()
