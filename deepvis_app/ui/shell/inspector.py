"""One unit questioned: its name, and a page for each question."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.tab_stops import follow_on
from deepvis_app.ui.kit.tab_strip import TabStrip


class InspectorView(QWidget):
    """Right pane: the unit's title above flat tabs. The pages know nothing of each other.

    Title and details have one line each however long they are: what is below stays in its place.
    """

    tab_picked = pyqtSignal(str)  # key of a page

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._title.setProperty("role", "title")
        self._details = (ElidedLabel(), ElidedLabel())
        for detail in self._details:
            detail.setProperty("role", "muted")
        self._tabs = TabStrip()
        self._tabs.setAccessibleName("Questions to the unit")
        self._tabs.picked.connect(self._on_picked)
        self._pages = QStackedWidget()
        head = QVBoxLayout()
        head.setContentsMargins(16, 16, 16, 0)
        head.setSpacing(2)
        for widget in (self._title, *self._details):
            head.addWidget(widget)
        head.addSpacing(2)
        head.addWidget(self._tabs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        self.set_unit("No unit", "Click a tile to question its unit")

    def add_page(self, key: str, title: str, tip: str = "") -> None:
        """Add a tab; its page is empty until `set_page`."""
        self._pages.addWidget(QWidget())
        self._tabs.add(key, title, tip)

    def set_page(self, key: str, page: QWidget) -> None:
        """Put a page behind its tab; what is too tall scrolls."""
        page.setProperty("surface", "pane")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        place = self._tabs.keys().index(key)
        empty = self._pages.widget(place)
        self._pages.insertWidget(place, scroll)
        if empty is not None:
            self._pages.removeWidget(empty)
            empty.deleteLater()
        follow_on(self._tabs, page)
        self.set_tab(self.tab())

    def set_unit(self, title: str, detail: str, second: str = "") -> None:
        self._title.set_text(title)
        for label, text in zip(self._details, (detail, second), strict=True):
            label.set_text(text)

    def set_tab(self, key: str) -> None:
        """Open a page; an unknown key changes nothing."""
        self._tabs.set_current(key)
        self._pages.setCurrentIndex(max(self._tabs.currentIndex(), 0))

    def tab(self) -> str:
        """Return the key of the open page."""
        return self._tabs.current()

    def tabs(self) -> tuple[str, ...]:
        return self._tabs.keys()

    def _on_picked(self, key: str) -> None:
        self.set_tab(key)
        self.tab_picked.emit(key)
