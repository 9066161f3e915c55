"""Every layer of the network as a small live picture, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import (
    QEvent,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    pyqtBoundSignal,
    pyqtSignal,
)
from PyQt6.QtGui import QHelpEvent, QPainter, QRegion
from PyQt6.QtWidgets import QApplication, QMenu, QScrollBar, QSizePolicy, QToolTip, QWidget

from deepvis_app.errors import short_text
from deepvis_app.nets.directed import KIND as DIRECTIONS
from deepvis_app.state.sight import passes
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.pictures.marks import mosaic_image
from deepvis_app.ui.kit.theme import colour
from deepvis_app.ui.panels.layers.cell import (
    CELL,
    THUMB,
    LayerItem,
    LayerNames,
    paint_badge,
    paint_frame,
    paint_texts,
    paint_thumb,
    tip_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import (
        QContextMenuEvent,
        QImage,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from deepvis_app.tiles.mosaic import Mosaic

GAP = 8
MARGIN = 16  # left and right of all
BAR = 12  # the scroll bar and the room above it
WHEEL_STEP = 96  # a notch

_BESIDE = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class LayerStrip(KeyboardFocus, QWidget):
    """Paints only what is in view. Wheel and drag scroll; Ctrl or Shift + click opens beside.

    Where a name is longer than a picture is wide, all names have two lines: path and last part.
    """

    visible_layers_changed = pyqtSignal(tuple)
    layer_picked = pyqtSignal(str)
    layer_opened_beside = pyqtSignal(str)
    directions_wanted = pyqtSignal(str)  # from a file, on this layer
    teaching_wanted = pyqtSignal(str)  # a concept on this layer
    making_wanted = pyqtSignal(str)  # of directions of this layer
    export_wanted = pyqtSignal(str)  # of directions
    removal_wanted = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerItem, ...] = ()
        self._shown: tuple[LayerItem, ...] = ()
        self._thumbs: dict[str, QImage] = {}
        self._names = LayerNames()
        self._selected: str | None = None
        self._second: str | None = None
        self._hovered = ""
        self._filter = ""
        self._visible: tuple[str, ...] = ()
        self._press: tuple[QPointF, int] | None = None  # where, and the scroll value then
        self._is_dragging = False
        self._bar = QScrollBar(Qt.Orientation.Horizontal, self)
        self._bar.valueChanged.connect(self._on_scrolled)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Layers")

    def set_layers(self, layers: Sequence[LayerItem]) -> None:
        """Show other layers, in order of execution; their thumbnails start empty."""
        self._layers = tuple(layers)
        self._thumbs.clear()
        before, self._names = self._names, LayerNames.of(self._layers)
        if self._names.lines != before.lines:
            self.updateGeometry()
        self._apply_filter()

    def set_thumb(self, name: str, mosaic: Mosaic, palette: NDArray[np.uint8]) -> None:
        ratio = self.devicePixelRatioF()
        self._thumbs[name] = mosaic_image(mosaic, palette, colour("background"), ratio)
        if name in self._visible:
            self.update(self.cell_rect(self._index(name)).toAlignedRect())

    def set_selected(self, name: str | None) -> None:
        if name != self._selected:
            self._selected = name
            self.update()

    def set_second(self, name: str | None) -> None:
        """Mark the layer that is open beside the selected one."""
        if name != self._second:
            self._second = name
            self.update()

    def set_filter(self, text: str) -> None:
        """Show only layers with all the words in name or kind."""
        if text != self._filter:
            self._filter = text
            self._apply_filter()

    def ensure_visible(self, name: str) -> None:
        """Scroll as little as shows a layer and something of its neighbours."""
        index = self._index(name)
        if index < 0:
            return
        left = MARGIN + index * (CELL + GAP)
        peek = CELL // 2
        low, high = left + CELL + peek - self.width(), left - peek
        self._bar.setValue(min(max(self._bar.value(), low), high))

    def _index(self, name: str) -> int:
        """Return the place of a shown layer, -1 for another."""
        return next((k for k, layer in enumerate(self._shown) if layer.name == name), -1)

    def visible_layers(self) -> tuple[str, ...]:
        """Return the names of the layers in view, those at the edges included."""
        first = max(0, (self._bar.value() - MARGIN) // (CELL + GAP))
        last = (self._bar.value() + self.width() - 1 - MARGIN) // (CELL + GAP)
        return tuple(layer.name for layer in self._shown[first : last + 1])

    def shown_layers(self) -> tuple[str, ...]:
        """Return the names of all layers that the filter leaves."""
        return tuple(layer.name for layer in self._shown)

    def thumb_px(self) -> int:
        """Return the side of a thumbnail in device pixels."""
        return round(THUMB * self.devicePixelRatioF())

    def sizeHint(self) -> QSize:
        return QSize(600, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self._height())

    def _height(self) -> int:
        return self._names.bottom + BAR

    # Scrolling -------------------------------------------------------------------------------

    def _apply_filter(self) -> None:
        self._shown = tuple(
            layer for layer in self._layers if passes(layer.name, layer.kind, self._filter)
        )
        self._refresh()
        self.update()

    def _refresh(self) -> None:
        content = 2 * MARGIN + len(self._shown) * (CELL + GAP) - GAP
        limit = max(0, content - self.width())
        self._bar.setRange(0, limit)
        self._bar.setPageStep(max(self.width(), 1))
        self._bar.setSingleStep(CELL + GAP)
        self._bar.setVisible(limit > 0)
        self._tell_visible()

    def _tell_visible(self) -> None:
        visible = self.visible_layers()
        if visible != self._visible:
            self._visible = visible
            self.visible_layers_changed.emit(visible)

    def _on_scrolled(self) -> None:
        self._tell_visible()
        self.update()

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        self._bar.setGeometry(MARGIN - 2, self.height() - 10, self.width() - 2 * MARGIN + 4, 10)
        self._refresh()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        exact, notches = event.pixelDelta(), event.angleDelta()
        if not exact.isNull():
            step: float = exact.x() if abs(exact.x()) > abs(exact.y()) else exact.y()
        else:
            turned = notches.x() if abs(notches.x()) > abs(notches.y()) else notches.y()
            step = turned / 120 * WHEEL_STEP
        self._bar.setValue(self._bar.value() - round(step))
        event.accept()

    # Painting --------------------------------------------------------------------------------

    def cell_rect(self, index: int) -> QRectF:
        """Return where the shown layer `index` has its picture, with the outline."""
        return QRectF(MARGIN + index * (CELL + GAP) - self._bar.value(), 0, CELL, CELL)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        wanted = event.region() if event is not None else QRegion(self.rect())
        painter = QPainter(self)
        if not self._shown:
            sought = short_text(self._filter)
            text = f"No layer matches “{sought}”" if sought else "No network yet"
            paint_empty(painter, QRectF(self.rect()), text)
        else:
            first = max(0, (self._bar.value() - MARGIN) // (CELL + GAP))
            for index in range(first, first + len(self.visible_layers())):
                cell = self.cell_rect(index)
                whole = QRect(round(cell.left()), 0, CELL, self._names.bottom)
                if wanted.intersects(whole):
                    self._paint_cell(painter, self._shown[index], cell, wanted)
        if self.shows_focus:
            paint_focus(painter, QRectF(self.rect()), 4)

    def _paint_cell(
        self, painter: QPainter, layer: LayerItem, cell: QRectF, wanted: QRegion
    ) -> None:
        """Paint the picture, and the words only where they are wanted: they do not change."""
        paint_thumb(painter, self._thumbs.get(layer.name), cell)
        is_selected = layer.name == self._selected
        if is_selected or layer.name in (self._second, self._hovered):
            shade = "accent" if is_selected else "muted"
            paint_frame(painter, cell, shade)
        if layer.name == self._second:
            paint_badge(painter, cell)
        words = QRectF(cell.left(), cell.bottom(), CELL, self._names.bottom - CELL)
        if wanted.intersects(words.toAlignedRect()):
            paint_texts(painter, layer, self._names, cell)

    # Pointing --------------------------------------------------------------------------------

    def layer_at(self, point: QPointF) -> str | None:
        """Return the layer under a logical point."""
        place = point.x() + self._bar.value() - MARGIN
        index = int(place // (CELL + GAP))
        inside = 0 <= index < len(self._shown) and place % (CELL + GAP) < CELL
        return self._shown[index].name if inside and point.y() < self._height() - BAR else None

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            name = self.layer_at(QPointF(event.pos()))
            layer = next((k for k in self._shown if k.name == name), None)
            QToolTip.showText(event.globalPos(), tip_of(layer) if layer else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._press = event.position(), self._bar.value()
            self._is_dragging = False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        if self._press is not None:
            moved = self._press[0].x() - event.position().x()
            if abs(moved) >= QApplication.startDragDistance():
                self._is_dragging = True
            if self._is_dragging:
                self._bar.setValue(self._press[1] + round(moved))
        self._hover(self.layer_at(event.position()) or "")

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        was_click = self._press is not None and not self._is_dragging
        self._press = None
        name = self.layer_at(event.position()) if event and was_click else None
        if event is None or name is None:
            return
        if event.modifiers() & _BESIDE:
            self.layer_opened_beside.emit(name)
        else:
            self.layer_picked.emit(name)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover("")

    def _hover(self, name: str) -> None:
        if name != self._hovered:
            self._hovered = name
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        name = self.layer_at(QPointF(event.pos())) if event else None
        if event is not None and name is not None:
            self.menu_for(name).popup(event.globalPos() + QPoint(2, 2))

    def menu_for(self, name: str) -> QMenu:
        """Return the menu of a layer; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        kinds = {layer.name: layer.kind for layer in self._layers}
        own: tuple[tuple[str, pyqtBoundSignal], ...] = (
            ("Make directions…", self.making_wanted),
            ("Add directions from a file…", self.directions_wanted),
            ("Teach a concept…", self.teaching_wanted),
        )
        if kinds.get(name) == DIRECTIONS:
            own = (
                ("Export the directions…", self.export_wanted),
                ("Remove the directions", self.removal_wanted),
            )
        for text, signal in (
            ("Show this layer", self.layer_picked),
            ("Open beside the present one", self.layer_opened_beside),
            *own,
        ):
            if own and text == own[0][0]:
                menu.addSeparator()
            action = menu.addAction(text)
            if action is not None:
                action.triggered.connect(lambda _=False, s=signal: s.emit(name))
        return menu

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move the selection with the arrows, Home and End."""
        if event is None or not self._shown:
            return
        names = self.shown_layers()
        here = names.index(self._selected) if self._selected in names else 0
        target = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(names) - 1,
        }.get(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
        elif 0 <= target < len(names) and names[target] != self._selected:
            self.layer_picked.emit(names[target])
