from __future__ import annotations

from time import thread_time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtWidgets import QApplication

from deepvis_app.tiles.mosaic import Mosaic
from deepvis_app.ui.kit.bubble import Tip
from deepvis_app.ui.kit.theme import DARK, LIGHT, apply_theme
from deepvis_app.ui.panels.grid.mosaic_canvas import MARGIN_X, MARGIN_Y, MosaicCanvas

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

GRAY = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def flat_mosaic(count: int, columns: int, tile: int, shades: np.ndarray | None = None) -> Mosaic:
    """Tile k is filled with shade k % 255 (or shades[k]); gaps are 255."""
    rows = -(-count // columns)
    pitch = tile + 1
    pixels = np.full((rows * pitch - 1, min(columns, count) * pitch - 1), 255, np.uint8)
    for k in range(count):
        y, x = k // columns * pitch, k % columns * pitch
        pixels[y : y + tile, x : x + tile] = k % 255 if shades is None else shades[k]
    pixels.setflags(write=False)
    return Mosaic(pixels, (tile, tile), 1, columns, count)


@pytest.fixture
def canvas(qtbot: QtBot) -> MosaicCanvas:
    """6 units in 3 columns of 20 pixels, shown in the order 5 4 3 2 1 0."""
    widget = MosaicCanvas()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    widget.set_layout((20, 20), 3, 6)
    widget.set_mosaic(flat_mosaic(6, 3, 20), np.arange(6)[::-1], 0, GRAY)
    return widget


def centre(widget: MosaicCanvas, unit: int) -> QPointF:
    rect = widget.tile_rect(unit)
    assert rect is not None
    return QPointF(rect.center())


def test_every_pixel_of_the_mosaic_is_on_the_screen(canvas: MosaicCanvas) -> None:
    picture = canvas.grab().toImage()
    ratio = picture.devicePixelRatio()
    height, width = 41, 62
    view_height, view_width = canvas.viewport_px()
    top = round(MARGIN_Y * ratio) + (view_height - height) // 2
    left = round(MARGIN_X * ratio) + (view_width - width) // 2
    for y, x, shade in [(0, 0, 0), (0, 19, 0), (0, 21, 1), (19, 42, 2), (21, 0, 3), (40, 61, 5)]:
        assert picture.pixelColor(left + x, top + y).name() == f"#{shade:02x}{shade:02x}{shade:02x}"
    assert picture.pixelColor(left + 20, top).name() == DARK.background
    assert picture.pixelColor(left - 1, top).name() == DARK.background


def test_units_are_found_where_they_are_drawn(canvas: MosaicCanvas) -> None:
    for unit in range(6):
        hit = canvas.unit_at(centre(canvas, unit))
        assert hit is not None
        assert hit[0] == unit
        assert hit[1:] == pytest.approx((0.5, 0.5), abs=0.06)
    assert canvas.unit_at(QPointF(1, 1)) is None
    assert canvas.place_of(5) == 0
    assert canvas.unit_at_place(1) == 4
    assert canvas.unit_at_place(6) is None


def test_hover_click_and_open(canvas: MosaicCanvas, qtbot: QtBot, mouse: Mouse) -> None:
    with qtbot.waitSignal(canvas.tile_hovered) as hovered:
        mouse.hover(canvas, centre(canvas, 4))
    assert hovered.args is not None
    assert hovered.args[0] == 4
    assert canvas.hovered_unit() == 4
    with qtbot.waitSignal(canvas.tile_picked) as picked:
        mouse.click(canvas, centre(canvas, 2))
    assert picked.args == [2]
    with qtbot.waitSignal(canvas.tile_opened) as opened:
        mouse.double_click(canvas, centre(canvas, 1))
    assert opened.args == [1]
    with qtbot.waitSignal(canvas.tile_pin_requested) as pinned:
        mouse.click(canvas, centre(canvas, 3), keys=Qt.KeyboardModifier.AltModifier)
    assert pinned.args == [3]
    with qtbot.waitSignal(canvas.tile_hovered) as left:
        mouse.leave(canvas)
    assert left.args == [-1, 0.0, 0.0]


def test_a_menu_is_asked_for_where_a_tile_is(canvas: MosaicCanvas, qtbot: QtBot) -> None:
    asked: list[tuple[int, QPoint]] = []
    canvas.menu_requested.connect(lambda unit, at: asked.append((unit, at)))
    at = centre(canvas, 3).toPoint()
    for place in (at, QPoint(1, 1)):  # on a tile, beside all
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, canvas.mapToGlobal(place))
        QApplication.sendEvent(canvas, event)
    assert asked == [(3, canvas.mapToGlobal(at))]


