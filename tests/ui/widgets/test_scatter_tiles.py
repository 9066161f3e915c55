"""Squares with pictures over a map: where they are, who is pointed at, and what comes late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPointF, QSize, Qt
from PyQt6.QtGui import QFocusEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.scatter.scatter_view import ScatterView
from deepvis_app.ui.kit.scatter.sprites import Sprites
from deepvis_app.ui.kit.scatter.tiles import NONE, Tiles, tile_sides
from deepvis_app.ui.kit.theme import DARK

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

GROUND = tuple(int(DARK.background[k : k + 2], 16) for k in (1, 3, 5))
MIDDLES = np.array([(-0.5, 0.5), (0.5, 0.5), (-0.5, -0.5)], np.float32)
SHADES = ((200, 30, 30), (30, 200, 30), (30, 30, 200))


@pytest.fixture
def view(qtbot: QtBot) -> ScatterView:
    """Two hundred points in a window of 640 x 480, with thumbnails."""
    widget = ScatterView()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.show()
    widget.set_points(np.random.default_rng(0).uniform(-1, 1, (200, 2)).astype(np.float32))
    sprites = Sprites(200, 16)
    sprites.put(np.arange(200), np.full((200, 16, 16, 3), 180, np.uint8))
    widget.set_sprites(sprites)
    return widget


@pytest.fixture
def tiles(view: ScatterView) -> Tiles:
    found = Tiles(MIDDLES, np.array([0.8, 0.4, 0.6]))
    view.set_tiles(found)
    return found


def seen(view: ScatterView) -> np.ndarray:
    return image_to_rgb(view.grab().toImage())


def at(view: ScatterView, x: float, y: float) -> QPointF:
    return QPointF(*view.to_screen(np.array([(x, y)]))[0].tolist())


def fill(tiles: Tiles) -> None:
    for number, shade in enumerate(SHADES):
        tiles.put(number, np.full((24, 24, 3), shade, np.uint8))


def test_each_is_at_its_place_in_its_size(view: ScatterView, tiles: Tiles) -> None:
    fill(tiles)
    for times in (1.0, 1.7):
        view.fit()
        view.zoom(times)
        view.draw_anew()
        image = seen(view)
        for number, shade in enumerate(SHADES):
            rows, columns = np.nonzero((image == shade).all(2))
            middle, half = MIDDLES[number], tiles.sides[number] / 2
            low, high = (view.to_screen((middle + s * half)[None])[0] for s in (-1, 1))
            wanted = [low[0], high[0], high[1], low[1]]
            found = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
            inside = np.clip(wanted, 0, [640, 640, 480, 480])
            assert found == pytest.approx(inside, abs=1.5)
            corner = image[rows.min(), columns.min()]
            assert times > 1 or tuple(corner) != shade  # corners are round


def test_a_picture_that_comes_late_takes_the_place_of_a_hole(
    view: ScatterView, tiles: Tiles, qtbot: QtBot
) -> None:
    middle = at(view, *MIDDLES[1].tolist()).toPoint()
    hole = tuple(seen(view)[middle.y(), middle.x()])
    assert hole not in (GROUND, SHADES[1])
    tiles.put(1, np.full((24, 24, 3), SHADES[1], np.uint8))
    qtbot.waitUntil(lambda: tuple(seen(view)[middle.y(), middle.x()]) == SHADES[1])
    assert tuple(seen(view)[at(view, *MIDDLES[0].tolist()).toPoint().y(), 1]) == GROUND


def test_one_that_grows_is_drawn_again_and_nothing_else(
    view: ScatterView, tiles: Tiles, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tiles)
    qtbot.waitUntil(lambda: not view._tiling.isActive())
    before, drawn = seen(view), []
    paint = view._still._paint
    monkeypatch.setattr(
        view._still, "_paint", lambda v, parts: (drawn.append(parts), paint(v, parts))
    )
    tiles.put(1, np.full((24, 24, 3), 250, np.uint8))
    qtbot.waitUntil(lambda: bool((seen(view) == 250).all(2).any()))
    ((part,),) = drawn
    changed = (seen(view) != before).any(2)
    rows, columns = np.nonzero(changed)
    assert part.contains(int(columns.min()), int(rows.min()))
    assert part.contains(int(columns.max()), int(rows.max()))
    view.draw_anew()
    now = seen(view)
    view._scene.version += 1
    np.testing.assert_array_equal(seen(view), now)  # as all drawn anew


def test_while_there_are_squares_points_are_faint_dots(view: ScatterView) -> None:
    assert len(view.thumbnails()) > 20
    bright = int((seen(view) == 180).all(2).sum())
    assert bright > 3000
    view.set_tiles(Tiles(MIDDLES[:1], np.array([0.2])))
    assert len(view.thumbnails()) == 0
    assert not (seen(view) == 180).all(2).any()
    assert view.accessibleDescription() == "200 points, 1 cells"
    view.set_tiles(None)
    assert int((seen(view) == 180).all(2).sum()) == bright


def test_they_are_pointed_at_and_picked_in_place_of_points(
    view: ScatterView, tiles: Tiles, mouse: Mouse, qtbot: QtBot
) -> None:
    points: list[object] = []
    for signal in (view.picked, view.activated, view.hovered):
        signal.connect(lambda *given: points.append(given))
    with qtbot.waitSignal(view.tile_hovered) as hovered:
        mouse.hover(view, at(view, 0.6, 0.6))
    assert hovered.args == [1]
    with qtbot.waitSignal(view.tile_hovered) as left:
        mouse.hover(view, at(view, 0.95, 0.95))
    assert left.args == [NONE]
    keys = Qt.KeyboardModifier.ShiftModifier
    with qtbot.waitSignal(view.tile_picked) as picked:
        mouse.press(view, at(view, -0.7, -0.7))
        release = QEvent.Type.MouseButtonRelease
        mouse.send(view, release, at(view, -0.7, -0.7), Qt.MouseButton.LeftButton, keys)
    assert picked.args == [2, keys]
    assert tiles.picked == 2
    mouse.double_click(view, at(view, 0.5, 0.5))
    with qtbot.assertNotEmitted(view.tile_picked):
        mouse.click(view, at(view, 0.95, 0.95))  # beside them all
    assert points == []


def test_the_lasso_encircles_points_all_the_same(
    view: ScatterView, tiles: Tiles, mouse: Mouse, qtbot: QtBot
) -> None:
    view.set_tool("lasso")
    with qtbot.waitSignal(view.lassoed):
        mouse.press(view, QPointF(100, 100))
        for corner in ((300, 100), (300, 300), (100, 300)):
            mouse.drag(view, QPointF(*corner))
        mouse.release(view, QPointF(100, 300))
    assert tiles.picked is None


def test_the_keyboard_walks_from_one_to_the_next(view: ScatterView, tiles: Tiles) -> None:
    view.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    walked, pointed = [], []
    view.tile_hovered.connect(pointed.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down):
        QTest.keyClick(view, key, control)
        walked.append(tiles.picked)
        assert pointed[-1] == tiles.picked  # what is known of it is told as under a pointer
    assert walked[1:] == [1, 0, 2]
    QApplication.sendEvent(view, QFocusEvent(QEvent.Type.FocusOut))
    assert pointed[-1] == NONE


def test_those_that_are_not_marked_are_dimmed(view: ScatterView, tiles: Tiles) -> None:
    fill(tiles)
    tiles.set_marked(np.array([True, False, False]))
    view.draw_anew()
    image = seen(view)
    middles = [at(view, *middle.tolist()).toPoint() for middle in MIDDLES]
    shown = [tuple(image[point.y(), point.x()].tolist()) for point in middles]
    assert shown[0] == SHADES[0]
    for number in (1, 2):
        wanted = (np.array(SHADES[number]) + GROUND) / 2
        assert shown[number] == pytest.approx(wanted, abs=2)
    tiles.set_marked(None)
    view.draw_anew()
    assert tuple(seen(view)[middles[1].y(), middles[1].x()].tolist()) == SHADES[1]


def test_all_of_them_are_seen_where_the_map_is_shown_whole(view: ScatterView) -> None:
    view.set_tiles(Tiles(np.array([(-1.5, 0.0), (0.0, 1.2)]), np.array([0.5, 0.5])))
    for x, y in ((-1.75, 0.0), (0.0, 1.45)):
        point = at(view, x, y)
        assert 0 <= point.x() <= 640
        assert 0 <= point.y() <= 480


def test_a_picture_of_the_map_has_them_too(view: ScatterView, tiles: Tiles) -> None:
    fill(tiles)
    image = image_to_rgb(view.picture(QSize(1280, 960)))
    for shade in SHADES:
        assert (image == shade).all(2).sum() > 2000


def test_what_does_not_fit_is_refused_and_gaps_are_left() -> None:
    with pytest.raises(ValueError, match="there are 3 squares"):
        Tiles(MIDDLES, np.ones(2))
    with pytest.raises(ValueError, match="marks"):
        Tiles(MIDDLES, np.ones(3)).set_marked(np.ones(2, bool))
    assert (tile_sides([1.0, 0.5], 2.0) < [2.0, 1.0]).all()
