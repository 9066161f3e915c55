from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from deepvis_app.tiles import TOP, palette
from deepvis_app.ui.kit.pictures.aperture import Aperture
from deepvis_app.ui.kit.pictures.heat import Heat
from deepvis_app.ui.kit.pictures.picture_view import PictureView, caption_rect
from deepvis_app.ui.kit.theme import DARK, LIGHT, apply_theme

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse


@pytest.fixture
def view(qtbot: QtBot) -> PictureView:
    """A picture of 100 x 50 (width x height) in a square of 200: it fills 200 x 100."""
    widget = PictureView("No picture yet", smooth=False)
    qtbot.addWidget(widget)
    widget.resize(200, 200)
    widget.show()
    picture = np.full((50, 100, 3), 200, np.uint8)
    picture[:, 50:] = (10, 20, 30)
    picture.setflags(write=False)
    widget.set_picture(picture)
    return widget


def shot(view: PictureView) -> QImage:
    return view.grab().toImage()


def test_the_aspect_is_kept_and_pixels_are_exact(view: PictureView) -> None:
    assert view.picture_rect() == QRectF(0, 50, 200, 100)
    image = shot(view)
    ratio = image.devicePixelRatio()
    assert image.pixelColor(round(99 * ratio), round(100 * ratio)).name() == "#c8c8c8"
    assert image.pixelColor(round(100 * ratio), round(100 * ratio)).name() == "#0a141e"
    assert view.heightForWidth(300) == 150


def test_positions_are_those_of_the_picture(view: PictureView, qtbot: QtBot, mouse: Mouse) -> None:
    assert view.position_at(QPointF(100, 100)) == (25, 50)
    assert view.position_at(QPointF(100, 49)) is None
    with qtbot.waitSignal(view.hovered) as hovered:
        mouse.hover(view, QPointF(50, 60))
    assert hovered.args == [5, 25]
    with qtbot.waitSignal(view.clicked) as clicked:
        mouse.click(view, QPointF(20, 140))
    assert clicked.args == [45, 10]
    with qtbot.waitSignal(view.left):
        mouse.hover(view, QPointF(50, 10))
    with qtbot.assertNotEmitted(view.left):
        mouse.leave(view)


# A frame of 100 x 200 pixels, red left and blue right, of which the network sees the middle
# square as 10 x 10 pixels. The view of 200 x 200 shows it in its rows 50 to 150.
FRAME = np.zeros((100, 200, 3), np.uint8)
FRAME[:, :100, 0] = FRAME[:, 100:, 2] = 200
CENTRE = Aperture((10, 10), (0, -5, 10, 15))
SEEN = np.full((10, 10, 3), (0, 200, 0), np.uint8)


def test_the_frame_is_shown_and_what_the_network_does_not_see_is_dimmed(view: PictureView) -> None:
    view.set_frame(FRAME, CENTRE)
    image = shot(view)
    assert [image.pixelColor(x, 100).getRgb()[:3] for x in (20, 70, 130, 180)] == [
        (90, 0, 0), (200, 0, 0), (0, 0, 200), (0, 0, 90),  # 45 %
    ]  # fmt: skip
    assert view.position_at(QPointF(100, 100)) == (5.0, 5.0)
    assert view.position_at(QPointF(150, 150 - 1e-9)) == pytest.approx((10.0, 10.0))
    assert view.position_at(QPointF(0, 50)) == (0.0, -5.0)
    view.set_picture(FRAME)
    assert shot(view).pixelColor(20, 100).getRgb()[:3] == (200, 0, 0)


def test_a_mirrored_frame_is_shown_mirrored(view: PictureView) -> None:
    view.set_frame(FRAME, replace(CENTRE, mirrored=True))
    image = shot(view)
    assert image.pixelColor(70, 100).blue() == image.pixelColor(130, 100).red() == 200


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_network_s_part_alone_is_cut_out_of_the_frame(
    view: PictureView, mirrored: bool
) -> None:
    """The frame's middle fifth is off its centre: mirrored it comes from the other side."""
    frame = np.zeros((100, 200, 3), np.uint8)
    frame[:, :60, 0] = 200
    frame[:, 60:160, 1] = np.arange(100, 200)
    left = -6 if not mirrored else -4  # the network sees columns 60 to 160
    view.set_frame(frame, Aperture((10, 10), (0, left, 10, left + 20), False, mirrored))
    image = shot(view)
    greens = [image.pixelColor(x, 100).green() for x in (1, 99, 198)]
    expected = [100, 149, 199]
    assert greens == pytest.approx(expected[::-1] if mirrored else expected, abs=2)
    assert image.pixelColor(1, 100).red() == 0


