"""What is wrong with the runs, worst first: evidence, remedy, and one thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.ui.panels.learn.findings import FindingLine

ROW = 49
SEEN = 3  # without scrolling
LOOKS = {
    "alarm": ("error", "bad"),
    "warning": ("warning", "warning"),
    "hint": ("info", "muted"),
    "good": ("check", "good"),
}


class FindingsView(QWidget):
    """Everything shown comes in by `set_findings`."""

    acted = pyqtSignal(str)  # key
    more_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lines: tuple[FindingLine, ...] = ()
        self._seen = SEEN
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._header = SectionHeader("What is wrong, and what to do", explains=True)
        self._header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-findings")
        )
        self._more = QPushButton()
        self._more.setProperty("kind", "quiet")
        self._more.setToolTip("Show all findings, or only the worst")
        self._more.clicked.connect(self.more_requested)
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 8, 0)
        head.setSpacing(4)
        head.addWidget(self._header, 1)
        head.addWidget(self._more)
        box = QWidget()
        box.setFixedHeight(30)
        box.setLayout(head)
        self._inner = QWidget()
        self._rows = QVBoxLayout(self._inner)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(box)
        column.addWidget(self._scroll)
        self.set_findings((), "", "")

    def set_findings(
        self, lines: Sequence[FindingLine], detail: str, more: str, tip: str = ""
    ) -> None:
        """Show rows; `more` is the button's text, "": all are there; `tip` says what is judged."""
        self._header.set_detail(detail)
        self._header.setToolTip(tip)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for line in self._lines:
            row = _Row(line)
            row.acted.connect(self.acted)
            self._rows.addWidget(row)
        self._fit()

    def lines(self) -> tuple[FindingLine, ...]:
        return self._lines

    def set_low(self, is_low: bool) -> None:
        """Have room for one row alone, or for some."""
        self._seen = 1 if is_low else SEEN
        self._fit()

    def _fit(self) -> None:
        self._scroll.setFixedHeight(ROW * min(len(self._lines), self._seen))


class _Row(QWidget):
    """One finding."""

    acted = pyqtSignal(str)

    def __init__(self, line: FindingLine) -> None:
        super().__init__()
        self._line = line
        self.setFixedHeight(ROW)
        self.setToolTip(line.tip)
        self.setAccessibleName(f"{line.title}, {line.run}: {line.evidence} {line.remedy}")
        self.button = QPushButton(line.action)
        self.button.setProperty("kind", "quiet")
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.setVisible(bool(line.action))
        self.button.clicked.connect(lambda: self.acted.emit(line.key))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 8, 16)
        row.addStretch(1)
        row.addWidget(self.button)

    def sizeHint(self) -> QSize:
        return QSize(320, ROW)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter, line = QPainter(self), self._line
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(0, 0, self.width(), 1, colour("line"))
        drawing, shade = LOOKS[line.severity]
        paint_icon(painter, QRectF(13, 9, 16, 16), drawing, str(getattr(active_theme(), shade)))
        right = self.button.x() - 8 if line.action else self.width() - 16
        left = 36.0
        bold, plain, small = (
            font(weight=QFont.Weight.DemiBold), font(), font(Size.SMALL),
        )  # fmt: skip
        left += _text(painter, QRectF(left, 6, right - left, 20), line.title, bold, "text")
        if line.run:
            _text(painter, QRectF(left, 6, right - left, 20), f" · {line.run}", plain, "muted")
        below = QRectF(36, 26, self.width() - 16 - 36, 18)
        # The remedy is what is to be read: the evidence gives way first.
        remedy = QFontMetricsF(small).horizontalAdvance(f" {line.remedy}") if line.remedy else 0.0
        room = max(below.width() - remedy, below.width() * 0.5)
        used = _text(painter, QRectF(below.left(), 26, room, 18), line.evidence, small, "muted")
        below.setLeft(below.left() + used)
        if line.remedy:
            _text(painter, below, f" {line.remedy}", small, "text")


def _text(painter: QPainter, area: QRectF, text: str, kind: QFont, shade: str) -> float:
    """Paint a line as far as it has room; return how wide it is."""
    metrics = QFontMetricsF(kind)
    shown = elided(metrics, text, Qt.TextElideMode.ElideRight, area.width())
    painter.setFont(kind)
    painter.setPen(colour(shade))
    painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), shown)
    return metrics.horizontalAdvance(shown)
