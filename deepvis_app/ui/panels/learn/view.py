"""The workspace Learn: head, runs, curves, pictures of the run, findings below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from deepvis_app.ui.kit.empty_page import EmptyPage
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.panels.learn.curves_view import CurvesView
from deepvis_app.ui.panels.learn.findings_view import FindingsView
from deepvis_app.ui.panels.learn.head import LearnHead
from deepvis_app.ui.panels.learn.run_list import RunList

if TYPE_CHECKING:
    from PyQt6.QtGui import QDragEnterEvent, QDropEvent

    from deepvis_app.ui.panels.learn.section import Section, SectionInfo


class LearnView(QWidget):
    """Everything shown comes in by setters of its parts."""

    dropped = pyqtSignal(str)  # the path of a log
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.head, self.runs = LearnHead(), RunList()
        self.notice = NoticeLine()
        self.curves, self.findings = CurvesView(), FindingsView()
        self.empty = EmptyPage()
        self.sections: list[Section] = []
        self._for_wide: list[Section] = []
        for explaining in (self.curves, self.findings):
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

    def add_section(self, info: SectionInfo, section: Section) -> None:
        """Put a picture below those that are there."""
        section.explanation_requested.connect(self.explanation_requested)
        self.sections.append(section)
        if info.is_for_wide:
            self._for_wide.append(section)
        box = QWidget()
        row = QVBoxLayout(box)
        row.setContentsMargins(16, 0, 16, 0)
        row.addWidget(section)
        self._column.insertWidget(self._column.count() - 1, box)

    def set_narrow(self, is_narrow: bool, curve: str) -> None:
        self.curves.set_narrow(is_narrow, curve)
        for section in self.sections:
            section.set_narrow(is_narrow)
            section.parentWidget().setVisible(  # type: ignore[union-attr]  # its box
                not (is_narrow and section in self._for_wide)
            )

    # Qt's own methods

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