def test_bars_of_a_letterbox_are_beside_the_frame(view: PictureView) -> None:
    view.set_frame(FRAME, Aperture((20, 20), (5, 0, 15, 20)))
    image = shot(view)
    assert image.pixelColor(20, 20).name() == DARK.control
    assert image.pixelColor(20, 100).getRgb()[:3] == (200, 0, 0)
    assert view.position_at(QPointF(100, 0)) == (0.0, 10.0)


def test_a_squeezed_frame_is_shown_as_it_came(view: PictureView) -> None:
    view.set_frame(FRAME, Aperture((10, 10), (0, 0, 10, 10)))
    assert view.picture_rect() == QRectF(0, 50, 200, 100)
    assert view.position_at(QPointF(50, 75)) == (2.5, 2.5)


def test_a_patch_shows_what_the_network_gets_there(view: PictureView) -> None:
    view.set_frame(FRAME, CENTRE, SEEN)
    view.set_covered(((4, 0, 8, 3),))
    view.set_patch((4, 0, 8, 3))  # on the screen: 50 to 80, 90 to 130
    image = shot(view)
    assert image.pixelColor(65, 110).name() == "#00c800"
    assert image.pixelColor(90, 110).getRgb()[:3] == (200, 0, 0)
    view.set_patch(None)
    view.set_covered(())
    assert shot(view).pixelColor(65, 110).getRgb()[:3] == (200, 0, 0)


def test_marks_stay_within_what_the_network_sees(view: PictureView) -> None:
    view.set_frame(FRAME, CENTRE)
    before = shot(view)
    view.set_field((-3, -4, 5, 5), "")
    after = shot(view)
    changed = [
        x for x in range(200) for y in range(50, 150)
        if after.pixelColor(x, y) != before.pixelColor(x, y)
    ]  # fmt: skip
    assert changed
    assert min(changed) >= 50
    assert max(changed) <= 100


def test_heat_covers_its_box_only(view: PictureView) -> None:
    plain = shot(view)
    values = np.ones((2, 2), np.float32)
    view.set_heat(Heat(values, palette("gray"), opacity=1.0, smooth=False, box=(0, 50, 50, 100)))
    image = shot(view)
    assert image.pixelColor(150, 100).name() == "#ffffff"
    assert image.pixelColor(50, 100) == plain.pixelColor(50, 100)
    view.set_heat(None)
    assert shot(view) == plain


def test_heat_of_nothing_is_invisible() -> None:
    zeros = Heat(np.zeros((3, 3), np.float32), palette("magma")).pixels()
    assert not zeros.any()
    signed = Heat(np.array([[-2.0, 0.0, 2.0]], np.float32), palette("coolwarm"), 1.0, signed=True)
    (low, middle, high) = signed.pixels()[0].astype(int)
    assert [low[3], middle[3], high[3]] == [255, 0, 255]
    assert low[0] > low[2]  # blue first
    assert high[2] > high[0]


def test_heat_survives_what_is_not_finite() -> None:
    values = np.array([[np.nan, np.inf, 1.0]], np.float32)
    assert not Heat(values, palette("magma"), high=1.0).pixels()[0, :2].any()


def test_heat_is_blended_by_the_square_root_of_its_strength() -> None:
    """By hand: of 255 steps 64 lay half the opacity, .25, of white on the picture."""
    image = QImage(4, 1, QImage.Format.Format_RGB32)
    image.fill(0xFF204060)
    white = np.full((256, 3), 255, np.uint8)
    strength = 64 / TOP
    heat = Heat(np.array([[strength, 1.0]], np.float32), white, 0.5, 0.0, 1.0, smooth=False)
    heat.lay_over(image, QRectF(0, 0, 4, 1))
    for x, alpha in ((0, np.sqrt(strength) * 0.5), (3, 0.5)):
        expected = [old + alpha * (255 - old) for old in (0x20, 0x40, 0x60)]
        assert image.pixelColor(x, 0).getRgb()[:3] == pytest.approx(expected, abs=1)
        assert image.pixelColor(x, 0).alpha() == 255


@pytest.mark.parametrize(
    "field",
    [(0, 0, 5, 5), (190, 190, 200, 200), (0, 0, 200, 200), (-20, 150, 30, 260), (180, 0, 200, 9)],
)
def test_the_caption_never_leaves_the_picture(qtbot: QtBot, field: tuple[int, ...]) -> None:
    top, left, bottom, right = field
    whole = QRectF(0, 0, 200, 200)
    box = caption_rect(QRectF(left, top, right - left, bottom - top), whole, "field 59 px")
    assert whole.contains(box)


def test_field_is_framed_in_the_mark(view: PictureView) -> None:
    view.set_field((10, 10, 40, 40), "field 30 px")
    image = shot(view)
    line = {image.pixelColor(x, 100).name() for x in range(15, 30)}
    assert DARK.mark in line
    view.set_field(None)
    line = {shot(view).pixelColor(x, 100).name() for x in range(15, 30)}
    assert DARK.mark not in line


