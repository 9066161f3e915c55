"""Between Qt's pictures and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtGui import QGuiApplication, QImage, QPainter

from deepvis_app.ui.kit.pixels import rgb_image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def image_to_rgb(image: QImage) -> NDArray[np.uint8]:
    """Return the picture as uint8 RGB (H, W, 3); transparency becomes white."""
    if image.hasAlphaChannel():
        opaque = QImage(image.size(), QImage.Format.Format_RGB888)
        opaque.fill(0xFFFFFFFF)
        _paint(opaque, image)
        image = opaque
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    if image.isNull():
        return np.zeros((0, 0, 3), np.uint8)
    data = image.constBits().asstring(image.sizeInBytes())
    rows = np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)


def copy_picture(picture: NDArray[np.uint8]) -> bool:
    """Put a picture (H, W, 3) on the clipboard; return whether there is one."""
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setImage(rgb_image(picture))
    return clipboard is not None


def _paint(target: QImage, image: QImage) -> None:
    painter = QPainter(target)
    painter.drawImage(0, 0, image)
    painter.end()
