"""A square button with a drawing; its tooltip says what it does."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QToolButton, QWidget

from deepvis_app.ui.kit.icons import icon

SIDE = 16


class IconButton(QToolButton):
    """Use `clicked` and, when checkable, `toggled`."""

    def __init__(
        self, icon_name: str, tip: str, *, checkable: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "icon")
        self.setIconSize(QSize(SIDE, SIDE))
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.set_icon(icon_name)

    def set_icon(self, icon_name: str) -> None:
        self.setIcon(icon(icon_name))
