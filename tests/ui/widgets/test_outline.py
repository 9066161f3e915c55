"""Frames are filled in place of stroked, and look the same to the pixel."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QRect, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from deepvis_app.ui.kit.outline import THIN, around, paint_outline, round_corners
from deepvis_app.ui.kit.theme import colour


def _ground() -> QImage:
    image = QImage(90, 90, QImage.Format.Format_RGB32)
    image.fill(0xFF8899AA)
    return image


@pytest.mark.parametrize(
    "rect", [(20, 30, 40, 25), (-5, 3, 30, 90), (7, 7, 3, 3), (60, 70, 50, 4), (0, 0, 90, 90)]
)
def test_a_thin_frame_is_what_a_pen_draws(rect: tuple[int, int, int, int]) -> None:
    filled, stroked, box = _ground(), _ground(), QRectF(*rect)
    painter = QPainter(filled)
    paint_outline(painter, box, "mark", THIN)
    painter.end()
    painter = QPainter(stroked)
    for width, shade in ((THIN + 2, colour("halo", 0.6)), (THIN, colour("mark"))):
        pen = QPen(shade, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = THIN / 2
        painter.drawRect(box.adjusted(-half, -half, half, half))
    painter.end()
    assert filled == stroked


@pytest.mark.parametrize("radius", [4.0, 5.0, 6.4, 8.0])
def test_covered_corners_are_those_of_a_round_brush(radius: float) -> None:
    picture = QImage(60, 40, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    painter.fillRect(0, 0, 30, 40, QColor("#e03010"))
    painter.fillRect(30, 0, 30, 40, QColor("#10c0f0"))
    painter.end()
    covered, brushed, at = _ground(), _ground(), QPoint(15, 25)
    painter = QPainter(covered)
    painter.drawImage(at, picture)
    round_corners(painter, QRect(at, picture.size()), radius, QColor(0x88, 0x99, 0xAA))
    painter.end()
    painter = QPainter(brushed)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(at)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(picture))
    painter.drawRoundedRect(QRectF(picture.rect()), radius, radius)
    painter.end()
    for y in range(90):
        for x in range(90):
            pair = covered.pixelColor(x, y).getRgb()[:3], brushed.pixelColor(x, y).getRgb()[:3]
            assert pair[0] == pytest.approx(pair[1], abs=2), (x, y)


@pytest.mark.parametrize(
    "inner",
    [(3, 4, 5, 6), (0, 0, 20, 15), (-5, -5, 9, 9), (0, 5, 20, 3), (30, 30, 4, 4), (4, 0, 0, 0)],
)
def test_what_is_around_covers_every_other_pixel_once(inner: tuple[int, int, int, int]) -> None:
    outer, hole = QRect(0, 0, 20, 15), QRect(*inner)
    parts = around(outer, hole)
    assert not any(part.isEmpty() for part in parts)
    for y in range(15):
        for x in range(20):
            at = QPoint(x, y)
            assert sum(part.contains(at) for part in parts) == (not hole.contains(at))


@pytest.mark.parametrize("height", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_frame_around_little_stays_around_it(height: int, width: int) -> None:
    image, box = _ground(), QRectF(20, 20, 10, height)
    painter = QPainter(image)
    paint_outline(painter, box, "mark", width)
    painter.end()
    near = box.adjusted(-width - 1, -width - 1, width + 1, width + 1).toRect()
    ground = _ground()
    assert all(
        near.contains(x, y) or image.pixel(x, y) == ground.pixel(x, y)
        for x in range(90)
        for y in range(90)
    )
