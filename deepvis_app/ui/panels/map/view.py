"""The workspace Map: head, map, legend, foot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QStackedWidget, QVBoxLayout, QWidget

from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.panels.map.canvas import MapCanvas
from deepvis_app.ui.panels.map.empty import EmptyMap
from deepvis_app.ui.panels.map.foot import MapFoot
from deepvis_app.ui.panels.map.head import MapHead
from deepvis_app.ui.panels.map.legend import MapLegend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent

    from deepvis_app.ui.panels.map.empty import Way


class MapView(QWidget):
    """Everything shown comes in by setters of its parts."""

    folder_chosen = pyqtSignal(str)  # to be scanned
    resized = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self._folder = ""
        self.head, self.foot = MapHead(), MapFoot()
        self.canvas, self.legend = MapCanvas(), MapLegend()
        self.notice, self.empty = NoticeLine(), EmptyMap()
        for explaining in (self.head, self.foot):
            explaining.explanation_requested.connect(self.explanation_requested)
        self.head.folder_requested.connect(self.choose_folder)
        page, strip = QWidget(), QWidget()
        inner = QVBoxLayout(strip)
        inner.setContentsMargins(16, 8, 16, 8)
        inner.addWidget(self.notice)
        self._notice_strip = strip
        strip.setProperty("surface", "pane")
        strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        below = QVBoxLayout(page)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.canvas, 1)
        below.addWidget(self.legend)
        self._stack = QStackedWidget()
        for each in (self.empty, page):
            self._stack.addWidget(each)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.head)
        column.addWidget(strip)
        column.addWidget(self._stack, 1)
        column.addWidget(self.foot)
        self.set_notice("")
        self.set_empty("")

    def set_empty(self, text: str, remedy: str = "", ways: Sequence[Way] = ()) -> None:
        """Say in place of the map why there is none; "": there is."""
        self.empty.set_text(text, remedy, ways)
        self._stack.setCurrentIndex(0 if text else 1)
        self.foot.setVisible(not text)
        self.head.set_enabled(not text)

    def is_empty(self) -> bool:
        return self._stack.currentIndex() == 0

    def set_notice(self, text: str, action: str = "") -> None:
        """Say what went wrong while a map is there all the same; "": nothing."""
        self.notice.set_notice(text, action)
        self._notice_strip.setVisible(bool(text))

    def set_narrow(self, is_narrow: bool) -> None:
        self.head.set_narrow(is_narrow)
        self.foot.set_narrow(is_narrow)

    @property
    def aspect(self) -> float:
        """How many times as wide as it is high the map is."""
        return self.canvas.width() / max(self.canvas.height(), 1)

    def choose_folder(self) -> None:
        """Ask which folder is to be scanned."""
        name = QFileDialog.getExistingDirectory(self, "Scan the pictures of a folder", self._folder)
        if name:
            self._folder = str(Path(name).parent)
            self.folder_chosen.emit(name)

    def ask_name(self, usual: str) -> str:
        """Ask what a selection is to be called; "": it is not to be kept."""
        name, is_sure = QInputDialog.getText(
            self, "Keep the chosen pictures", "What they are called", text=usual
        )
        return name.strip() if is_sure else ""

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and _dragged_folder(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Scan a folder that is dropped here; dropped elsewhere it is streamed."""
        folder = "" if event is None else _dragged_folder(event)
        if event is not None and folder:
            event.acceptProposedAction()
            self.folder_chosen.emit(folder)


def _dragged_folder(event: QDropEvent) -> str:
    mime = event.mimeData()
    urls = [] if mime is None else mime.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return ""
    path = Path(urls[0].toLocalFile())
    return str(path) if path.is_dir() else ""
