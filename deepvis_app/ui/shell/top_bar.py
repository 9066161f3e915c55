"""The bar at the top: source, network, device and the window's buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QWidget

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.shell.workspace_switch import WorkspaceSwitch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QAction

    from deepvis_app.ui.panel import Workspace


class TopBar(QWidget):
    """Choosers for source, network and device; buttons that mirror the window's actions."""

    source_chosen = pyqtSignal(str)
    network_chosen = pyqtSignal(str)
    device_chosen = pyqtSignal(str)
    action_chosen = pyqtSignal(str)  # a popup's footer: "open-files", …
    sources_opened = pyqtSignal()  # a popup opens: fill it with what is there now
    networks_opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(48)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        logo = QLabel("deepvis")
        logo.setProperty("role", "title")
        row.addWidget(logo)
        row.addSpacing(8)
        self.source, self._sources = self._chip(
            row, "Where the pictures come from", "Stream address, file or folder", "camera"
        )
        self.network, self._networks = self._chip(
            row, "The network that looks at the pictures", "Network name or file", "network"
        )
        self.device, self._devices = self._chip(row, "Where the network is computed", "", "device")
        row.addStretch(1)
        self.workspaces: WorkspaceSwitch | None = None
        self._of_narrow: QWidget | None = None
        self._row = row
        for popup, chosen in (
            (self._sources, self.source_chosen),
            (self._networks, self.network_chosen),
            (self._devices, self.device_chosen),
        ):
            popup.chosen.connect(chosen)
            popup.text_entered.connect(chosen)
            popup.action_chosen.connect(self.action_chosen)
        self.source.popup_opened.connect(self.sources_opened)
        self.network.popup_opened.connect(self.networks_opened)
        self._sources.add_action("open-files", "Open pictures or video…", "film")
        self._sources.add_action("open-folder", "Open folder…", "folder")
        self._networks.add_action(
            "open-network",
            "Open network file…",
            "folder",
            "Open a profile (.toml), an exported program (.pt2) or a whole saved module",
        )
        self._networks.add_action(
            "open-weights",
            "Weights from a file…",
            "download",
            "Load a state dict into the network that is shown, as a file dropped on the window is",
        )

    def add_workspaces(self, workspaces: Sequence[Workspace], current: str) -> WorkspaceSwitch:
        """Offer what can fill the window's centre."""
        self.workspaces = WorkspaceSwitch(workspaces, current)
        self._row.insertWidget(self._row.count() - 1, self.workspaces)
        return self.workspaces

    def add_narrow_button(self, icon_name: str, action: QAction) -> None:
        """Add a button that is there in a narrow window alone."""
        self.add_button(icon_name, action)
        item = self._row.itemAt(self._row.count() - 1)
        self._of_narrow = item.widget() if item is not None else None
        self.show_narrow(False)

    def show_narrow(self, is_narrow: bool) -> None:
        """Show what a narrow window needs."""
        if self._of_narrow is not None:
            self._of_narrow.setVisible(is_narrow)
        if self.workspaces is not None:
            self.workspaces.show_narrow(is_narrow)

    def add_button(self, icon_name: str, action: QAction) -> None:
        """Add a button for `action`, which owns its tooltip and state."""
        button = IconButton(icon_name, action.toolTip(), checkable=action.isCheckable())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(action.trigger)
        action.toggled.connect(button.setChecked)
        action.changed.connect(lambda: button.setToolTip(action.toolTip()))
        self._row.addWidget(button)

    def add_menu_button(self, icon_name: str, tip: str, actions: Sequence[QAction]) -> None:
        """Add a button that opens a menu of `actions`."""
        button = IconButton(icon_name, tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        menu.addActions(list(actions))
        button.clicked.connect(lambda: menu.popup(button.mapToGlobal(button.rect().bottomLeft())))
        self._row.addWidget(button)

    def set_sources(self, groups: Sequence[ChoiceGroup], current: str) -> None:
        self._sources.set_groups(groups)
        self._sources.set_current(current)

    def set_networks(self, groups: Sequence[ChoiceGroup], current: str) -> None:
        self._networks.set_groups(groups)
        self._networks.set_current(current)

    def set_devices(self, groups: Sequence[ChoiceGroup], current: str) -> None:
        self._devices.set_groups(groups)
        self._devices.set_current(current)

    def _chip(
        self, row: QHBoxLayout, tip: str, entry_hint: str, icon_name: str
    ) -> tuple[ChipButton, ChoicePopup]:
        chip = ChipButton(tip)
        chip.set_icon(icon_name)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        popup = ChoicePopup(searchable=bool(entry_hint), entry_hint=entry_hint)
        chip.set_popup(popup)
        row.addWidget(chip)
        return chip, popup
