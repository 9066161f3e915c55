"""Chooses what fills the window's centre: a row of names, one list where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.segmented import Segment, Segmented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.panel import Workspace


class WorkspaceSwitch(QWidget):
    """What is current comes in by `set_current`."""

    picked = pyqtSignal(str)  # key of a workspace

    def __init__(self, workspaces: Sequence[Workspace], current: str) -> None:
        super().__init__()
        self._titles = {each.key: each.title for each in workspaces}
        options = [Segment(each.key, each.title, each.tip) for each in workspaces]
        choices = tuple(Choice(each.key, each.title, tip=each.tip) for each in workspaces)
        self.row = Segmented(options, current)
        self.row.setAccessibleName("Workspace")
        self._list = ChoicePopup()
        self._list.set_groups([ChoiceGroup("", choices)])
        self.chip = ChipButton("What fills the centre of the window")
        self.chip.set_popup(self._list)
        for part in (self.row, self._list):
            signal = part.picked if isinstance(part, Segmented) else part.chosen
            signal.connect(self.picked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.row, self.chip):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(widget)
        self.set_current(current)
        self.show_narrow(False)

    def current(self) -> str:
        return self.row.current()

    def set_current(self, key: str) -> None:
        self.row.set_current(key)
        self._list.set_current(key)
        self.chip.set_texts(self._titles[key])

    def show_narrow(self, is_narrow: bool) -> None:
        """Be one list, or a row."""
        self.row.setVisible(not is_narrow)
        self.chip.setVisible(is_narrow)
