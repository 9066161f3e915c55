"""The same picture from every stage of the network, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFont, QKeyEvent, QPainter
from PyQt6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus, paint_outline, round_corners
from deepvis_app.ui.kit.pixels import fitted_image
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent, QPaintEvent

    from deepvis_app.ui.panels.play.stage_look import StageLook

GAP, LINE = 7, 17
TALL, SHORT = 83, 48  # sides of the pictures; where the window is low
MIDDLE = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class StageStrip(KeyboardFocus, QWidget):
    """Left and right step while it has the focus; a click picks."""

    picked = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._stages: tuple[StageLook, ...] = ()
        self._current = -1
        self._side = TALL
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("The same picture from every layer")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_stages(self, stages: Sequence[StageLook], current: int) -> None:
        old = len(self._stages)
        self._stages, self._current = tuple(stages), current
        if len(self._stages) != old:
            self.setFixedSize(self.sizeHint())
        self.update()

    def set_low(self, is_low: bool) -> None:
        """Show smaller pictures, where the window is low."""
        self._side = SHORT if is_low else TALL
        self.setFixedSize(self.sizeHint())
        self.update()

    def stages(self) -> tuple[StageLook, ...]:
        return self._stages

    def current(self) -> int:
        return self._current

    def cell(self, place: int) -> QRect:
        """Return where a stage's picture is drawn."""
        return QRect(3 + place * (self._side + GAP), 3, self._side, self._side)

    def sizeHint(self) -> QSize:
        count = len(self._stages)
        return QSize(count * (self._side + GAP) + 6 - GAP * bool(count), self._side + 2 * LINE + 6)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        px = round(self._side * ratio)
        strong, small = font(Size.SMALL, QFont.Weight.DemiBold), font(Size.CAPTION)
        for place, stage in enumerate(self._stages):
            cell = self.cell(place)
            painter.fillRect(cell, colour("control"))
            if stage.picture is not None:
                image = fitted_image(stage.picture, QSize(px, px))
                image.setDevicePixelRatio(ratio)
                painter.drawImage(cell.topLeft(), image)
            round_corners(painter, cell, 3, colour("pane"))
            if place == self._current:
                paint_outline(painter, QRectF(cell), colour("accent").name(), 2)
            if stage.share < 1:
                done = QRectF(cell.left(), cell.bottom() - 2, cell.width() * stage.share, 3)
                painter.fillRect(done, colour("good"))
            self._write(painter, cell, 0, stage.name, strong, "text")
            note = stage.note if self._side == TALL else stage.note.removeprefix("error ")
            self._write(painter, cell, 1, note, small, "muted")
        if self.shows_focus:
            paint_focus(painter, QRectF(self.rect()), 4)

    def _write(
        self, painter: QPainter, cell: QRect, line: int, text: str, kind: QFont, shade: str
    ) -> None:
        area = QRect(cell.left(), cell.bottom() + 3 + line * LINE, cell.width() + GAP - 3, LINE)
        painter.setFont(kind)
        painter.setPen(colour(shade))
        mode = Qt.TextElideMode.ElideMiddle
        painter.drawText(area, MIDDLE, elided(painter.fontMetrics(), text, mode, area.width()))

    def _place_at(self, point: QPoint) -> int:
        whole = (self.cell(k).adjusted(0, 0, 0, 2 * LINE) for k in range(len(self._stages)))
        return next((k for k, area in enumerate(whole) if area.contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            place = self._place_at(event.position().toPoint())
            if place >= 0:
                self.picked.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        place = self._place_at(event.position().toPoint()) if event is not None else -1
        found = self._stages[place] if place >= 0 else None
        self.setToolTip(f"{found.name}: {found.note}" if found is not None else "")

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == event.Type.ShortcutOverride:
            event.setAccepted(event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right))
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._stages:
            super().keyPressEvent(event)
            return
        self.picked.emit(min(max(self._current + step, 0), len(self._stages) - 1))


class StagesView(QWidget):
    """The strip with its heading, at the foot of the workspace."""

    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.header = SectionHeader("The same picture from every layer", explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("play-stages")
        )
        self.header.set_detail("error: squared distance of the codes · ← → step")
        self.strip = StageStrip()
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.strip)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 8, 13, 8)
        column.setSpacing(4)
        column.addWidget(self.header)
        column.addWidget(self._scroll)
        self.set_low(False)
        self.hide()

    def set_stages(self, stages: Sequence[StageLook], current: int) -> None:
        self.strip.set_stages(stages, current)
        if 0 <= current < len(stages):
            cell = self.strip.cell(current)
            self._scroll.ensureVisible(cell.center().x(), 0, cell.width(), 0)

    def set_low(self, is_low: bool) -> None:
        self.strip.set_low(is_low)
        self._scroll.setFixedHeight(self.strip.sizeHint().height() + 10)
