"""The line on top of a section: what it is, a detail at the right, a "?" that explains it."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.theme import set_look


class SectionHeader(QWidget):
    """A heading with a detail that gives way first when there is little room."""

    explanation_requested = pyqtSignal()

    def __init__(
        self,
        title: str,
        detail: str = "",
        *,
        explains: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = ElidedLabel()
        self._title.setProperty("role", "heading")
        self._detail = _Detail(detail)
        self._detail.setProperty("role", "detail")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._title)
        if explains:
            row.addWidget(self._make_help(title))
        row.addWidget(self._detail, 1)
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Name the section; "" leaves no gap where a name would be."""
        self._title.set_text(title)
        self._title.setHidden(not title)

    def set_detail(self, detail: str, pinned: bool = False) -> None:
        """Set the text at the right; `pinned` shows it in the second colour."""
        self._detail.set_text(detail)
        set_look(self._detail, "role", "pinned" if pinned else "detail")

    def _make_help(self, title: str) -> QToolButton:
        button = help_button(title)
        button.clicked.connect(self.explanation_requested)
        return button


def help_button(title: str) -> QToolButton:
    """Return a "?" that offers to explain a section."""
    button = QToolButton()
    button.setIcon(icon("help", "muted"))
    button.setIconSize(QSize(12, 12))
    button.setFixedSize(20, 20)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(f"Explain what {title} shows, with formula and source")
    button.setAccessibleName(f"Explain {title}")
    return button


class _Detail(QLabel):
    """A right-aligned label that may be narrower than its text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._full = text

    def set_text(self, text: str) -> None:
        if text != self._full:
            self._full = text
            self._elide()

    def resizeEvent(self, _event: object) -> None:
        self._elide()

    def _elide(self) -> None:
        mode = Qt.TextElideMode.ElideRight
        shown = elided(self.fontMetrics(), self._full, mode, self.width())
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")
