"""The popup that compares two corpora: which, and for the picked unit scores and photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.popup_frame import PopupFrame
from deepvis_app.ui.kit.row_list import Look, Row, RowList
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QHelpEvent, QImage, QPaintEvent

    from deepvis_app.corpus.beside import UnitChange
    from deepvis_app.ui.panels.grid.compare.presenter import Offered, Shown

WIDTH_PX = 424
THUMB, GAP = 36, 4
PLOT = 72
TEXT = 16


class CorpusList(RowList):
    """The corpora one can compare with; the first line is none."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__("Compare with", Look(label_share=0.42, value_px=220.0))
        self._offered: tuple[Offered, ...] = ()
        self._current = ""
        self.clicked.connect(lambda index: self.press_row(index.row()))

    def set_offered(self, offered: Sequence[Offered], current: str) -> None:
        self._offered, self._current = tuple(offered), current
        paths = ["", *(one.path for one in offered)]
        self.show_rows(len(paths), paths.index(current) if current in paths else 0)

    def row(self, place: int) -> Row:
        if place == 0:
            return Row("None", "", bold=not self._current)
        one = self._offered[place - 1]
        return Row(one.name, one.detail, bold=one.path == self._current)

    def press_row(self, place: int) -> None:
        self.chosen.emit("" if place == 0 else self._offered[place - 1].path)

    def tip(self, place: int) -> str:
        if place == 0:
            return "Compare with none"
        return f"{self._offered[place - 1].name}: {self._offered[place - 1].detail}"


class TwoHistograms(QWidget):
    """Shares of photographs by score: the first corpus as bars, the second as a line."""

    def __init__(self) -> None:
        super().__init__()
        self._change: UnitChange | None = None
        self.setFixedHeight(PLOT + TEXT)
        self.setAccessibleName("Scores in both corpora")
        self.setToolTip("Bars: the corpus that is looked at. Line: the one beside it")

    def set_change(self, change: UnitChange | None) -> None:
        self._change = change
        self.setVisible(change is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        change = self._change
        if change is None or not len(change.first):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = float(max(change.first.max(), change.second.max())) or 1.0
        width = self.width() / len(change.first)
        outline = QPolygonF()
        for place, (one, other) in enumerate(zip(change.first, change.second, strict=True)):
            left, tall = place * width, float(one) / most * (PLOT - 2)
            bar = QRectF(left + 0.5, PLOT - tall, max(width - 1, 1.0), tall)
            painter.fillRect(bar, colour("muted", 0.6))
            top = PLOT - float(other) / most * (PLOT - 2)
            outline.append(QPointF(left, top))
            outline.append(QPointF(left + width, top))
        painter.setPen(QPen(colour("text"), 1.5))
        painter.drawPolyline(outline)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        foot = QRectF(0, PLOT, self.width(), TEXT)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft), figure(change.low))
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight), figure(change.high))


class Thumbs(QWidget):
    """Small photographs in a line; the tooltip names the one under the pointer."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._images: list[tuple[str, QImage | None]] = []
        self.setFixedHeight(TEXT + THUMB + 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_pictures(self, pictures: Sequence[tuple[str, NDArray[np.uint8] | None]]) -> None:
        self._images = [(name, None if p is None else rgb_image(p)) for name, p in pictures]
        self.setVisible(bool(self._images))
        self.setAccessibleName(f"{self._title}: {', '.join(name for name, _ in self._images)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(9 * (THUMB + GAP), TEXT + THUMB + 2)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        painter.drawText(QRectF(0, 0, self.width(), TEXT), f"{self._title} {len(self._images)}")
        for place, (_, image) in enumerate(self._images):
            square = QRectF(place * (THUMB + GAP), TEXT, THUMB, THUMB)
            if image is None:
                painter.fillRect(square, colour("control"))
            else:
                painter.drawImage(square, image)

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == event.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        place = event.pos().x() // (THUMB + GAP)
        if 0 <= place < len(self._images):
            name, image = self._images[place]
            gone = "" if image is not None else ": the file is another one now, or gone"
            QToolTip.showText(event.globalPos(), f"{name}{gone}", self)


class CompareView(QWidget):
    """Everything shown comes in by setters."""

    opened = pyqtSignal()
    chosen = pyqtSignal(str)  # the folder of a corpus, "" for none
    explanation_requested = pyqtSignal(str)

    def __init__(self, anchor: QWidget) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH_PX)
        self._anchor = anchor
        header = SectionHeader("Compare with another corpus", explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit("compare"))
        self.list, self.plot = CorpusList(), TwoHistograms()
        self.list.chosen.connect(self.chosen)
        self.lost, self.new = Thumbs("Lost"), Thumbs("New")
        self.words = QLabel()
        self.words.setProperty("role", "detail")
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for widget in (header, self.list, self.words, self.plot, self.lost, self.new):
            column.addWidget(widget)
        self.set_change(None, "")
        self._frame = PopupFrame(self, anchor)

    def open(self) -> None:
        self.opened.emit()
        self._frame.open_below(self._anchor)
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)

    def is_open(self) -> bool:
        return self._frame.isVisible()

    def close_popup(self) -> None:
        self._frame.close()

    def set_offered(self, offered: Sequence[Offered], current: str, why_not: str) -> None:
        self.list.set_offered(offered, current)
        self.list.setVisible(bool(offered))
        if why_not:
            self.words.setText(why_not)

    def set_change(self, shown: Shown | None, words: str) -> None:
        if shown is not None or words:
            self.words.setText(words)
        self.plot.set_change(None if shown is None else shown.change)
        self.lost.set_pictures(() if shown is None else shown.lost)
        self.new.set_pictures(() if shown is None else shown.new)
