"""The page of the settings where actions get their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.shell.keys import assign_keys, default_keys, normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.settings import Settings
    from deepvis_app.ui.panel import ActionInfo

ROW_PX = 40
KEY_PX = 132
SHOWN = 2  # keys of an action that can be edited; more of them stay as they are


class KeysPage(QWidget):
    """A key that another action has is not taken from it unasked."""

    changed = pyqtSignal(str, object)  # an action's name and its keys; None: those of the set

    def __init__(
        self,
        settings: Settings,
        actions: Sequence[ActionInfo],
        head: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._settings, self._actions = settings, actions
        self._wanted: tuple[str, int, str] | None = None  # action, column, key that is another's
        self._table = QTableWidget(len(actions), 1 + SHOWN)
        self._fill()
        self._words = QLabel()
        self._words.setProperty("role", "bad")
        self._words.setWordWrap(True)
        self._take = QPushButton("Take it")
        self._take.setAutoDefault(False)
        self._take.setToolTip("Give the key to this action; the other one does without")
        self._take.clicked.connect(self._on_take)
        self._arrange(head)
        self._say("")

    def set_settings(self, settings: Settings) -> None:
        """Show the keys that these settings give."""
        self._settings = settings
        keys = assign_keys(settings, self._actions).keys
        for row, info in enumerate(self._actions):
            for column in range(SHOWN):
                own = keys[info.name]
                self._show(row, column, own[column] if column < len(own) else "")

    def edit(self, name: str, column: int = 0) -> QKeySequenceEdit:
        """Return the field of an action's key."""
        row = next(row for row, info in enumerate(self._actions) if info.name == name)
        found = self._table.cellWidget(row, column + 1)
        assert isinstance(found, QKeySequenceEdit)
        return found

    def _title(self, name: str) -> str:
        """Return what an action is called."""
        return next(info.text for info in self._actions if info.name == name)

    def problem(self) -> str:
        """Return what is said of the key that was refused, "" for none."""
        return "" if self._words.isHidden() else self._words.text()

    def _arrange(self, head: QWidget | None) -> None:
        foot = QHBoxLayout()
        foot.addWidget(self._words, 1)
        foot.addWidget(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        if head is not None:
            column.addWidget(head)
        column.addWidget(self._table, 1)
        column.addLayout(foot)

    def _fill(self) -> None:
        table = self._table
        table.setHorizontalHeaderLabels(["Action", "Key", "Second key"])
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        if header := table.verticalHeader():
            header.setDefaultSectionSize(ROW_PX)
            header.hide()
        if header := table.horizontalHeader():
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            for column in range(1, 1 + SHOWN):
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                header.resizeSection(column, KEY_PX)
        for row, info in enumerate(self._actions):
            item = QTableWidgetItem(info.text)
            item.setToolTip(info.tip)
            table.setItem(row, 0, item)
            for column in range(SHOWN):
                edit = QKeySequenceEdit()
                edit.setMaximumSequenceLength(1)
                edit.setClearButtonEnabled(True)
                edit.setToolTip(f"Press the key for: {info.tip}")
                edit.keySequenceChanged.connect(
                    lambda keys, row=row, column=column: self._on_pressed(row, column, keys)
                )
                table.setCellWidget(row, column + 1, edit)
        self.set_settings(self._settings)

    def _show(self, row: int, column: int, key: str) -> None:
        edit = self._table.cellWidget(row, column + 1)
        if isinstance(edit, QKeySequenceEdit) and edit.keySequence() != QKeySequence(key):
            edit.blockSignals(True)
            edit.setKeySequence(QKeySequence(key))
            edit.blockSignals(False)

    def _on_pressed(self, row: int, column: int, keys: QKeySequence) -> None:
        info, key = self._actions[row], normal(keys.toString())
        assigned = assign_keys(self._settings, self._actions)
        owner = assigned.owner(key, info.workspace) if key else None
        if owner is not None and owner != info.name:
            self._wanted = (info.name, column, key)
            self._say(f"{key} belongs to “{self._title(owner)}”. Take it for “{info.text}”?")
            self.set_settings(self._settings)
            return
        self._say("")
        self._give(info.name, column, key)

    def _on_take(self) -> None:
        if self._wanted is None:
            return
        name, column, key = self._wanted
        assigned = assign_keys(self._settings, self._actions)
        owner = assigned.owner(key, assigned.places[name])
        if owner is not None:
            left = tuple(other for other in assigned.keys[owner] if other != key)
            self._tell(owner, left)
        self._say("")
        self._give(name, column, key)

    def _give(self, name: str, column: int, key: str) -> None:
        """Set one of an action's keys, "" to take it away."""
        keys = list(assign_keys(self._settings, self._actions).keys[name])
        keys[column : column + 1] = [key] if key else []
        self._tell(name, tuple(dict.fromkeys(keys)))

    def _tell(self, name: str, keys: tuple[str, ...]) -> None:
        usual = default_keys(self._settings.keyboard.key_set, self._actions)[name]
        self.changed.emit(name, None if keys == usual else keys)

    def _say(self, words: str) -> None:
        if not words:
            self._wanted = None
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._take.setVisible(bool(words))
