"""A map of pictures that can be looked into, picked from, and encircled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QKeyEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QStyle, QWidget

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.pictures.zoom import STEP
from deepvis_app.ui.kit.pictures.zooming import SHARE
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.scatter.cloud import Cloud
from deepvis_app.ui.kit.scatter.hand import Hand, Tool
from deepvis_app.ui.kit.scatter.hover import NONE, Hover
from deepvis_app.ui.kit.scatter.looking import Looking, view_of
from deepvis_app.ui.kit.scatter.moving import Move, Mover, Sizes
from deepvis_app.ui.kit.scatter.overlay import Ground, Overlay
from deepvis_app.ui.kit.scatter.scatter_keys import ARROWS, Deed, deed_of, next_place
from deepvis_app.ui.kit.scatter.scene import Scene
from deepvis_app.ui.kit.scatter.still import DOT, Still
from deepvis_app.ui.kit.scatter.view_buttons import ViewButtons
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QFocusEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from deepvis_app.ui.kit.scatter.lasso import Outline
    from deepvis_app.ui.kit.scatter.live_mark import LiveMark
    from deepvis_app.ui.kit.scatter.looking import Looked
    from deepvis_app.ui.kit.scatter.moving import Sized
    from deepvis_app.ui.kit.scatter.sprites import Sprites
    from deepvis_app.ui.kit.scatter.tiles import Tiles

FULL_TURN = 120  # of a wheel's notch, in Qt's eighths of a degree


class ScatterView(KeyboardFocus, QWidget):
    """Points (N, 2), y upwards: thumbnails where they have room, else dots, or their density.

    Points are spoken of by their places 0..N-1. Wheel and + − zoom, 0 shows all, arrows and a drag
    pan; a click picks, a double click or Enter activates. The lasso encircles; Shift adds, Esc
    drops. Ctrl and an arrow walk to the next point, Ctrl+A encircles all that is in view.
    """

    picked = pyqtSignal(int, object)  # place, Qt.KeyboardModifier
    activated = pyqtSignal(int)
    hovered = pyqtSignal(int)  # place, -1: none
    lassoed = pyqtSignal(object, bool)  # corners (K, 2) in the map's units; adds to what is there
    tile_picked = pyqtSignal(int, object)  # one of the squares over the points, and keys
    tile_hovered = pyqtSignal(int)  # -1: none
    dropped = pyqtSignal()
    zoomed = pyqtSignal()  # another part of the map is looked at

    def __init__(
        self,
        name: str = "Map of pictures",
        *,
        has_buttons: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._scene = Scene()
        self._still = Still(self._scene)
        self._over = Overlay()
        self._looking = Looking(self, lambda: self._scene)
        self._looking.changed.connect(self._on_looked)
        self._empty = ("", "")
        self._cursor: int | None = None  # the picked point
        self._hand = Hand(self, self._point_at)
        self._hand.panned.connect(self._looking.move)
        self._hand.clicked.connect(self._click)
        self._hand.enclosed.connect(self._enclose)
        self._hand.changed.connect(self.update)
        self._hover = Hover(self, self._under)
        self._hover.changed.connect(self._point)
        self._mover = Mover(self)
        self._mover.went_on.connect(self._go_on)
        self._filling = PacedUpdate(self, self.draw_anew)
        self._fresh: set[int] = set()  # squares over the points with another picture
        self._tiling = PacedUpdate(self, self._draw_fresh)
        self._buttons = ViewButtons(
            self,
            {
                "plus": ("Show the middle of the map larger (+)", lambda: self.zoom(STEP)),
                "minus": ("Show more of the map (−)", lambda: self.zoom(1 / STEP)),
                "fit": ("Show the whole map (0)", self.fit),
            },
        )
        self._buttons.set_shown(has_buttons)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(name)

    # What is shown ---------------------------------------------------------------------------

    def set_points(self, points: NDArray[np.floating], morph_ms: int = 0) -> None:
        """Take points (N, 2) of about [-1, 1]; as many as before move there in so many ms.

        Of as many as before, colours, selection and thumbnails stay. The array is not to be changed
        afterwards. One that is not finite is not shown.
        """
        before, after = self._scene.cloud, Cloud(points)
        if len(before) != len(after):
            self._cursor, self._over.highlight = None, ()
            if len(before):  # another map
                self._looking.set(None)
        if not np.array_equal(before.given, after.given, equal_nan=True):
            self._over.outlines.clear()
        moves = morph_ms > 0 and 0 < len(before) == len(after) and self._animates()
        plates = self._still.thumbs.plates(*self._looking.view()) if moves else None
        self._mover.end()
        self._scene.set_cloud(after)
        if plates is not None:
            dot = round(DOT * self.devicePixelRatioF())
            sizes = Sizes(plates, self._still.thumbs.plates(*self._looking.view()), dot)
            self._mover.begin(Move(before, after, sizes, morph_ms))
        self._hover.look_again()
        self._tell()
        self.update()

    def set_colours(self, rgb: NDArray[np.uint8] | None) -> None:
        """Give points colours (N, 3), uint8; None: all the same."""
        self._scene.set_colours(rgb)
        self.update()

    def set_sprites(self, sprites: Sprites | None) -> None:
        """Show thumbnails of N pictures; they may be filled while they are shown."""
        old = self._scene.sprites
        if old is not None:
            old.filled.disconnect(self._filling.soon)
        self._scene.set_sprites(sprites)
        if sprites is not None:
            sprites.filled.connect(self._filling.soon)
        self.update()

    def set_tiles(self, tiles: Tiles | None) -> None:
        """Lay squares with pictures over the points, which are then faint dots; None: none.

        While there are some they are what is pointed at, picked and walked through; the lasso
        encircles points as before.
        """
        old = self._scene.tiles
        if tiles is old:
            return
        if old is not None:
            for signal in (old.filled, old.marked, old.framed):
                signal.disconnect()
        self._hover.leave()
        self._cursor = None
        self._fresh.clear()
        self._mover.end()
        self._scene.set_tiles(tiles)
        if tiles is not None:
            tiles.filled.connect(self._take_tile)
            tiles.marked.connect(self.draw_anew)
            tiles.framed.connect(self.update)
        self._tell()
        self.update()

    def set_selected(self, mask: NDArray[np.bool_] | None, words: str = "") -> None:
        """Select points (N,), bool: the others are dimmed. None: none is, and no line around.

        `words` stand below the lasso, such as "52 photographs".
        """
        self._scene.set_selected(mask)
        self._over.words = words
        if mask is None:
            self._over.outlines.clear()
        self._tell()
        self.update()

    def set_preferred(self, order: NDArray[np.int64] | None) -> None:
        """Say which places (k,) keep their thumbnails where they would overlap, the first most."""
        self._scene.set_preferred(order)
        self._still.thumbs.forget()
        self.update()

    def set_live(self, mark: LiveMark | None) -> None:
        """Show where the present frame is. What stands still is not drawn again."""
        mark = mark if mark is not None and mark.has_place else None
        area = self._over.set_live(mark, self._ground())
        if not area.isEmpty():
            self.update(area.toAlignedRect().adjusted(-2, -2, 2, 2))

    def set_highlight(self, places: Sequence[int]) -> None:
        """Frame some points, such as those of a strip that is pointed at."""
        given = tuple(place for place in places if 0 <= place < len(self._scene))
        if given != self._over.highlight:
            self._over.highlight = given
            self.update()

    def set_tool(self, tool: Tool) -> None:
        """Say what a drag does: it moves the map, or encircles."""
        self._hand.set_tool(tool)

    def set_notice(self, text: str, remedy: str = "") -> None:
        """Say why there is nothing to be seen, in its place; "": the map is shown."""
        if (text, remedy) != self._empty:
            self._empty = (text, remedy)
            self.update()

    # What is looked at -----------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole map."""
        self._still.thumbs.forget()
        self._looking.set(None)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by a factor about a pixel of the widget, else about its middle."""
        self._looking.zoom(factor, at)

    def state(self) -> Looked | None:
        """Return what is looked at, for `restore`: (x, y, times the whole); None: the whole."""
        return self._looking.state

    def restore(self, state: Looked | None) -> None:
        """Look at what `state` returned."""
        self._looking.set(state)

    @property
    def times(self) -> float:
        """How much larger the map is than when it is shown whole."""
        return self._looking.times

    def to_map(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return which points of the map lie at logical pixels (n, 2) of the widget."""
        return self._looking.lens().to_map(pixels, self._looking.size)

    def to_screen(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return at which logical pixels of the widget points of the map (n, 2) lie."""
        return self._looking.lens().to_screen(points, self._looking.size)

    def place_at(self, at: QPointF) -> int:
        """Return the point at a logical pixel: the thumbnail there, else the nearest dot; -1."""
        if self._empty[0] or not len(self._scene):
            return -1
        view = self._looking.view()
        return self._still.place_at(view, round(at.x() * view.ratio), round(at.y() * view.ratio))

    def tile_at(self, at: QPointF) -> int:
        """Return the square at a logical pixel, -1 where there is none."""
        tiles = self._scene.tiles
        return -1 if tiles is None or self._empty[0] else tiles.at(*self._point_at(at))

    def thumbnails(self) -> NDArray[np.int64]:
        """Return the places that are shown as thumbnails now, rising."""
        return self._still.thumbnails(self._looking.view()).places

    def wanted(self) -> NDArray[np.int64]:
        """Return the places that have room for a thumbnail and are without one.

        Those in view come first, of these the selected and preferred ones.
        """
        return self._still.wanted(self._looking.view())

    def picture(self, size: QSize) -> QImage:
        """Return what is shown as a picture of so many pixels, drawn anew: larger is sharper."""
        image = QImage(size, QImage.Format.Format_RGB32)
        if size.isEmpty():
            return image
        ratio = min(size.width() / max(self.width(), 1), size.height() / max(self.height(), 1))
        whole = size.width() / ratio, size.height() / ratio
        lens, still = self._looking.lens(), Still(self._scene)
        self._still.pixmap(self._looking.view())
        still.thumbs.remember(self._still.thumbs)
        painter = QPainter(image)
        painter.drawPixmap(0, 0, still.pixmap(view_of(lens, whole, ratio)))
        painter.scale(ratio, ratio)
        self._paint_over(painter, Ground(self._scene.cloud.points, lens, whole, ratio))
        painter.end()
        return image

    def _on_looked(self) -> None:
        self._hover.look_again()
        self._tell()
        self.update()
        self.zoomed.emit()

    def _tell(self) -> None:
        """Say in words what is shown."""
        parts = [f"{len(self._scene)} points"]
        if self._scene.tiles is not None:
            parts.append(f"{len(self._scene.tiles)} cells")
        if self._scene.selected is not None:
            parts.append(f"{int(self._scene.selected.sum())} selected")
        if self._looking.state is not None:
            parts.append(f"{self.times:.3g} times as large as the whole")
        self.setAccessibleDescription(", ".join(parts))

    # Moving ----------------------------------------------------------------------------------

    def _animates(self) -> bool:
        """Tell whether things are to move: not out of sight, nor where the desktop says no."""
        style = self.style()
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        return self.isVisible() and (style is None or style.styleHint(hint, None, self) > 0)

    def _go_on(self, cloud: Cloud, sized: tuple[Sized, ...]) -> None:
        self._scene.set_cloud(cloud)
        self._still.set_sized(sized)
        self.update()

    @property
    def is_moving(self) -> bool:
        """Whether points are on their way."""
        return self._mover.is_moving

    def draw_anew(self) -> None:
        """Draw all that stands still again, too: after other thumbnails have come."""
        self._scene.version += 1
        self.update()

    @property
    def is_held(self) -> bool:
        """Whether the map is held by the pointer, or a line is being drawn on it."""
        return self._hand.is_busy

    def _take_tile(self, number: int) -> None:
        self._fresh.add(number)
        self._tiling.soon()

    def _draw_fresh(self) -> None:
        """Draw the squares again that have another picture, and what is under them."""
        tiles, view = self._scene.tiles, self._looking.view()
        fresh, self._fresh = self._fresh, set()
        if tiles is not None and fresh and not self.is_moving:
            self._still.draw_again(view, [tiles.area(number, view) for number in fresh])
        self.update()

    # Painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self._empty[0] or not len(self._scene):
            painter.fillRect(self.rect(), colour("background"))
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        else:
            painter.save()
            use_device_pixels(painter)
            painter.drawPixmap(0, 0, self._still.pixmap(self._looking.view()))
            painter.restore()
            self._paint_over(painter, self._ground())
        if self.shows_focus:
            paint_focus(painter, QRectF(self.rect()))

    def _ground(self) -> Ground:
        points, ratio = self._scene.cloud.points, self.devicePixelRatioF()
        return Ground(points, self._looking.lens(), self._looking.size, ratio)

    def _paint_over(self, painter: QPainter, ground: Ground) -> None:
        """Paint what moves or changes by itself."""
        if self._scene.tiles is not None:
            self._scene.tiles.paint_frames(painter, ground.lens, ground.size)
            self._scene.tiles.paint_ends(painter, ground.lens, ground.size)
        cursor = self._cursor if self.shows_focus else None
        self._over.paint(painter, ground, self._hand.lasso, cursor, self._sides)

    def _sides(self, places: Sequence[int]) -> list[float]:
        """Return how large points are shown, in logical pixels."""
        view = self._looking.view()
        thumbnails, side = self._still.thumbnails(view)
        return [side / view.ratio if one else DOT for one in np.isin(places, thumbnails).tolist()]

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._buttons.place()

    # The mouse -------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            self.zoom(STEP ** (event.angleDelta().y() / FULL_TURN), event.position())
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        if not self._hand.drag(event.position()):
            self._hover.move(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            place = self.place_at(event.position())
            if place >= 0 and self._scene.tiles is None:
                self.activated.emit(place)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover.leave()

    def _point_at(self, at: QPointF) -> tuple[float, float]:
        x, y = self.to_map(np.array([(at.x(), at.y())]))[0].tolist()
        return x, y

    def _under(self, at: QPointF) -> int:
        return self.place_at(at) if self._scene.tiles is None else self.tile_at(at)

    def _point(self, number: int) -> None:
        if self._scene.tiles is None:
            self.hovered.emit(number)
        else:
            self._scene.tiles.set_pointed(number)
            self.tile_hovered.emit(number)

    def _click(self, at: QPointF, keys: Qt.KeyboardModifier) -> None:
        if self._scene.tiles is None:
            self._pick(self.place_at(at), keys)
        else:
            self._pick_tile(self.tile_at(at), keys)

    def _pick_tile(self, number: int, keys: Qt.KeyboardModifier) -> None:
        tiles = self._scene.tiles
        if tiles is not None and number >= 0:
            self._over.outlines.clear()
            tiles.pick(number)
            self.tile_picked.emit(number, keys)

    def _pick(self, place: int, keys: Qt.KeyboardModifier) -> None:
        if place < 0:
            return
        if not keys & Qt.KeyboardModifier.ShiftModifier:
            self._over.outlines.clear()
        self._cursor = place
        self.update()
        self.picked.emit(place, keys)

    def _enclose(self, outline: Outline, adds: bool) -> None:
        self._over.outlines = [*(self._over.outlines if adds else ()), outline]
        self.update()
        self.lassoed.emit(outline, adds)

    # Keys ------------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._takes(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        """Tell whether a key is one of the map's and so no shortcut of the window."""
        deed = deed_of(event)
        if deed is Deed.DROP:
            return self._has_drop()
        if deed is Deed.OPEN:
            return self._cursor is not None
        if deed is Deed.FIT:
            return self._looking.state is not None
        is_space = event.key() == Qt.Key.Key_Space and not event.modifiers()
        return deed is not None or (is_space and self._hand.encircles)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        deed = deed_of(event)
        if event.key() == Qt.Key.Key_Space and self._hand.encircles:
            self._hand.hold_space(True)
        elif deed is None or not self._do(deed, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hand.hold_space(False)
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        self._hand.hold_space(False)
        super().focusOutEvent(event)
        self._hover.point(NONE)

    def _has_drop(self) -> bool:
        has_selection = bool(self._over.outlines) or self._scene.selected is not None
        return self._hand.is_busy or has_selection

    def _do(self, deed: Deed, event: QKeyEvent) -> bool:
        """Do what a key asks for; return whether there was something to do."""
        if deed is Deed.PAN:
            across, down = ARROWS[Qt.Key(event.key())]
            self._looking.move(across * SHARE * self.width(), down * SHARE * self.height())
        elif deed is Deed.WALK:
            self._walk(*ARROWS[Qt.Key(event.key())], event.modifiers())
        elif deed in (Deed.LARGER, Deed.SMALLER):
            self.zoom(STEP if deed is Deed.LARGER else 1 / STEP)
        elif deed is Deed.FIT:
            self.fit()
        elif deed is Deed.OPEN:
            if self._cursor is None:
                return False
            self.activated.emit(self._cursor)
        elif deed is Deed.ENCLOSE:
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._enclose(self._looking.corners(), adds)
        else:
            return self._drop()
        return True

    def _drop(self) -> bool:
        if not self._has_drop():
            return False
        if not self._hand.drop():
            self._over.outlines.clear()
            self.dropped.emit()
            self._hover.point(NONE)
        return True

    def _walk(self, across: int, down: int, keys: Qt.KeyboardModifier) -> None:
        """Pick the next point in a direction; the first time, the one nearest the middle."""
        tiles, keys = self._scene.tiles, keys & Qt.KeyboardModifier.ShiftModifier
        cloud = self._scene.cloud if tiles is None else tiles.cloud
        start = self._cursor if tiles is None else tiles.picked
        place = next_place(cloud, self._looking.view(), start, across, down)
        if place is None:
            return
        self._by_keyboard = True
        self._looking.reveal(*cloud.points[place].tolist())
        if tiles is None:
            self._pick(place, keys)
        else:
            self._pick_tile(place, keys)
            self._hover.point(place)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self.update()
