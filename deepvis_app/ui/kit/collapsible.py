"""A section whose content can be folded away under its heading."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.section_header import help_button


class Collapsible(QWidget):
    """A heading that opens and closes what lies below it, with a detail at the right."""

    toggled = pyqtSignal(bool)
    explanation_requested = pyqtSignal()

    def __init__(
        self, title: str, content: QWidget, tip: str = "", *, explains: bool = False
    ) -> None:
        super().__init__()
        self._content = content
        self._button = QToolButton()
        self._button.setText(title)
        self._button.setToolTip(tip)
        self._button.setCheckable(True)
        self._button.setProperty("kind", "heading")
        self._button.setIconSize(QSize(12, 12))
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.toggled.connect(self._on_toggled)
        self._detail = QLabel()
        self._detail.setProperty("role", "detail")
        self._detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._button)
        if explains:
            explain = help_button(title)
            explain.clicked.connect(self.explanation_requested)
            row.addWidget(explain)
        row.addWidget(self._detail, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(content)
        self._show(is_open=False)

    def set_open(self, is_open: bool) -> None:
        self._button.blockSignals(True)
        self._button.setChecked(is_open)
        self._button.blockSignals(False)
        self._show(is_open=is_open)

    def is_open(self) -> bool:
        return self._button.isChecked()

    def set_detail(self, text: str) -> None:
        self._detail.setText(text)

    def _on_toggled(self, is_open: bool) -> None:
        self._show(is_open=is_open)
        self.toggled.emit(is_open)

    def _show(self, *, is_open: bool) -> None:
        self._button.setIcon(icon("chevron-down" if is_open else "chevron-right", "muted"))
        self._content.setVisible(is_open)
