"""A result large, its settings beside it: the page of most techniques."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.pictures.pair_parts import Compare
from deepvis_app.ui.kit.pictures.pair_view import PairView
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.play.parameters import Parameters
from deepvis_app.ui.panels.play.role_rows import RoleRows
from deepvis_app.ui.panels.play.run_controls import RunControls

if TYPE_CHECKING:
    from PyQt6.QtCore import QObject
    from PyQt6.QtGui import QResizeEvent

PARAMETERS_PX = 250
MARGIN, GAP = 16, 8
EDGE = 4  # at the right of the settings, whose scroll bar lies in the rest of the margin
MODES = (
    Segment("split", "Split", "The input at the left of a line, the result at its right: , and ;"),
    Segment("blink", "Blink", "Input and result in turn, in the same place"),
    Segment("beside", "Beside", "Input and result side by side"),
    Segment("difference", "Difference", "What was changed, amplified, about grey"),
)


class ResultPage(QScrollArea):
    """Everything shown comes in by setters of its parts."""

    compare_picked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.pair = PairView()
        self.modes = Segmented(MODES)
        self.modes.setAccessibleName("How input and result are compared")
        self.modes.picked.connect(self.compare_picked)
        self.size_text = ElidedLabel()
        self.size_text.setProperty("role", "detail")
        self.roles = RoleRows()
        self.fault = NoticeLine()
        self.parameters = Parameters()
        self.run = RunControls()
        self._is_narrow = False
        self._form = _Whole()
        self._form.setWidget(self.parameters)
        body = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, body)
        self._row.setSpacing(MARGIN)
        self._row.addWidget(self._result(), 1)
        self._row.addWidget(self._side())
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(body)
        self.pair.refit_wanted.connect(self.fit_pair)
        self.set_narrow(False)

    def set_compare(self, compare: str) -> None:
        self.modes.set_current(compare)
        self.pair.set_compare(Compare(compare))

    def set_comparable(self, why_not: str) -> None:
        """Say why there are not two pictures to compare; "": there are."""
        for key in ("split", "blink", "beside", "difference"):
            self.modes.set_option_enabled(key, not why_not, why_not)

    def set_narrow(self, is_narrow: bool) -> None:
        """Put the settings under the result, where the window is narrow."""
        self._is_narrow = is_narrow
        way, wide = QBoxLayout.Direction, PARAMETERS_PX + MARGIN - EDGE
        self._row.setDirection(way.TopToBottom if is_narrow else way.LeftToRight)
        self._row.setContentsMargins(MARGIN, MARGIN, MARGIN if is_narrow else EDGE, MARGIN)
        self._panel.setMinimumWidth(PARAMETERS_PX if is_narrow else wide)
        self._panel.setMaximumWidth(2 * PARAMETERS_PX if is_narrow else wide)
        for part in (self.parameters, self.run):
            part.setMaximumWidth(2 * PARAMETERS_PX if is_narrow else PARAMETERS_PX)
        self._form.is_whole = is_narrow
        self._form.updateGeometry()
        self.fit_pair()

    def fit_pair(self) -> None:
        """Let the picture be as high as it is at a whole multiple in the room that there is."""
        port = self.viewport()
        tall = (port.height() if port is not None else 0) - 2 * MARGIN
        if not self._is_narrow:
            tall -= self._under.sizeHint().height() + GAP
        self.pair.setFixedHeight(self.pair.height_for(self.pair.width(), tall))

    def _result(self) -> QWidget:
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.modes)
        line.addStretch(1)
        line.addWidget(self.size_text)
        self._under = QWidget()
        under = QVBoxLayout(self._under)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(GAP)
        under.addLayout(line)
        under.addWidget(self.roles)
        under.addWidget(self.fault)
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.pair)
        column.addWidget(self._under)
        column.addStretch(1)
        return pane

    def _side(self) -> QWidget:
        self._panel = QWidget()
        column = QVBoxLayout(self._panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._form)
        column.addWidget(self.run)
        column.addStretch(1)
        return self._panel

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.fit_pair()


class _Whole(QScrollArea):
    """As high as what it holds, where there is room; `is_whole`: always."""

    def __init__(self) -> None:
        super().__init__()
        self.is_whole = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()  # other controls want another height
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        held = self.widget()
        return QSize(PARAMETERS_PX, 0 if held is None else held.sizeHint().height() + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint() if self.is_whole else QSize(PARAMETERS_PX, 140)
