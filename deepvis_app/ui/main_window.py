"""The window: views in their places, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from deepvis_app.synth import parameters
from deepvis_app.tiles import DIVERGING, SEQUENTIAL
from deepvis_app.ui.kit.banner import BannerStack
from deepvis_app.ui.kit.progress_line import ProgressLine
from deepvis_app.ui.kit.toast import Toast
from deepvis_app.ui.kit.undo import Undo
from deepvis_app.ui.panels.grid.contrast_popup import ContrastPopup
from deepvis_app.ui.panels.grid.view import GridView
from deepvis_app.ui.panels.input.view import InputView
from deepvis_app.ui.panels.jobs.view import JobsPopup
from deepvis_app.ui.panels.layers.view import LayersView
from deepvis_app.ui.panels.now.view import NowView
from deepvis_app.ui.panels.preferred.view import PreferredView
from deepvis_app.ui.panels.why.closer_view import CloserView
from deepvis_app.ui.panels.why.view import WhyView
from deepvis_app.ui.shell.help_overlay import HelpOverlay
from deepvis_app.ui.shell.inspector import InspectorView
from deepvis_app.ui.shell.status_view import StatusView
from deepvis_app.ui.shell.top_bar import TopBar

if TYPE_CHECKING:
    from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent

NARROW_PX = 1280  # below, details that can be missed are left out


class MainWindow(QMainWindow):
    """Places the views; tells of drops and of closing."""

    dropped = pyqtSignal(object)  # QMimeData
    closing = pyqtSignal()
    visibility_changed = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("deepvis")
        self.setAnimated(False)  # else each new layout starts an animation of docks
        self.setMinimumSize(1000, 640)
        self.resize(1440, 900)
        self.setAcceptDrops(True)
        self.top = TopBar()
        self.progress = ProgressLine(cancellable=False)
        self.banners = BannerStack()
        self.input = InputView()
        self.layers = LayersView()
        self.contrast = ContrastPopup(SEQUENTIAL, DIVERGING)
        self.grid = GridView(self.contrast)
        self.inspector = InspectorView()
        self.now = NowView()
        self.preferred = PreferredView(parameters())
        self.closer = CloserView()
        self.why = WhyView(self.closer)
        self.closer.explanation_requested.connect(self.why.explanation_requested)
        self._add_pages()
        self.jobs = JobsPopup()
        self.status = StatusView(self.jobs)
        self._splitter = self._columns()
        self._is_narrow = False
        self._assemble()
        self.help = HelpOverlay(self)
        self.toast = Toast(self)
        self.undo = Undo(self, self.toast)

    def show_inspector(self, visible: bool) -> None:
        self.inspector.setVisible(visible)

    def _add_pages(self) -> None:
        for key, title, page, tip in (
            ("now", "Now", self.now, "What the unit does on the present picture"),
            ("preferred", "Preferred", self.preferred, "What the unit would like to see"),
            ("why", "Why", self.why, "What of the present picture makes the unit fire"),
        ):
            self.inspector.add_page(key, title, page, tip)

    def _columns(self) -> QSplitter:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.layers)
        column.addWidget(self.grid, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        for widget, stretch in ((self.input, 0), (centre, 1), (self.inspector, 0)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        self.input.setMinimumWidth(232)
        centre.setMinimumWidth(420)
        self.inspector.setMinimumWidth(256)
        splitter.setSizes([312, 752, 376])
        return splitter

    def _assemble(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for widget in (self.top, self.progress, self.banners):
            column.addWidget(widget)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.status)
        self.setCentralWidget(body)

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW_PX
        self.status.show_details(not narrow)
        if narrow != self._is_narrow:  # the first event's old size may be none
            self._is_narrow = narrow
            sides = [248, 312] if narrow else [312, 376]
            self._splitter.setSizes([sides[0], self.width() - sum(sides), sides[1]])

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.WindowStateChange:
            self.visibility_changed.emit(not self.isMinimized())

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None:
            event.setAccepted(mime.hasUrls() or mime.hasImage() or mime.hasText())

    def dropEvent(self, event: QDropEvent | None) -> None:
        if event is not None:
            event.acceptProposedAction()
            self.dropped.emit(event.mimeData())

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.closing.emit()
        super().closeEvent(event)