def test_empty_says_so(view: PictureView, qtbot: QtBot, mouse: Mouse) -> None:
    view.set_picture(None)
    with qtbot.assertNotEmitted(view.clicked):
        mouse.click(view, QPointF(100, 100))
    assert shot(view).pixelColor(100, 20).name() == DARK.control
    assert view.picture_rect().isEmpty()


# Looking closer

CONTROL = Qt.KeyboardModifier.ControlModifier


def numbered(height: int, width: int) -> NDArray[np.uint8]:
    """Return a picture whose colours tell its rows and columns."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, rows * 0], -1).astype(np.uint8)


def test_what_is_under_the_pointer_stays_there(view: PictureView, mouse: Mouse) -> None:
    at = QPointF(137, 71)
    place = view.position_at(at)
    assert place is not None
    for notches in (1, 2, 1.5, -1, 4, -3):
        mouse.wheel(view, at, notches, CONTROL)
        now = view.position_at(at)
        assert now == pytest.approx(place, abs=1e-6)
    assert view._zooming.zoom.times == pytest.approx(1.25**4.5)
    mouse.wheel(view, at, -20, CONTROL)
    assert view.position_at(QPointF(100, 100)) == (25, 50)  # the whole again


def test_an_enlarged_picture_shows_the_pixels_that_the_positions_say(
    view: PictureView, mouse: Mouse
) -> None:
    view.set_picture(numbered(50, 100))
    mouse.wheel(view, QPointF(150, 120), 6, CONTROL)
    image = shot(view)
    for x in range(2, 198, 7):
        for y in range(52, 148, 5):
            place = view.position_at(QPointF(x + 0.5, y + 0.5))
            assert place is not None
            if view.childAt(x, y) is not None:
                continue  # the button
            if min(place[0] % 1, place[1] % 1) > 0.15 and max(place[0] % 1, place[1] % 1) < 0.85:
                red, green, _, _ = image.pixelColor(x, y).getRgb()
                assert (red, green) == (int(place[0]), int(place[1]))


@pytest.mark.parametrize("mirrored", [False, True])
def test_an_enlarged_frame_is_where_its_positions_are(
    view: PictureView, mouse: Mouse, mirrored: bool
) -> None:
    """A ramp of 200 columns: each tells where it is, sharper than the network's 10 pixels."""
    frame = np.zeros((100, 200, 3), np.uint8)
    frame[..., 1] = np.arange(200)
    view.set_frame(frame, replace(CENTRE, mirrored=mirrored))
    mouse.wheel(view, QPointF(90, 100), 8, CONTROL)
    image = shot(view)
    for x in range(5, 195, 10):
        place = view.position_at(QPointF(x + 0.5, 100))
        assert place is not None
        column = (place[1] + 5) * 10  # pixels of the frame
        expected = 199.5 - column if mirrored else column - 0.5
        if 0.1 < place[1] < 9.9:  # the rest is dimmed
            assert image.pixelColor(x, 100).green() == pytest.approx(expected, abs=1)


def test_marks_of_an_enlarged_picture_stay_on_what_they_mark(
    view: PictureView, mouse: Mouse
) -> None:
    view.set_field((20, 40, 30, 60))
    mouse.wheel(view, QPointF(100, 100), 4, CONTROL)
    image = shot(view)
    times = 1.25**4
    left = 100 - 20 * times  # 10 of its pixels from the middle, at 2 on the screen
    line = [x for x in range(200) if image.pixelColor(x, 100).name() == DARK.mark]
    assert min(line) == pytest.approx(left + 2, abs=2)
    assert max(line) == pytest.approx(200 - left - 2, abs=2)


def test_heat_of_an_enlarged_picture_covers_its_box_only(view: PictureView, mouse: Mouse) -> None:
    heat = Heat(
        np.ones((2, 2), np.float32), palette("gray"), 1.0, smooth=False, box=(20, 60, 30, 70)
    )
    view.set_heat(heat)
    mouse.wheel(view, QPointF(130, 100), 5, CONTROL)
    image = shot(view)
    white = [x for x in range(200) if image.pixelColor(x, 100).name() == "#ffffff"]
    times = 1.25**5
    assert min(white) == pytest.approx(130 - 10 * times, abs=1)
    assert max(white) == pytest.approx(130 + 10 * times, abs=1)


