"""Frames are filled in place of stroked, and look the same to the pixel."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QImage, QPainter, QPen

from deepvis_app.ui.kit.outline import THIN, paint_outline
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
