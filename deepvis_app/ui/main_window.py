"""The window: places for panels, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from deepvis_app.ui.kit.banner import BannerStack
from deepvis_app.ui.kit.progress_line import ProgressLine
from deepvis_app.ui.kit.theme import set_look
from deepvis_app.ui.kit.toast import Toast
from deepvis_app.ui.kit.undo import Undo
from deepvis_app.ui.panel import Place
from deepvis_app.ui.shell.help_overlay import HelpOverlay
from deepvis_app.ui.shell.inspector import InspectorView
from deepvis_app.ui.shell.status_view import StatusView
from deepvis_app.ui.shell.top_bar import TopBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent

    from deepvis_app.state.sight import Sight
    from deepvis_app.ui.panel import PanelInfo, Workspace

NARROW_PX = 1280  # below, details that can be missed are left out
DRAWER_BELOW_PX = 1200  # below, the inspector lies over the centre
DRAWER_PX = 344
MOVED = (QEvent.Type.Resize, QEvent.Type.Move)


class MainWindow(QMainWindow):
    """Places for panels; tells of drops and of closing."""

    dropped = pyqtSignal(object)  # QMimeData
    closing = pyqtSignal()
    visibility_changed = pyqtSignal(bool)

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        self._sight = sight
        self.setWindowTitle("deepvis")
        self.setAnimated(False)  # else each new layout starts an animation of docks
        self.setMinimumSize(1000, 640)
        self.resize(1440, 900)
        self.setAcceptDrops(True)
        self.top = TopBar()
        self.progress = ProgressLine(cancellable=False)
        self.banners = BannerStack()
        self.inspector = InspectorView()
        self.status = StatusView()
        self._left, self._centre = QStackedWidget(), QStackedWidget()
        self.offered: tuple[str, ...] = ()  # keys of the workspaces that there are
        self._workspaces: dict[str, QVBoxLayout] = {}
        self._splitter = self._columns()
        self._splitter.installEventFilter(self)
        self._is_narrow = False
        self._assemble()
        self.help = HelpOverlay(self)
        self.toast = Toast(self)
        self.undo = Undo(self, self.toast)
        self.inspector.tab_picked.connect(lambda key: setattr(sight, "page", key))
        sight.events.page.connect(lambda page, *_: self.inspector.set_tab(page))
        for name in ("is_inspecting", "is_drawn"):
            getattr(sight.events, name).connect(lambda *_: self._show_inspector())
        sight.events.workspace.connect(self._show_workspace)

    def offer_workspaces(self, workspaces: Sequence[Workspace]) -> None:
        """Let the user choose what fills the centre, where there is a choice."""
        self.offered = tuple(each.key for each in workspaces)
        if len(workspaces) > 1:
            switch = self.top.add_workspaces(workspaces, self._sight.workspace)
            switch.picked.connect(lambda key: setattr(self._sight, "workspace", key))

    def place(self, info: PanelInfo, view: QWidget) -> None:
        """Put a panel where it belongs."""
        if info.place is Place.LEFT:
            self._left.addWidget(view)
        elif info.place is Place.PAGE:
            self.inspector.set_page(info.key, view)
        elif info.place is Place.LINE:
            self.status.add(view)
        else:
            self._place_in_centre(info, view)

    def _place_in_centre(self, info: PanelInfo, view: QWidget) -> None:
        """Put a panel below those of its workspace; the last one takes the room there is."""
        key = info.workspace.key if info.workspace is not None else info.key
        if key not in self._workspaces:
            column = self._workspaces[key] = QVBoxLayout()
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(1)
            page = QWidget()
            page.setLayout(column)
            self._centre.addWidget(page)
        column = self._workspaces[key]
        for index in range(column.count()):
            column.setStretch(index, 0)
        column.addWidget(view, 1)
        self._show_workspace()

    def _show_workspace(self, *_: object) -> None:
        column = self._workspaces.get(self._sight.workspace)
        if column is not None:
            self._centre.setCurrentWidget(column.parentWidget())
        if self.top.workspaces is not None:
            self.top.workspaces.set_current(self._sight.workspace)

    def _columns(self) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        for widget, stretch in ((self._left, 0), (self._centre, 1), (self.inspector, 0)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        self._left.setMinimumWidth(232)
        self._centre.setMinimumWidth(420)
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

    def _show_inspector(self) -> None:
        self.inspector.setVisible(self._sight.inspects)
        self._place_drawer()

    def _make_drawer(self, is_narrow: bool) -> None:
        """Let the inspector lie over the centre where there is no room beside it, or not."""
        set_look(self.inspector, "surface", "drawer" if is_narrow else "pane")
        if is_narrow:
            self.inspector.setParent(self.centralWidget())
        else:
            self._splitter.addWidget(self.inspector)
        self._sight.is_narrow = is_narrow
        self.top.show_narrow(is_narrow)
        self._show_inspector()

    def _place_drawer(self) -> None:
        if self._sight.is_narrow:
            room = self._splitter.geometry()
            self.inspector.setGeometry(
                room.right() + 1 - DRAWER_PX, room.top(), DRAWER_PX, room.height()
            )
            self.inspector.raise_()

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW_PX
        self.status.show_details(not narrow)
        is_drawer = self.width() < DRAWER_BELOW_PX
        if is_drawer != self._sight.is_narrow:
            self._make_drawer(is_drawer)
        elif narrow == self._is_narrow:
            return
        self._is_narrow = narrow  # the first event's old size may be none
        sides = [264] if is_drawer else [248, 312] if narrow else [312, 376]
        self._splitter.setSizes([sides[0], self.width() - sum(sides), *sides[1:]])

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self._splitter and event is not None and event.type() in MOVED:
            self._place_drawer()
        return super().eventFilter(watched, event)

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
