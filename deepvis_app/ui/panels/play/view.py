"""The workspace Play: a head, the page of the technique, a strip of stages below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from deepvis_app.ui.panels.play.attack_page import AttackPage
from deepvis_app.ui.panels.play.head import PlayHead
from deepvis_app.ui.panels.play.result_page import ResultPage
from deepvis_app.ui.panels.play.stages_view import StagesView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QResizeEvent

    from deepvis_app.ui.kit.segmented import Segment

LOW_PX = 740  # of the workspace, below which the strip has smaller pictures
ATTACKS = "adversary"  # the technique with a page of its own


class PlayView(QWidget):
    """Everything shown comes in by setters of its parts; `page` is that of the technique."""

    explanation_requested = pyqtSignal(str)

    def __init__(self, techniques: Sequence[Segment]) -> None:
        super().__init__()
        self.setProperty("surface", "background")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.head = PlayHead(techniques)
        self.result = ResultPage()
        self.attack = AttackPage()
        self.pages: tuple[ResultPage | AttackPage, ...] = (self.result, self.attack)
        self.page: ResultPage | AttackPage = self.result
        self.stages = StagesView()
        for part in (self.result.parameters, self.result.run, self.attack, self.stages):
            part.explanation_requested.connect(self.explanation_requested)
        self._stack = QStackedWidget()
        for page in self.pages:
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.head)
        column.addWidget(self._stack, 1)
        column.addWidget(self.stages)

    def turn_to(self, technique: str) -> None:
        """Show a technique's page."""
        self.page = self.attack if technique == ATTACKS else self.result
        self._stack.setCurrentWidget(self.page)

    def set_narrow(self, is_narrow: bool) -> None:
        self.head.set_narrow(is_narrow)
        for page in self.pages:
            page.set_narrow(is_narrow)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.stages.set_low(self.height() < LOW_PX)
