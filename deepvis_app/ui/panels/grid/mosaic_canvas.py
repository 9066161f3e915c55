"""One grid of units, pixel for pixel, that can be pointed at, scrolled and zoomed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QKeyCombination, QPointF, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QScrollBar, QSizePolicy, QWidget

from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.pictures import PictureMosaic
from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty, paint_stale
from deepvis_app.ui.kit.outline import around, paint_focus, paint_outline
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import active_theme, colour
from deepvis_app.ui.panels.grid.grid_scroll import GridScroll
from deepvis_app.ui.panels.grid.share_bars import paint_shares
from deepvis_app.ui.panels.grid.shown_grid import ShownGrid

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
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

MARGIN_X = 12  # logical pixels left and right: room for the scroll bar
MARGIN_Y = 4  # above and below: room for an outline
ZOOM_STEP = 1.25  # a notch of the wheel
SCROLL_STEP = 96  # logical pixels a notch
MENU_KEY = QKeyCombination(Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_F10)
BESIDE_CURSOR_PX = 160  # from this tile width on the note stands beside the cursor


class MosaicCanvas(KeyboardFocus, QWidget):
    """Shows a mosaic 1 : 1 in pixels of the screen. Speaks of units, and of places in the order."""

    viewport_changed = pyqtSignal()
    tile_hovered = pyqtSignal(int, float, float)  # unit or -1, y and x within the tile (0..1)
    tile_picked = pyqtSignal(int)
    tile_opened = pyqtSignal(int)
    tile_pin_requested = pyqtSignal(int)
    menu_requested = pyqtSignal(int, object)  # unit, global QPoint
    zoom_requested = pyqtSignal(float, int)  # factor, unit under the cursor or -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scroll = GridScroll()
        self._shown: ShownGrid | None = None
        self._selected: int | None = None
        self._pinned: int | None = None
        self._cursor: QPointF | None = None
        self._hovered: tuple[int, float, float] = (-1, 0.0, 0.0)
        self._zoom_anchor: tuple[int, float, float] | None = None
        self._empty = ("", "")
        self._stale: str | None = None
        self._shares: NDArray[np.float32] | None = None  # by unit
        self._dims = False
        self._tip_source: Callable[[int], Tip | None] | None = None
        self._wheel_zooms = False
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.hide()
        self._bar.valueChanged.connect(self._on_bar_moved)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 64)
        self.setAccessibleName("Grid of units")

    # What is shown ---------------------------------------------------------------------------

    def set_layout(
        self, tile_px: tuple[int, int], columns: int, total: int, gap_px: int = 1
    ) -> None:
        """Take the geometry asked for: `total` tiles of (height, width) device pixels."""
        tiling = Tiling(columns, total, tile_px, gap_px)
        if tiling == self._scroll.tiling:
            return
        self._scroll.set_tiling(tiling, self._anchor())
        self._zoom_anchor = None
        self._refresh_bar()
        self.update()

    def set_mosaic(
        self,
        mosaic: Mosaic | PictureMosaic,
        order: NDArray[np.int64],
        first: int,
        palette: NDArray[np.uint8] | None,
    ) -> None:
        """Show a reading: tile 0 of `mosaic` is the unit `order[first]`; pictures: no palette."""
        before = self._shown
        self._shown = ShownGrid.make(mosaic, order, first, palette, self.devicePixelRatioF())
        self._refresh_hover()
        lies_as_before = before is not None and self._shown.lies_as(before)
        if lies_as_before and self.hovered_unit() is None:
            self.update(self._mosaic_rect(self._shown).adjusted(-4, -4, 4, 4))
        else:
            self.update()

    def clear(self) -> None:
        """Show nothing, as before the first mosaic."""
        self._shown = None
        self._refresh_hover()
        self.update()

    def set_selected(self, unit: int | None) -> None:
        if unit != self._selected:
            self._selected = unit
            self.update()

    def set_pinned(self, unit: int | None) -> None:
        if unit != self._pinned:
            self._pinned = unit
            self.update()

    def set_empty_text(self, text: str | None, remedy: str = "") -> None:
        """Say why there is no grid, in its place; None shows the grid again."""
        if (text or "", remedy) != self._empty:
            self._empty = (text or "", remedy)
            self._refresh_bar()
            self._refresh_hover()
            self.update()

    def set_stale(self, caption: str | None) -> None:
        """Tint the grid and say why it is not the present; None: it is."""
        if caption != self._stale:
            self._stale = caption
            self.update()

    def set_shares(self, shares: NDArray[np.float32] | None, *, dims: bool = False) -> None:
        """Show a bar in every tile, of a share 0..1 by unit; `dims`: and fade the rest of it.

        None: no bars.
        """
        if shares is not None or self._shares is not None:
            self._shares, self._dims = shares, dims
            self.update()

    def set_tip_source(self, source: Callable[[int], Tip | None] | None) -> None:
        """Set what tells the note beside a unit; it is asked at every paint, so keep it quick."""
        self._tip_source = source

    def set_wheel_zooms(self, zooms: bool) -> None:
        """Let the wheel zoom and Ctrl + wheel scroll; False: the other way round."""
        self._wheel_zooms = zooms

    def mosaic_image(self) -> QImage | None:
        """Return what is shown without outlines, one pixel of the screen a pixel."""
        return self._shown.image.copy() if self._shown else None

    def tile_image(self, unit: int) -> QImage | None:
        """Return a unit's tile without outlines; None when it is not in the mosaic."""
        if self._shown is None:
            return None
        rect = self._shown.rect_of(unit)
        return None if rect is None else self._shown.image.copy(rect.toRect())

    # Where things are ------------------------------------------------------------------------

    def viewport_px(self) -> tuple[int, int]:
        """Return the room for tiles, (height, width) in device pixels."""
        ratio = self.devicePixelRatioF()
        height = int((self.height() - 2 * MARGIN_Y) * ratio)
        return max(height, 1), max(int((self.width() - 2 * MARGIN_X) * ratio), 1)

    def visible_places(self, margin_rows: int = 1) -> tuple[int, int]:
        """Return (first, count) of the asked-for layout's tiles in view and just beyond."""
        return self._scroll.visible(margin_rows)

    def place_of(self, unit: int) -> int | None:
        """Return the place of a unit in the order shown."""
        return self._shown.place_of(unit) if self._shown else None

    def unit_at_place(self, place: int) -> int | None:
        if self._shown is None or not 0 <= place < len(self._shown.order):
            return None
        return int(self._shown.order[place])

    def hovered_unit(self) -> int | None:
        unit = self._hovered[0]
        return unit if unit >= 0 else None

    def unit_at(self, position: QPointF) -> tuple[int, float, float] | None:
        """Return (unit, y, x) under a logical position, y and x 0..1 within its tile."""
        if self._shown is None or self._empty[0]:
            return None
        point = position * self.devicePixelRatioF() - self._origin(self._shown)
        return self._shown.hit(point)

    def tile_rect(self, unit: int) -> QRect | None:
        """Return the logical pixels of a unit's tile; None when it is not in the mosaic."""
        rect = self._tile_px_rect(unit)
        if rect is None:
            return None
        ratio = self.devicePixelRatioF()
        corner, size = rect.topLeft() / ratio, rect.size() / ratio
        return QRectF(corner, size).toRect()

    def scroll_to_place(self, place: int) -> None:
        """Scroll as little as shows a place of the asked-for layout."""
        if self._scroll.reveal(place):
            self._after_scroll()

    def scroll_by_rows(self, rows: float) -> None:
        tiling = self._scroll.tiling
        if tiling is not None:
            pitch = tiling.tile_px[0] + tiling.gap_px
            self._scroll_by(rows * pitch)

    # Painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        bounds = QRectF(self.rect())
        self._paint_ground(painter)
        if self._empty[0]:
            paint_empty(painter, bounds, *self._empty)
        elif self._shown is not None:
            self._shown = self._shown.in_theme()
            self._paint_mosaic(painter, self._shown)
            if self._stale is not None:
                paint_stale(painter, bounds, self._stale)
            self._paint_tip(painter, bounds)
        if self.shows_focus:
            paint_focus(painter, bounds)

    def _paint_ground(self, painter: QPainter) -> None:
        """Fill what no mosaic will cover."""
        shade = colour("background")
        if self._shown is None or self._empty[0]:
            painter.fillRect(self.rect(), shade)
            return
        covered = self._mosaic_rect(self._shown).adjusted(1, 1, -1, -1)
        for part in around(self.rect(), covered):
            painter.fillRect(part, shade)

    def _mosaic_rect(self, shown: ShownGrid) -> QRect:
        """Return the logical pixels that the mosaic covers, those at its edges in part."""
        ratio = self.devicePixelRatioF()
        size = shown.image.size().toSizeF()
        return QRectF(self._origin(shown) / ratio, size / ratio).toAlignedRect()

    def _paint_mosaic(self, painter: QPainter, shown: ShownGrid) -> None:
        painter.save()
        ratio = use_device_pixels(painter)
        origin = self._origin(shown)
        painter.drawImage(origin, shown.image)
        if self._shares is not None and isinstance(shown.mosaic, PictureMosaic):
            units = shown.order[shown.first : shown.first + shown.mosaic.count]
            painter.translate(origin)
            if units.max(initial=0) < len(self._shares):
                paint_shares(painter, shown.mosaic.tiling, self._shares[units], dims=self._dims)
            painter.translate(-origin)
        theme = active_theme()
        for unit, shade, width in (
            (self.hovered_unit(), "#ffffff" if theme.is_dark else theme.mark, 1.0),
            (self._pinned, theme.mark_pinned, 2.0),
            (self._selected, theme.mark, 2.0),
        ):
            rect = None if unit is None else shown.rect_of(unit)
            if rect is not None:
                paint_outline(painter, rect.translated(origin), shade, width * ratio)
        painter.restore()

    def _paint_tip(self, painter: QPainter, bounds: QRectF) -> None:
        unit = self.hovered_unit()
        if unit is None or self._tip_source is None or self._cursor is None:
            return
        tip = self._tip_source(unit)
        tile = self.tile_rect(unit)
        if tip is None or tile is None:
            return
        large = tile.width() >= BESIDE_CURSOR_PX
        beside = QRectF(self._cursor.x(), self._cursor.y(), 4, 4) if large else QRectF(tile)
        paint_bubble(painter, tip, beside, bounds.adjusted(4, 4, -4, -4))

    def _origin(self, shown: ShownGrid) -> QPointF:
        """Return where the mosaic's first pixel lies, in device pixels of the widget."""
        ratio = self.devicePixelRatioF()
        view_height, view_width = self.viewport_px()
        whole = shown.whole
        height, width = whole.size
        x = round(MARGIN_X * ratio) + max(0, (view_width - width) // 2)
        if height <= view_height:
            y = (view_height - height) // 2
        elif self._scroll.tiling == whole:
            y = -self._scroll.offset
        else:  # still the old geometry: about the same rows until the new one is here
            asked = self._scroll.tiling.columns if self._scroll.tiling else whole.columns
            y = -round(self._scroll.top_row * asked / whole.columns * shown.pitch)
        row = shown.first // shown.mosaic.columns
        return QPointF(x, round(MARGIN_Y * ratio) + y + row * shown.pitch)

    def _tile_px_rect(self, unit: int) -> QRectF | None:
        rect = self._shown.rect_of(unit) if self._shown else None
        return rect.translated(self._origin(self._shown)) if self._shown and rect else None

    # Scrolling and zooming -------------------------------------------------------------------

    def _anchor(self) -> tuple[int, float, float] | None:
        """Return what must stay in place under a new layout, as `GridScroll.set_tiling` wants."""
        if self._zoom_anchor is not None:
            return self._zoom_anchor
        place = None if self._selected is None else self.place_of(self._selected)
        rect = None if self._selected is None else self._tile_px_rect(self._selected)
        if place is None or rect is None:
            return None
        y = rect.top() - MARGIN_Y * self.devicePixelRatioF()
        return (place, 0.0, y) if 0 <= y < self._scroll.view_height else None

    def _scroll_by(self, device_px: float) -> None:
        if self._scroll.scroll_to(self._scroll.offset + device_px):
            self._after_scroll()

    def _after_scroll(self) -> None:
        self._refresh_bar()
        self._refresh_hover()
        self.update()
        self.viewport_changed.emit()

    def _on_bar_moved(self, value: int) -> None:
        if self._scroll.scroll_to(value):
            self._after_scroll()

    def _refresh_bar(self) -> None:
        scroll = self._scroll
        self._bar.blockSignals(True)
        self._bar.setRange(0, scroll.limit)
        self._bar.setPageStep(scroll.view_height)
        self._bar.setSingleStep(round(SCROLL_STEP * self.devicePixelRatioF()))
        self._bar.setValue(scroll.offset)
        self._bar.blockSignals(False)
        self._bar.setVisible(scroll.limit > 0 and not self._empty[0])

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        self._bar.setGeometry(self.width() - 11, 2, 10, self.height() - 4)
        self._take_size()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == event.Type.DevicePixelRatioChange:
            self._take_size()

    def _take_size(self) -> None:
        self._scroll.set_view_height(self.viewport_px()[0])
        self._refresh_bar()
        self.viewport_changed.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        event.accept()
        if self._bar.isVisible() and self._bar.geometry().contains(event.position().toPoint()):
            return  # a scroll bar at its end leaves the wheel to what it is in
        notches = event.angleDelta().y() / 120
        with_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if with_control != self._wheel_zooms:
            self._zoom(ZOOM_STEP**notches, event.position())
        elif not event.pixelDelta().isNull():
            self._scroll_by(-event.pixelDelta().y() * self.devicePixelRatioF())
        else:
            self._scroll_by(-notches * SCROLL_STEP * self.devicePixelRatioF())

    def _zoom(self, factor: float, position: QPointF) -> None:
        hit = self.unit_at(position)
        self._zoom_anchor = None
        place = self.place_of(hit[0]) if hit else None
        if hit is not None and place is not None:
            y = (position.y() - MARGIN_Y) * self.devicePixelRatioF()
            self._zoom_anchor = (place, hit[1], y)
        self.zoom_requested.emit(factor, hit[0] if hit else -1)

    # Pointing --------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self._cursor = event.position()
            self._refresh_hover()

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._cursor = None
        self._refresh_hover()

    def _refresh_hover(self) -> None:
        hit = None if self._cursor is None else self.unit_at(self._cursor)
        hovered = hit or (-1, 0.0, 0.0)
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()
            self.tile_hovered.emit(*hovered)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        hit = None if event is None else self.unit_at(event.position())
        if event is None or hit is None:
            return
        with_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.button() == Qt.MouseButton.MiddleButton or with_alt:
            self.tile_pin_requested.emit(hit[0])
        elif event.button() == Qt.MouseButton.LeftButton:
            self.tile_picked.emit(hit[0])

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        hit = None if event is None else self.unit_at(event.position())
        if event is not None and hit and event.button() == Qt.MouseButton.LeftButton:
            self.tile_opened.emit(hit[0])

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is None:
            return
        if event.reason() == event.Reason.Keyboard:
            self._ask_for_menu()
        elif hit := self.unit_at(QPointF(event.pos())):
            self.menu_requested.emit(hit[0], event.globalPos())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.keyCombination() == MENU_KEY:
            self._ask_for_menu()
        else:
            super().keyPressEvent(event)

    def _ask_for_menu(self) -> None:
        """Ask for the menu of the picked tile, by keyboard."""
        rect = None if self._selected is None else self.tile_rect(self._selected)
        if self._selected is not None and rect is not None:
            self.menu_requested.emit(self._selected, self.mapToGlobal(rect.center()))
