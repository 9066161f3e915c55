"""A map of pictures, driven as a person does and looked at as a person sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtTest import QTest

from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.scatter.scatter_view import ScatterView
from deepvis_app.ui.kit.scatter.sprites import Sprites
from deepvis_app.ui.kit.theme import DARK

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
MIDDLE = Qt.MouseButton.MiddleButton
GROUND = tuple(int(DARK.background[k : k + 2], 16) for k in (1, 3, 5))


def clusters(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-0.8, 0.8, (8, 2))
    points = centres[rng.integers(0, 8, count)] + rng.normal(0, 0.08, (count, 2))
    return points.clip(-1, 1).astype(np.float32)


@pytest.fixture
def view(qtbot: QtBot) -> ScatterView:
    """500 points in eight clusters, in a window of 640 x 480."""
    widget = ScatterView()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.show()
    widget.set_points(clusters(500))
    return widget


def filled(view: ScatterView, count: int, side: int = 16) -> Sprites:
    """Give a view thumbnails of one shade of green each."""
    sprites = Sprites(count, side)
    pictures = np.zeros((count, side, side, 3), np.uint8)
    pictures[..., 1] = 100 + np.arange(count)[:, None, None] % 100
    sprites.put(np.arange(count), pictures)
    view.set_sprites(sprites)
    return sprites


def seen(view: ScatterView) -> np.ndarray:
    return image_to_rgb(view.grab().toImage())


def at(view: ScatterView, place: int) -> QPointF:
    return QPointF(*view.to_screen(view._scene.cloud.points[place : place + 1])[0].tolist())


def test_the_nearest_dot_is_hit(view: ScatterView) -> None:
    points = view.to_screen(view._scene.cloud.points)
    rng = np.random.default_rng(3)
    hits = 0
    for x, y in rng.uniform(0, 1, (300, 2)) * (640, 480):
        found, away = view.place_at(QPointF(x, y)), np.hypot(*(points - (x, y)).T)
        if found < 0:
            assert away.min() > 5.5
        else:
            hits += 1
            assert away[found] <= away.min() + 1.5  # dots stand on whole pixels
    assert hits > 20


def test_thumbnails_never_overlap_and_none_more_has_room(view: ScatterView) -> None:
    filled(view, 500)
    for _ in range(8):
        shown = view.thumbnails()
        points = view.to_screen(view._scene.cloud.points)
        away = np.abs(points[shown, None] - points[None, shown]).max(2)
        side = view._still.thumbs.shown(*view._looking.view()).side
        assert (away + 1000 * np.eye(len(shown)) > side).all()
        inside = ((points > 0) & (points < (640, 480))).all(1)
        nearest = np.abs(points[inside][:, None] - points[None, shown]).max(2).min(1)
        assert (nearest <= side + 3).all()
        view.zoom(1.4)


def test_thumbnails_stay_while_the_map_is_panned_and_more_come_on_zooming_in(
    view: ScatterView, mouse: Mouse
) -> None:
    filled(view, 500)
    whole = set(view.thumbnails().tolist())
    view.zoom(1.5)
    closer = set(view.thumbnails().tolist())
    points = view.to_screen(view._scene.cloud.points)
    still_seen = {k for k in whole if (points[k] > -100).all() and (points[k] < (740, 580)).all()}
    assert still_seen <= closer
    mouse.press(view, QPointF(320, 240))
    for step in range(1, 20):
        mouse.drag(view, QPointF(320 - 6 * step, 240 + 3 * step))
        points = view.to_screen(view._scene.cloud.points)
        inside = ((points > 0) & (points < (640, 480))).all(1)
        now = set(view.thumbnails().tolist())
        assert {k for k in closer if inside[k]} <= now
        closer |= now
    mouse.release(view, QPointF(206, 297))


def test_a_pan_draws_what_drawing_all_anew_does(view: ScatterView, mouse: Mouse) -> None:
    filled(view, 500)
    view.set_colours(np.random.default_rng(0).integers(60, 255, (500, 3)).astype(np.uint8))
    view.zoom(2)
    seen(view)
    mouse.press(view, QPointF(320, 240))
    for to in ((300, 260), (350, 200), (351, 201), (100, 400)):
        mouse.drag(view, QPointF(*to))
        moved = seen(view)
    mouse.release(view, QPointF(100, 400))
    view._still._look = ()
    assert (seen(view) == moved).all()


def test_the_selected_keep_their_thumbnails_first_then_the_preferred(view: ScatterView) -> None:
    filled(view, 500)
    view.set_preferred(np.arange(499, -1, -1))
    assert 499 in view.thumbnails()
    chosen = np.zeros(500, bool)
    chosen[view.thumbnails()] = True
    hidden = int(np.flatnonzero(~chosen)[0])
    mask = np.zeros(500, bool)
    mask[hidden] = True
    view.set_selected(mask)
    assert hidden in view.thumbnails()


def test_a_click_picks_and_a_double_click_activates(
    view: ScatterView, mouse: Mouse, qtbot: QtBot
) -> None:
    picked: list[tuple[int, Qt.KeyboardModifier]] = []
    view.picked.connect(lambda place, keys: picked.append((place, keys)))
    place = view.place_at(at(view, 17))
    for tool in ("pan", "lasso"):
        view.set_tool(tool)  # type: ignore[arg-type]
        mouse.click(view, at(view, 17))
    mouse.press(view, at(view, 17), keys=SHIFT)
    mouse.release(view, at(view, 17) + QPointF(1, 1))
    assert [number for number, _ in picked] == [place] * 3
    with qtbot.waitSignal(view.activated) as activated:
        mouse.double_click(view, at(view, 17))
    assert activated.args == [place]
    mouse.click(view, QPointF(2, 2))  # nothing is there
    assert len(picked) == 4


def test_a_point_is_hovered_once_the_pointer_rests(
    view: ScatterView, mouse: Mouse, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(view.hovered) as hovered:
        mouse.hover(view, at(view, 40))
    assert hovered.args == [view.place_at(at(view, 40))]
    with qtbot.waitSignal(view.hovered) as left:
        mouse.hover(view, QPointF(1, 1))
    assert left.args == [-1]


def test_a_lasso_encloses_where_it_was_drawn(view: ScatterView, mouse: Mouse, qtbot: QtBot) -> None:
    view.set_tool("lasso")
    corners = [(100, 100), (300, 110), (310, 300), (90, 280)]
    view.zoom(1.7)
    with qtbot.waitSignal(view.lassoed) as lassoed:
        mouse.press(view, QPointF(*corners[0]))
        for corner in corners[1:]:
            mouse.drag(view, QPointF(*corner))
        mouse.release(view, QPointF(*corners[-1]))
    assert lassoed.args is not None
    outline, adds = lassoed.args
    assert not adds
    assert view.to_screen(outline) == pytest.approx(np.array(corners), abs=1e-6)
    with qtbot.waitSignal(view.lassoed) as lassoed:
        mouse.press(view, QPointF(400, 300), keys=SHIFT)
        mouse.drag(view, QPointF(420, 300))
        mouse.drag(view, QPointF(420, 330))
        mouse.release(view, QPointF(420, 330))
    assert lassoed.args is not None
    assert lassoed.args[1]
    assert len(view._over.outlines) == 2


def test_two_corners_enclose_nothing(view: ScatterView, mouse: Mouse, qtbot: QtBot) -> None:
    view.set_tool("lasso")
    with qtbot.assertNotEmitted(view.lassoed), qtbot.assertNotEmitted(view.picked):
        mouse.press(view, QPointF(100, 100))
        mouse.drag(view, QPointF(200, 100))
        mouse.release(view, QPointF(200, 100))


def test_escape_drops_the_drag_first_then_what_is_selected(
    view: ScatterView, mouse: Mouse, qtbot: QtBot
) -> None:
    view.set_tool("lasso")
    view.set_selected(np.arange(500) < 5)
    with qtbot.assertNotEmitted(view.dropped), qtbot.assertNotEmitted(view.lassoed):
        mouse.press(view, QPointF(100, 100))
        for to in ((200, 100), (200, 200), (100, 200)):
            mouse.drag(view, QPointF(*to))
        QTest.keyClick(view, Qt.Key.Key_Escape)
        mouse.release(view, QPointF(100, 200))
    with qtbot.waitSignal(view.dropped):
        QTest.keyClick(view, Qt.Key.Key_Escape)


def test_the_wheel_zooms_at_the_pointer(view: ScatterView, mouse: Mouse, qtbot: QtBot) -> None:
    there = np.array([[500.0, 100.0]])
    before = view.to_map(there)
    with qtbot.waitSignal(view.zoomed):
        mouse.wheel(view, QPointF(500, 100), 3)
    assert view.times == pytest.approx(1.25**3)
    assert view.to_map(there) == pytest.approx(before)
    mouse.wheel(view, QPointF(500, 100), 200)
    assert view.times == pytest.approx(1000)
    mouse.wheel(view, QPointF(500, 100), -300)
    assert view.times == pytest.approx(0.5)
    view.fit()
    assert view.state() is None


@pytest.mark.parametrize("way", ["pan", "middle", "space"])
def test_a_drag_pans(view: ScatterView, mouse: Mouse, qtbot: QtBot, way: str) -> None:
    view.set_tool("pan" if way == "pan" else "lasso")
    if way == "space":
        QTest.keyPress(view, Qt.Key.Key_Space)
    view.zoom(3)
    before = view.to_map(np.array([[200.0, 200.0]]))
    button = MIDDLE if way == "middle" else Qt.MouseButton.LeftButton
    with qtbot.assertNotEmitted(view.lassoed), qtbot.assertNotEmitted(view.picked):
        mouse.press(view, QPointF(200, 200), button)
        mouse.drag(view, QPointF(230, 190), button)
        mouse.drag(view, QPointF(260, 220), button)
        mouse.release(view, QPointF(260, 220), button)
    assert view.to_map(np.array([[260.0, 220.0]])) == pytest.approx(before)
    if way == "space":
        QTest.keyRelease(view, Qt.Key.Key_Space)


def test_the_keyboard_does_everything(view: ScatterView, qtbot: QtBot) -> None:
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.times == pytest.approx(1.25)
    middle = view.state()
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Up)
    state = view.state()
    assert middle is not None
    assert state is not None
    assert state[0] > middle[0]
    assert state[1] > middle[1]
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.state() is None
    with qtbot.waitSignal(view.picked) as picked:
        QTest.keyClick(view, Qt.Key.Key_Right, CONTROL)
    assert picked.args is not None
    first = picked.args[0]
    with qtbot.waitSignal(view.picked) as picked:
        QTest.keyClick(view, Qt.Key.Key_Right, CONTROL | SHIFT)
    assert picked.args is not None
    assert picked.args[1] == SHIFT
    points = view._scene.cloud.points
    assert points[picked.args[0], 0] >= points[first, 0]
    with qtbot.waitSignal(view.activated) as activated:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert activated.args == [picked.args[0]]
    with qtbot.waitSignal(view.lassoed) as lassoed:
        QTest.keyClick(view, Qt.Key.Key_A, CONTROL)
    assert lassoed.args is not None
    assert view.to_screen(lassoed.args[0]).max(0).tolist() == pytest.approx([640, 480])


def test_a_view_comes_back_as_it_was_left(view: ScatterView, qtbot: QtBot) -> None:
    view.zoom(4, QPointF(100, 50))
    state = view.state()
    other = ScatterView()
    qtbot.addWidget(other)
    other.restore(state)
    other.resize(640, 480)
    other.set_points(clusters(500))
    points = clusters(500)
    assert other.to_screen(points) == pytest.approx(view.to_screen(points))
    other.restore((float("nan"), 0.0, 2.0))
    assert other.state() is None


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((0, 2)),
        np.zeros((1, 2)),
        np.full((40, 2), 0.5),
        np.linspace(-1, 1, 20).reshape(10, 2),
        np.full((5, 2), np.nan),
    ],
    ids=["none", "one", "all equal", "ten", "no numbers"],
)
def test_any_set_of_points_can_be_shown(
    view: ScatterView, mouse: Mouse, points: np.ndarray
) -> None:
    view.set_points(points)
    filled(view, len(points)) if len(points) else None
    has_place = len(points) > 0 and bool(np.isfinite(points).all())
    assert (seen(view)[20:-20, 60:-60] != GROUND).any() == has_place
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_0):
        QTest.keyClick(view, key)
    mouse.wheel(view, QPointF(320, 240), 5)
    mouse.click(view, QPointF(320, 240))
    seen(view)
    view.set_points(clusters(30))
    assert (seen(view)[20:-20, 60:-60] != GROUND).any()


def test_leaving_tells_that_nothing_is_hovered(
    view: ScatterView, mouse: Mouse, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(view.hovered):
        mouse.hover(view, at(view, 3))
    with qtbot.waitSignal(view.hovered) as left:
        mouse.leave(view)
    assert left.args == [-1]
    mouse.send(view, QEvent.Type.MouseMove, QPointF(1, 1))
