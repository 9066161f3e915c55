from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor

from deepvis_app.tiles import palette
from deepvis_app.ui.theme import DARK
from deepvis_app.ui.widgets.heat import Heat
from deepvis_app.ui.widgets.picture_view import PictureView, caption_rect

if TYPE_CHECKING:
    from PyQt6.QtGui import QImage
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


def test_what_the_network_does_not_see_is_dimmed(view: PictureView) -> None:
    view.set_crop((0, 0, 50, 50))
    image = shot(view)
    assert image.pixelColor(50, 100).name() == "#c8c8c8"
    assert image.pixelColor(150, 100) == QColor(5, 9, 14)  # 45 % of (10, 20, 30)
    view.set_crop(None)
    assert shot(view).pixelColor(150, 100).name() == "#0a141e"


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
    zeros = Heat(np.zeros((3, 3), np.float32), palette("magma")).image()
    assert zeros.pixelColor(1, 1).alpha() == 0
    signed = Heat(np.array([[-2.0, 0.0, 2.0]], np.float32), palette("coolwarm"), 1.0, signed=True)
    image = signed.image()
    assert [image.pixelColor(x, 0).alpha() for x in range(3)] == [255, 0, 255]
    assert image.pixelColor(0, 0).blue() > image.pixelColor(0, 0).red()
    assert image.pixelColor(2, 0).red() > image.pixelColor(2, 0).blue()


def test_heat_survives_what_is_not_finite() -> None:
    values = np.array([[np.nan, np.inf, 1.0]], np.float32)
    assert Heat(values, palette("magma"), high=1.0).image().pixelColor(0, 0).alpha() == 0


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
