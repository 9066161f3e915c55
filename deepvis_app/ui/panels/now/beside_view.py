"""The picked unit on two pictures: where it is active on each, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import colour, font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.ui.panels.now.beside import OnPicture, UnitBar

ROW, BAR, NAME_PX, VALUE_PX = 24.0, 6.0, 80.0, 64.0


@dataclass(frozen=True, slots=True)
class _Half:
    header: SectionHeader
    picture: PictureView
    map: PictureView


class BesideView(QWidget):
    """Everything shown comes in by setters."""

    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._halves = tuple(
            self._half(column, title) for title in ("On the input", "On the result")
        )
        self._unit = self._header("This unit", "beside")
        self.bars = UnitBars()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        for widget in (self._unit, self.bars, self.words):
            column.addWidget(widget)

    def set_half(self, place: int, on: OnPicture) -> None:
        """Show the unit on the input (0) or the result (1)."""
        half = self._halves[place]
        half.header.set_detail(on.words)
        half.picture.set_picture(on.picture)
        half.map.set_picture(on.map)

    def set_unit(self, change: str, bars: tuple[UnitBar, ...], words: str) -> None:
        """Show the unit's values as bars, by how much they differ, and what the network says."""
        self._unit.set_detail(change)
        self.bars.set_bars(bars)
        self.words.setText(words)

    def _header(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _half(self, column: QVBoxLayout, title: str) -> _Half:
        header = self._header(title, "beside")
        views = PictureView("", ground="pane"), PictureView("", smooth=False, ground="pane")
        row = QHBoxLayout()
        row.setSpacing(8)
        for view in views:
            view.setMinimumSize(96, 64)
            view.setMaximumHeight(168)
            row.addWidget(view, 1)
        column.addWidget(header)
        column.addLayout(row)
        column.addSpacing(4)
        return _Half(header, *views)


class UnitBars(QWidget):
    """A name, a bar and a number a row."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: tuple[UnitBar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The unit on input and result")

    def set_bars(self, bars: tuple[UnitBar, ...]) -> None:
        if bars != self._bars:
            self._bars = bars
            self.setAccessibleDescription(", ".join(f"{b.name} {b.value}" for b in bars))
            self.updateGeometry()
            self.update()

    def bars(self) -> tuple[UnitBar, ...]:
        return self._bars

    def sizeHint(self) -> QSize:
        return QSize(240, round(2 * ROW))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font())
        middle = Qt.AlignmentFlag.AlignVCenter
        room = self.width() - NAME_PX - VALUE_PX
        for place, bar in enumerate(self._bars):
            top = place * ROW
            painter.setPen(colour("text"))
            painter.drawText(QRectF(0, top, NAME_PX, ROW), int(middle), bar.name)
            right = int(middle | Qt.AlignmentFlag.AlignRight)
            painter.drawText(QRectF(self.width() - VALUE_PX, top, VALUE_PX, ROW), right, bar.value)
            painter.setPen(Qt.PenStyle.NoPen)
            trough = QRectF(NAME_PX, top + (ROW - BAR) / 2, room, BAR)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
            trough.setWidth(room * bar.share)
            painter.setBrush(colour(bar.shade))
            painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
