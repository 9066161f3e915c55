"""A line of text that drops down, or up, what belongs to it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QToolButton, QWidget

from deepvis_app.ui.kit.popup_frame import PopupFrame


class PopupButton(QToolButton):
    """Flat, as tall as the line it stands in."""

    popup_opened = pyqtSignal()

    def __init__(self, content: QWidget, tip: str) -> None:
        super().__init__()
        self._popup = PopupFrame(content, self)
        self.setProperty("kind", "line")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tip = tip
        self.setToolTip(tip)
        self.clicked.connect(self.open_popup)

    def set_text(self, text: str, whole: str = "") -> None:
        """Show a line; `whole` is what it says where that has no room."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(whole or text)
            self.setToolTip(f"{whole}\n{self._tip}" if whole else self._tip)

    def open_popup(self) -> None:
        if not self._popup.isVisible():
            self.popup_opened.emit()
            self._popup.open_below(self)

    def is_open(self) -> bool:
        return self._popup.isVisible()
