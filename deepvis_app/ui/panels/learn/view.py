"""The workspace Learn: head, runs, curves, pictures of the run, findings below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.empty_page import EmptyPage
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.panels.learn.curves_view import CurvesView
from deepvis_app.ui.panels.learn.findings_view import FindingsView
from deepvis_app.ui.panels.learn.form_sheet import FormSheet
from deepvis_app.ui.panels.learn.head import LearnHead
from deepvis_app.ui.panels.learn.run_list import RunList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QPoint
    from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent

    from deepvis_app.ui.panels.learn.run_menu import Entry
    from deepvis_app.ui.panels.learn.section import Section, SectionInfo


LOW_PX = 680  # of the workspace, below which the worst finding alone is seen


class LearnView(QWidget):
    """Everything shown comes in by setters of its parts."""

    dropped = pyqtSignal(str)  # the path of a log
    entry_chosen = pyqtSignal(str, str, object)  # a run, a line of its menu, its step
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self._folder = ""  # that was chosen last
        self.head, self.runs = LearnHead(), RunList()
        self.notice = NoticeLine()
        self.curves, self.findings = CurvesView(), FindingsView()
        self.empty = EmptyPage()
        self.form = FormSheet(self)
        self.sections: list[Section] = []
        self._by_key: dict[str, Section] = {}
        self._for_wide: list[Section] = []
        for explaining in (self.curves, self.findings, self.form.content):
            explaining.explanation_requested.connect(self.explanation_requested)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 12)
        self._column.setSpacing(10)
        self._column.addWidget(self.curves)
        self._column.addStretch(1)
        self.pictures = QScrollArea()
        self.pictures.setWidgetResizable(True)
        self.pictures.setFrameShape(QFrame.Shape.NoFrame)
        self.pictures.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.pictures.setWidget(inner)
        page = QWidget()
        below = QVBoxLayout(page)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(1)
        below.addWidget(self.runs)
        below.addWidget(self.pictures, 1)
        below.addWidget(self.findings)
        self._stack = QStackedWidget()
        for each in (self.empty, page):
            self._stack.addWidget(each)
        strip = QWidget()
        self._strip = QVBoxLayout(strip)
        self._strip.setContentsMargins(16, 8, 16, 8)
        self._strip.addWidget(self.notice)
        self._notice_strip = strip
        strip.setProperty("surface", "pane")
        strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.head)
        column.addWidget(strip)
        column.addWidget(self._stack, 1)
        self.set_notice("")

    def set_empty(self, is_empty: bool) -> None:
        """Say what to do where there is no run yet."""
        self._stack.setCurrentIndex(0 if is_empty else 1)

    def is_empty(self) -> bool:
        return self._stack.currentIndex() == 0

    def set_notice(self, text: str, action: str = "", *, is_bad: bool = True) -> None:
        self.notice.set_notice(text, action, is_bad=is_bad)
        self._notice_strip.setVisible(bool(text))

    def open_menu(self, path: str, groups: Sequence[Sequence[Entry]], at: QPoint) -> None:
        """Offer what can be done with a run."""
        self.menu(path, groups).popup(at)

    def menu(self, path: str, groups: Sequence[Sequence[Entry]]) -> QMenu:
        """Return a run's menu; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for group in groups:
            back = [entry for entry in group if entry.key == "back"]
            for entry in group:
                if entry not in back:
                    self._add(menu, path, entry)
            if back:
                steps = menu.addMenu("Go back to a checkpoint")
                assert steps is not None
                for entry in back:
                    self._add(steps, path, entry)
            menu.addSeparator()
        return menu

    def _add(self, menu: QMenu, path: str, entry: Entry) -> None:
        action = menu.addAction(
            entry.text, lambda: self.entry_chosen.emit(path, entry.key, entry.step)
        )
        assert action is not None
        action.setEnabled(entry.enabled)

    def ask_folder(self, title: str) -> str:
        """Ask for a folder; "": none was chosen."""
        found = QFileDialog.getExistingDirectory(self, title, self._folder)
        self._folder = found or self._folder
        return found

    def open_folder(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    def add_section(self, info: SectionInfo, section: Section) -> None:
        """Put a picture below those that are there."""
        section.explanation_requested.connect(self.explanation_requested)
        self.sections.append(section)
        self._by_key[info.key] = section
        if info.is_for_wide:
            self._for_wide.append(section)
        box = QWidget()
        row = QVBoxLayout(box)
        row.setContentsMargins(16, 0, 16, 0)
        row.addWidget(section)
        self._column.insertWidget(self._column.count() - 1, box)

    def show_section(self, key: str) -> None:
        """Scroll to one of the pictures, if it is there."""
        section, bar = self._by_key.get(key), self.pictures.verticalScrollBar()
        if section is not None and bar is not None:
            bar.setValue(section.mapTo(self.pictures.widget(), section.rect().topLeft()).y())

    def set_narrow(self, is_narrow: bool, curve: str) -> None:
        self.head.set_narrow(is_narrow)
        self.curves.set_narrow(is_narrow, curve)
        for section in self.sections:
            section.set_narrow(is_narrow)
            section.parentWidget().setVisible(  # type: ignore[union-attr]  # its box
                not (is_narrow and section in self._for_wide)
            )

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.findings.set_low(self.height() < LOW_PX)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take folders, and files of logs; the rest is for the stream."""
        if event is not None and _log_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        path = _log_in(event) if event is not None else ""
        if event is not None and path:
            event.acceptProposedAction()
            self.dropped.emit(path)


def _log_in(event: QDropEvent) -> str:
    """Return what may be a log among what is dragged, "" for none."""
    mime = event.mimeData()
    for url in [] if mime is None else mime.urls():
        path = url.toLocalFile().rstrip("/")
        name = path.rpartition("/")[2]
        if "." not in name or "tfevents" in name or name.endswith(".dvlog"):
            return path
    return ""