def test_a_drag_moves_the_picture_with_the_pointer(view: PictureView, mouse: Mouse) -> None:
    mouse.wheel(view, QPointF(100, 100), 5, CONTROL)
    before = view.position_at(QPointF(100, 100))
    told: list[object] = []
    view.clicked.connect(lambda *at: told.append(at))
    view.dragged.connect(lambda *at: told.append(at))
    mouse.press(view, QPointF(100, 100))
    assert view.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    mouse.drag(view, QPointF(120, 110))
    assert view.position_at(QPointF(120, 110)) == pytest.approx(before)
    mouse.drag(view, QPointF(5000, 5000))
    mouse.release(view, QPointF(150, 110))
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert view.position_at(QPointF(0, 50)) == pytest.approx((0, 0))  # no further than its corner
    assert told == []
    mouse.click(view, QPointF(50, 60))  # what is not moved is clicked
    assert told == [view.position_at(QPointF(50, 60))]


def test_a_brush_draws_on_what_is_enlarged(view: PictureView, mouse: Mouse) -> None:
    view.set_draws(True)
    mouse.wheel(view, QPointF(100, 100), 5, CONTROL)
    places: list[tuple[float, float]] = []
    view.dragged.connect(lambda y, x: places.append((y, x)))
    mouse.press(view, QPointF(100, 100))
    mouse.drag(view, QPointF(140, 100))
    mouse.release(view, QPointF(140, 100))
    assert places[0] == pytest.approx((25, 50))
    assert places[1] == pytest.approx((25, 50 + 20 / 1.25**5))
    mouse.press(view, QPointF(100, 100), Qt.MouseButton.MiddleButton)
    mouse.drag(view, QPointF(120, 100), Qt.MouseButton.MiddleButton)
    mouse.release(view, QPointF(120, 100), Qt.MouseButton.MiddleButton)
    assert len(places) == 2
    assert view.position_at(QPointF(120, 100)) == pytest.approx((25, 50))


def test_a_double_click_a_key_and_a_button_show_the_whole(
    view: PictureView, mouse: Mouse, qtbot: QtBot
) -> None:
    whole = view.position_at(QPointF(30, 70))
    for reset in (
        lambda: mouse.double_click(view, QPointF(60, 90)),
        lambda: qtbot.keyClick(view, Qt.Key.Key_0),
        lambda: view._reset.click(),  # type: ignore[union-attr]
    ):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
        qtbot.keyClick(view, Qt.Key.Key_Right)
        assert view.position_at(QPointF(30, 70)) != whole
        assert view._reset is not None
        assert view._reset.isVisible()
        reset()
        assert view.position_at(QPointF(30, 70)) == whole
        assert not view._reset.isVisible()


def test_the_wheel_alone_is_the_page_s_unless_it_was_chosen(
    view: PictureView, mouse: Mouse
) -> None:
    at, whole = QPointF(60, 90), view.position_at(QPointF(60, 70))
    mouse.wheel(view, at, 3)
    assert view.position_at(QPointF(60, 70)) == whole
    view.set_wheel_zooms(True)
    mouse.wheel(view, at, 3, CONTROL)
    assert view.position_at(QPointF(60, 70)) == whole
    mouse.wheel(view, at, 3)
    assert view.position_at(QPointF(60, 70)) != whole


def test_another_size_of_picture_is_seen_whole(view: PictureView, mouse: Mouse) -> None:
    mouse.wheel(view, QPointF(100, 100), 5, CONTROL)
    view.set_picture(np.zeros((50, 100, 3), np.uint8))
    assert not view._zooming.zoom.is_whole  # the next frame
    view.set_picture(np.zeros((100, 100, 3), np.uint8))
    assert view.position_at(QPointF(0, 0)) == (0, 0)


def test_what_is_no_number_stays_hatched_where_it_is(view: PictureView, mouse: Mouse) -> None:
    marks = np.zeros((50, 100), np.uint8)
    marks[20:30, 60:70] = 1
    picture = np.zeros((50, 100, 3), np.uint8)
    view.set_picture(picture, marks)
    mouse.wheel(view, QPointF(130, 100), 5, CONTROL)
    image = shot(view)
    inked = [x for x in range(200) for y in range(95, 105) if image.pixelColor(x, y).red() > 20]
    assert min(inked) == pytest.approx(130 - 10 * 1.25**5, abs=1)
    assert max(inked) == pytest.approx(130 + 10 * 1.25**5, abs=1)


def test_bars_take_the_colours_of_another_theme(view: PictureView) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    view.set_frame(FRAME, Aperture((20, 20), (5, 0, 15, 20)))
    assert shot(view).pixelColor(20, 20).name() == DARK.control
    apply_theme(app, LIGHT)
    try:
        assert shot(view).pixelColor(20, 20).name() == LIGHT.control
    finally:
        apply_theme(app, DARK)


def test_nothing_to_show_is_no_error(view: PictureView) -> None:
    view.set_picture(np.zeros((0, 5, 3), np.uint8))
    view.set_heat(Heat(np.zeros((0, 0), np.float32), palette("magma")))
    shot(view)
