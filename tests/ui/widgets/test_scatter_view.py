"""A map of pictures, driven as a person does and looked at as a person sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPointF, QRect, QSize, Qt
from PyQt6.QtGui import QFocusEvent, QKeySequence, QShortcut
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from deepvis_app.frames.cv import cv2
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.scatter.live_mark import LiveMark
from deepvis_app.ui.kit.scatter.scatter_view import ScatterView
from deepvis_app.ui.kit.scatter.sprites import Sprites
from deepvis_app.ui.kit.theme import DARK, LIGHT, apply_theme

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.kit.scatter.hand import Tool
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
        side = view._still.thumbnails(view._looking.view()).side
        assert (away + 1000 * np.eye(len(shown)) > side).all()
        inside = ((points > 0) & (points < (640, 480))).all(1)
        nearest = np.abs(points[inside][:, None] - points[None, shown]).max(2).min(1)
        assert (nearest <= side + 3).all()
        view.zoom(1.4)


@pytest.mark.parametrize("count", [2, 10, 40])
def test_a_map_of_few_shows_their_large_thumbnails_whole(view: ScatterView, count: int) -> None:
    points = np.random.default_rng(count).uniform(-1, 1, (count, 2)).astype(np.float32)
    view.set_points(points)
    filled(view, count, side=64)
    side = view._still.thumbnails(view._looking.view()).side
    assert side > 34  # larger than the usual
    middles = view.to_screen(points)
    assert (middles - side / 2 >= 0).all()
    assert (middles + side / 2 <= (640, 480)).all()


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


@pytest.mark.parametrize("tool", ["pan", "lasso"])
def test_a_tool_that_is_said_again_leaves_the_drag_alone(
    view: ScatterView, mouse: Mouse, tool: Tool
) -> None:
    view.set_tool(tool)
    view.zoom(3)
    before = view.to_map(np.array([[200.0, 200.0]]))
    enclosed: list[np.ndarray] = []
    view.lassoed.connect(lambda outline, _adds: enclosed.append(outline))
    mouse.press(view, QPointF(200, 200))
    for corner in ((300, 200), (300, 300), (200, 300)):
        view.set_tool(tool)  # as a page does whenever anything of it changes
        mouse.drag(view, QPointF(*corner))
    mouse.release(view, QPointF(200, 300))
    if tool == "lasso":
        assert len(enclosed) == 1
    else:
        assert view.to_map(np.array([[200.0, 300.0]])) == pytest.approx(before)


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


def test_a_map_that_is_shown_whole_stays_so_in_a_window_of_another_size(view: ScatterView) -> None:
    for size in ((300, 700), (900, 200), (160, 120)):
        view.resize(*size)
        inside = view.to_screen(clusters(500))
        assert (inside >= 0).all()
        assert (inside <= size).all()
        seen(view)
    view.resize(640, 480)
    view.zoom(2)
    middle, times = view.to_map(np.array([[320.0, 240.0]])), view.times
    view.resize(320, 240)
    assert view.times == times
    assert view.to_map(np.array([[160.0, 120.0]])) == pytest.approx(middle)


def test_another_map_is_shown_whole(view: ScatterView) -> None:
    view.zoom(5)
    view.set_points(clusters(500, seed=1))
    assert view.times == 5  # as many points: the same pictures elsewhere
    view.set_points(clusters(400, seed=1))
    assert view.state() is None


def test_leaving_tells_that_nothing_is_hovered(
    view: ScatterView, mouse: Mouse, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(view.hovered):
        mouse.hover(view, at(view, 3))
    with qtbot.waitSignal(view.hovered) as left:
        mouse.leave(view)
    assert left.args == [-1]
    mouse.send(view, QEvent.Type.MouseMove, QPointF(1, 1))


# What is drawn


def test_only_the_live_frame_is_drawn_when_it_moves(
    view: ScatterView, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    filled(view, 500)
    before = seen(view)
    drawn: list[object] = []
    paint = view._still._paint
    monkeypatch.setattr(view._still, "_paint", lambda *given: (drawn.append(given), paint(*given)))
    for step in range(5):
        view.set_live(LiveMark((0.1 * step - 0.2, 0.1), neighbours=(1, 2), words=""))
        with_mark = seen(view)
        x, y = view.to_screen(np.array([(0.1 * step - 0.2, 0.1)]))[0].round().astype(int)
        ratio = view.devicePixelRatioF()
        beside = with_mark[round(y * ratio), round((x + 12) * ratio) : round((x + 15) * ratio)]
        assert beside.min(1).max() > 200  # its ring
    view.set_live(None)
    assert (seen(view) == before).all()
    assert not drawn
    view.zoom(1.3)
    seen(view)
    assert len(drawn) == 1


def test_a_live_frame_that_is_unlike_all_is_hollow(view: ScatterView) -> None:
    view.set_points(np.array([(-1.0, -1.0), (1.0, 1.0)]))
    picture = np.full((90, 160, 3), (255, 0, 0), np.uint8)
    here = LiveMark((0.0, 0.0), picture=picture)
    view.set_live(here)
    middle = seen(view)[240, 320]
    assert middle.tolist() == [255, 0, 0]
    view.set_live(LiveMark((0.0, 0.0), is_hollow=True, picture=picture))
    hollow = seen(view)
    assert tuple(hollow[240, 320]) == GROUND
    angles = np.linspace(0, 2 * np.pi, 400)
    ring = hollow[(240 + 13 * np.sin(angles)).round().astype(int),
                  (320 + 13 * np.cos(angles)).round().astype(int)].min(1) > 128  # fmt: skip
    assert 8 < np.abs(np.diff(ring.astype(int))).sum() < 60  # it is dashed
    view.set_live(LiveMark((float("nan"), 0.0)))
    assert tuple(seen(view)[240, 333]) == GROUND


def test_words_stand_beside_the_live_frame_and_below_the_lasso(view: ScatterView) -> None:
    view.set_points(np.array([(-1.0, -1.0), (1.0, 1.0)]))
    plain = seen(view)
    view.set_live(LiveMark((0.0, 0.0)))
    beside = (seen(view) != plain).any(2)
    assert beside[232:248, 345:400].any()  # right of it
    view.set_live(None)
    view._enclose(view.to_map(np.array([(200, 100), (400, 100), (300, 300)])), False)
    view.set_selected(np.array([True, False]), "52 photographs")
    below = (seen(view) != plain).any(2)[308:324, 200:400]
    assert below.any()
    view.set_selected(None)
    assert (seen(view) == plain).all()


def test_thumbnails_come_as_they_are_filled(view: ScatterView, qtbot: QtBot) -> None:
    sprites = Sprites(500, 16)
    view.set_sprites(sprites)
    assert not len(view.thumbnails())
    wanted = view.wanted()
    assert len(wanted) > 15
    place = int(wanted[0])
    sprites.put([place], np.full((1, 16, 16, 3), (250, 0, 250), np.uint8))
    qtbot.waitUntil(lambda: tuple(seen(view)[pixel(view, place)]) == (250, 0, 250))
    assert view.thumbnails().tolist() == [place]
    assert place not in view.wanted()


def pixel(view: ScatterView, place: int) -> tuple[int, int]:
    point, ratio = at(view, place), view.devicePixelRatioF()
    return round(point.y() * ratio), round(point.x() * ratio)


def test_frames_and_dots_have_the_colours_that_were_given(view: ScatterView) -> None:
    view.set_points(np.array([(-1.0, -1.0), (1.0, 1.0), (0.5, -0.5)]))
    view.set_colours(np.array([(255, 40, 0), (0, 200, 90), (20, 30, 240)], np.uint8))
    for place, shade in enumerate([(255, 40, 0), (0, 200, 90), (20, 30, 240)]):
        assert tuple(seen(view)[pixel(view, place)]) == shade
    filled(view, 3)
    side = view._still.thumbnails(view._looking.view()).side
    row, column = pixel(view, 1)
    shown = seen(view)
    assert tuple(shown[row, column - side // 2]) == (0, 200, 90)  # its frame
    assert tuple(shown[row, column]) == (0, 101, 0)
    view.set_selected(np.array([True, False, False]))
    assert tuple(seen(view)[pixel(view, 0)]) == (0, 100, 0)
    dimmed = seen(view)[row, column].astype(int)
    assert dimmed == pytest.approx((np.array(GROUND) + np.array((0, 101, 0))) / 2, abs=1)


def test_highlighted_points_are_framed(view: ScatterView) -> None:
    view.set_points(np.array([(-1.0, -1.0), (1.0, 1.0)]))
    plain = seen(view)
    view.set_highlight([1, 99])
    row, column = pixel(view, 1)
    changed = np.argwhere((seen(view) != plain).any(2))
    assert np.abs(changed - (row, column)).max() < 10
    view.set_highlight([])
    assert (seen(view) == plain).all()


def test_points_move_to_a_grid(view: ScatterView, qtbot: QtBot) -> None:
    filled(view, 500)
    few = len(view.thumbnails())
    row, column = np.divmod(np.arange(500), 25)
    grid = np.stack([column / 12 - 1, 0.8 - row / 12], 1).astype(np.float32)
    before = view._scene.cloud.points
    view.set_points(grid, 400)
    assert view.is_moving
    qtbot.waitUntil(lambda: bool(np.abs(view._scene.cloud.points - before).max() > 0.2))
    if view.is_moving:
        between = view._scene.cloud.points
        low, high = np.minimum(before, grid) - 1e-5, np.maximum(before, grid) + 1e-5
        assert ((between >= low) & (between <= high)).all()
        seen(view)
    qtbot.waitUntil(lambda: not view.is_moving)
    assert (view._scene.cloud.points == grid).all()
    assert few < len(view.thumbnails()) == 500
    shown = seen(view)
    greens = [int(shown[pixel(view, place)][1]) for place in range(0, 500, 7)]
    assert greens == [100 + place % 100 for place in range(0, 500, 7)]
    view.set_points(before)  # at once
    assert not view.is_moving


def test_nothing_moves_where_the_desktop_wants_none(
    view: ScatterView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "_animates", lambda: False)
    view.set_points(clusters(500, seed=5), 400)
    assert not view.is_moving
    assert (view._scene.cloud.points == clusters(500, seed=5)).all()


def test_many_points_are_a_density_until_few_are_in_view(view: ScatterView) -> None:
    points = clusters(60_000)
    view.set_points(points)
    view.set_colours(np.full((60_000, 3), (200, 100, 0), np.uint8))
    view.set_sprites(Sprites(60_000, 16))
    shown = seen(view)
    at_all = view.to_screen(points).round().astype(int)
    rows, columns = at_all[:, 1].clip(0, 479), at_all[:, 0].clip(0, 639)
    assert (shown[rows, columns] != GROUND).any(1).mean() > 0.99  # each is seen
    assert not len(view.wanted())
    view.zoom(30, at(view, 7))
    assert len(view.wanted())
    view.fit()
    assert (seen(view) == shown).all()


def test_a_density_that_is_panned_is_what_drawing_it_anew_gives(
    view: ScatterView, mouse: Mouse
) -> None:
    points = clusters(60_000)
    view.set_points(points)
    view.set_colours(np.random.default_rng(0).integers(60, 255, (60_000, 3)).astype(np.uint8))
    view.set_selected(points[:, 0] > 0)
    view.zoom(1.1)
    seen(view)
    top = view._still._top
    mouse.press(view, QPointF(320, 240))
    for to in ((330, 260), (350, 200), (351, 201)):
        mouse.drag(view, QPointF(*to))
        moved = seen(view)
    mouse.release(view, QPointF(351, 201))
    assert view._still._top == top  # it does not flicker
    view._still._paint(view._looking.view(), (QRect(0, 0, *view._looking.view().window.size),))
    assert (seen(view) == moved).all()


def test_a_picture_of_twice_the_size_shows_the_same(view: ScatterView) -> None:
    filled(view, 500)
    view.set_live(LiveMark((0.0, 0.0), neighbours=(1, 2)))
    large = image_to_rgb(view.picture(QSize(1280, 960)))
    small = np.asarray(cv2.resize(large, (640, 480), interpolation=cv2.INTER_AREA)).astype(int)
    shown = seen(view).astype(int)
    assert large.shape == (960, 1280, 3)
    beside = np.s_[:, :580]  # of the buttons, which are no part of the map
    assert np.abs(small - shown)[beside].mean() < 4
    assert np.corrcoef(small[beside].ravel(), shown[beside].ravel())[0, 1] > 0.9
    assert view.picture(QSize(0, 0)).isNull()


def test_another_theme_is_painted_at_once(view: ScatterView, qapp: QApplication) -> None:
    seen(view)
    apply_theme(qapp, LIGHT)
    light = tuple(int(LIGHT.background[k : k + 2], 16) for k in (1, 3, 5))
    assert tuple(seen(view)[3, 3]) == light


def test_why_there_is_no_map_is_said(view: ScatterView) -> None:
    view.set_notice("No pictures scanned", "Choose a folder")
    assert view.place_at(at(view, 3)) == -1
    assert (seen(view)[230:260, 200:440] != GROUND).any()
    view.set_notice("")
    assert view.place_at(at(view, 3)) >= 0


def test_wrong_shapes_are_refused(view: ScatterView) -> None:
    with pytest.raises(ValueError, match="500, 3"):
        view.set_colours(np.zeros((3, 3), np.uint8))
    with pytest.raises(ValueError, match="500,"):
        view.set_selected(np.zeros(3, bool))
    with pytest.raises(ValueError, match="500 points"):
        view.set_sprites(Sprites(3))


# What it does not take, and says


def test_keys_of_the_window_stay_its_own_where_the_map_has_no_use_for_them(
    view: ScatterView, qtbot: QtBot
) -> None:
    done: list[str] = []
    for key in ("0", "Space", "Escape", "P"):
        QShortcut(QKeySequence(key), view.window()).activated.connect(lambda k=key: done.append(k))
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    for key in (Qt.Key.Key_0, Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_P):
        QTest.keyClick(view, key)
    assert done == ["0", "Space", "Escape", "P"]
    view.zoom(2)
    view.set_tool("lasso")
    view.set_selected(np.arange(500) < 3)
    for key in (Qt.Key.Key_0, Qt.Key.Key_Space, Qt.Key.Key_Escape):
        QTest.keyClick(view, key)
    assert done == ["0", "Space", "Escape", "P"]
    assert view.state() is None


def test_the_buttons_zoom_and_fit(view: ScatterView, mouse: Mouse) -> None:
    larger, smaller, whole = view.findChildren(IconButton)
    larger.click()
    larger.click()
    smaller.click()
    assert view.times == pytest.approx(1.25)
    whole.click()
    assert view.state() is None
    assert view.rect().contains(whole.geometry())
    assert all(button.accessibleName() for button in (larger, smaller, whole))


def test_it_says_what_it_shows(view: ScatterView) -> None:
    assert view.accessibleName() == "Map of pictures"
    assert view.accessibleDescription() == "500 points"
    view.set_selected(np.arange(500) < 12)
    view.zoom(2)
    assert view.accessibleDescription() == "500 points, 12 selected, 2 times as large as the whole"


def test_the_picked_point_is_framed_for_who_came_by_keyboard(
    view: ScatterView, qtbot: QtBot
) -> None:
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    focus = QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
    QApplication.sendEvent(view, focus)
    plain = seen(view)
    assert (plain[0, 100:200] != GROUND).any()  # the ring of the focus
    QTest.keyClick(view, Qt.Key.Key_Left, CONTROL)
    assert (seen(view) != plain).any()