def test_the_keyboard_asks_for_the_menu_of_the_picked_tile(
    canvas: MosaicCanvas, qtbot: QtBot
) -> None:
    asked: list[int] = []
    canvas.menu_requested.connect(lambda unit, _: asked.append(unit))
    keyboard = QContextMenuEvent.Reason.Keyboard
    for unit in (None, 4):
        canvas.set_selected(unit)
        qtbot.keyClick(canvas, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
        QApplication.sendEvent(canvas, QContextMenuEvent(keyboard, QPoint(9, 9), QPoint(9, 9)))
    assert asked == [4, 4]


def test_hover_follows_a_new_order_under_a_still_mouse(canvas: MosaicCanvas, mouse: Mouse) -> None:
    mouse.hover(canvas, centre(canvas, 5))
    canvas.set_mosaic(flat_mosaic(6, 3, 20), np.arange(6), 0, GRAY)
    assert canvas.hovered_unit() == 0


def test_setters_emit_nothing(canvas: MosaicCanvas, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(canvas.tile_picked),
        qtbot.assertNotEmitted(canvas.viewport_changed),
        qtbot.assertNotEmitted(canvas.tile_hovered),
    ):
        canvas.set_selected(3)
        canvas.set_pinned(2)
        canvas.set_stale("frozen")
        canvas.set_layout((30, 30), 3, 6)


def colours_around(canvas: MosaicCanvas, unit: int) -> set[str]:
    """Colours on the frame one pixel outside a unit's tile."""
    rect = canvas.tile_rect(unit)
    assert rect is not None
    picture = canvas.grab(rect.adjusted(-1, -1, 1, 1)).toImage()
    return {picture.pixelColor(x, 0).name() for x in range(picture.width())}


def test_selected_and_pinned_are_outlined(canvas: MosaicCanvas) -> None:
    canvas.set_selected(5)
    canvas.set_pinned(0)
    assert colours_around(canvas, 5) == {DARK.mark}
    assert colours_around(canvas, 0) == {DARK.mark_pinned}
    canvas.set_selected(None)
    assert DARK.mark not in colours_around(canvas, 5)


def test_the_note_is_asked_for_the_unit_under_the_cursor(
    canvas: MosaicCanvas, mouse: Mouse
) -> None:
    asked: list[int] = []

    def tell(unit: int) -> Tip:
        asked.append(unit)
        return Tip(f"unit {unit}", ((("max", "7.08"), ("mean", "0.178")),))

    canvas.set_tip_source(tell)
    bare = canvas.grab().toImage()
    mouse.hover(canvas, centre(canvas, 2))
    assert canvas.grab().toImage() != bare
    assert set(asked) == {2}


def test_empty_text_replaces_the_grid(canvas: MosaicCanvas) -> None:
    inside = centre(canvas, 0)
    canvas.set_empty_text("No units match 'dog'", "Clear the search")
    assert canvas.unit_at(inside) is None
    canvas.set_empty_text(None)
    assert canvas.unit_at(inside) is not None


def test_image_for_a_screenshot_is_the_mosaic(canvas: MosaicCanvas) -> None:
    image = canvas.mosaic_image()
    assert image is not None
    assert (image.width(), image.height()) == (62, 41)
    assert image.pixelColor(0, 0).name() == "#000000"
    assert image.pixelColor(61, 40).name() == "#050505"
    canvas.clear()
    assert canvas.mosaic_image() is None


@pytest.fixture
def tall(qtbot: QtBot) -> MosaicCanvas:
    """200 units in 5 columns of 40 pixels: 40 rows, 1639 px, in a view of 192 px."""
    widget = MosaicCanvas()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    widget.set_layout((40, 40), 5, 200)
    give(widget)
    widget.viewport_changed.connect(lambda: give(widget))
    return widget


def give(widget: MosaicCanvas) -> None:
    """Answer the request as the worker would."""
    first, count = widget.visible_places()
    shades = (np.arange(first, first + count) % 255).astype(np.uint8)
    widget.set_mosaic(flat_mosaic(count, 5, 40, shades), np.arange(200), first, GRAY)


def test_wheel_scrolls_and_asks_for_what_comes_into_view(
    tall: MosaicCanvas, qtbot: QtBot, mouse: Mouse
) -> None:
    assert tall.visible_places() == (0, 30)  # 5 rows in view and one below
    with qtbot.waitSignal(tall.viewport_changed):
        mouse.wheel(tall, QPointF(100, 100), -5)
    first, _ = tall.visible_places(0)
    assert first == 480 // 41 * 5  # 5 notches of 96 px
    assert tall.tile_rect(first) is not None


def test_an_old_mosaic_stays_at_its_place_while_scrolling(qtbot: QtBot) -> None:
    widget = MosaicCanvas()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    widget.set_layout((40, 40), 5, 200)
    give(widget)
    before = widget.tile_rect(12)
    widget.scroll_by_rows(1)
    after = widget.tile_rect(12)
    assert before is not None
    assert after is not None
    assert before.top() - after.top() == 41 / widget.devicePixelRatioF()


def test_scroll_to_place_shows_it(tall: MosaicCanvas) -> None:
    tall.scroll_to_place(150)
    rect = tall.tile_rect(150)
    assert rect is not None
    assert tall.rect().contains(rect)


def test_ctrl_wheel_zooms_and_the_setting_swaps(
    tall: MosaicCanvas, qtbot: QtBot, mouse: Mouse
) -> None:
    at = centre(tall, 7)
    control = Qt.KeyboardModifier.ControlModifier
    with qtbot.waitSignal(tall.zoom_requested) as zoomed, qtbot.assertNotEmitted(tall.tile_picked):
        mouse.wheel(tall, at, 1, control)
    assert zoomed.args == [1.25, 7]
    tall.set_wheel_zooms(True)
    with qtbot.waitSignal(tall.zoom_requested) as zoomed:
        mouse.wheel(tall, at, -1)
    assert zoomed.args == [0.8, 7]


def test_the_wheel_over_a_scroll_bar_at_its_end_does_not_zoom(
    tall: MosaicCanvas, qtbot: QtBot, mouse: Mouse
) -> None:
    tall.set_wheel_zooms(True)
    over_the_bar = QPointF(tall._bar.geometry().center())
    assert tall._bar.isVisible()
    with qtbot.assertNotEmitted(tall.zoom_requested):
        mouse.wheel(tall, over_the_bar, 1)  # as the bar leaves it to the canvas


def test_the_tile_under_the_cursor_stays_there_when_zoomed(
    tall: MosaicCanvas, mouse: Mouse
) -> None:
    tall.scroll_by_rows(10.4)
    at = centre(tall, 57)
    mouse.wheel(tall, at, 1, Qt.KeyboardModifier.ControlModifier)
    tall.set_layout((60, 60), 4, 200)
    first, count = tall.visible_places()
    tall.set_mosaic(flat_mosaic(count, 4, 60), np.arange(200), first, GRAY)
    rect = tall.tile_rect(57)
    assert rect is not None
    assert rect.top() <= at.y() <= rect.bottom()


def test_background_follows_the_theme(canvas: MosaicCanvas, qapp: QApplication) -> None:
    apply_theme(qapp, LIGHT)
    rect = canvas.tile_rect(5)
    assert rect is not None
    picture = canvas.grab().toImage()
    gap = picture.pixelColor(rect.right() + 1, rect.top())
    assert gap.name() == LIGHT.background


def test_painting_is_cheap(qtbot: QtBot) -> None:
    widget = MosaicCanvas()
    qtbot.addWidget(widget)
    widget.resize(900 + 2 * MARGIN_X, 900 + 2 * MARGIN_Y)
    widget.show()
    reading = flat_mosaic(900, 30, 29)
    widget.set_layout((29, 29), 30, 900)
    widget.set_selected(35)
    target = widget.grab()
    times = []
    for _ in range(15):
        start = thread_time()
        widget.set_mosaic(reading, np.arange(900), 0, GRAY)
        widget.render(target)
        times.append(thread_time() - start)
    assert min(times) < 0.004  # processor time: a busy machine does not count
