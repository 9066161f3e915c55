"""Arrays into images, and painting in the pixels of the screen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtGui import QColor, QImage, QPainter

from deepvis_app.frames.cv import cv2
from deepvis_app.tiles import BACKGROUND

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtCore import QSize

    from deepvis_app.tiles import PictureMosaic

MOST_PIXELS = 4  # a side, that are averaged to one on the screen


def use_device_pixels(painter: QPainter) -> float:
    """Make the painter's unit one pixel of the screen, on its raster; return the pixel ratio.

    At a fractional ratio a widget's corner lies between pixels; the small shift back keeps
    pictures free of resampling.
    """
    transform = painter.deviceTransform()
    ratio = transform.m11()
    painter.scale(1 / ratio, 1 / ratio)
    painter.translate(
        round(transform.dx()) - transform.dx(), round(transform.dy()) - transform.dy()
    )
    return ratio


def indexed_image(
    pixels: NDArray[np.uint8], palette: NDArray[np.uint8], background: QColor
) -> QImage:
    """Return palette indices (H, W) as an RGB32 image; index 255 becomes `background`.

    RGB32, because an indexed image would be converted again at every paint (5 times dearer).
    """
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(_colour_table(palette.tobytes(), background.rgb()))
    return image.convertToFormat(QImage.Format.Format_RGB32)


def rgb_image(picture: NDArray[np.uint8]) -> QImage:
    """Return a picture (H, W, 3) as an RGB32 image."""
    height, width, _ = picture.shape
    image = QImage(width, height, QImage.Format.Format_RGB32)
    if height and width:
        cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA, dst=_memory(image))
    return image


def _memory(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels (H, W, 4) of an image of 32 bits: B, G, R and A where bytes are turned."""
    bits = image.bits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    memory = np.frombuffer(bits, np.uint8)  # type: ignore[call-overload] # a sip.voidptr
    pixels: NDArray[np.uint8] = memory.reshape(image.height(), image.width(), 4)
    return pixels


def fitted_image(picture: NDArray[np.uint8], size: QSize, *, mirrored: bool = False) -> QImage:
    """Return a picture (H, W, 3) as an RGB32 image of `size`, averaged where it is shrunk.

    It is halved as often as it can be, which OpenCV is quickest at; of very large pictures some
    pixels are left out before.
    """
    wide, tall = max(size.width(), 1), max(size.height(), 1)
    step = max(min(picture.shape[0] // tall, picture.shape[1] // wide) // MOST_PIXELS, 1)
    picture = np.ascontiguousarray(picture[step // 2 :: step, step // 2 :: step])
    while picture.shape[0] >= 2 * tall and picture.shape[1] >= 2 * wide:
        half = picture.shape[1] // 2, picture.shape[0] // 2
        even = picture[: half[1] * 2, : half[0] * 2]
        picture = cv2.resize(even, half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if picture.shape[:2] != (tall, wide):
        picture = cv2.resize(  # type: ignore[assignment] # the stub knows no dtype
            picture, (wide, tall), interpolation=cv2.INTER_LINEAR
        )
    return rgb_image(cv2.flip(picture, 1) if mirrored else picture)  # type: ignore[arg-type]


def rgba_image(picture: NDArray[np.uint8]) -> QImage:
    """Return a picture (H, W, 4), alpha not premultiplied, as an image to be blended."""
    height, width, _ = picture.shape
    image = QImage(picture.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def picture_image(mosaic: PictureMosaic, background: QColor, missing: QColor) -> QImage:
    """Return a mosaic of pictures as an RGB32 image with a quiet tile for each missing one."""
    height, width, _ = mosaic.pixels.shape
    image = QImage(width, height, QImage.Format.Format_RGB32)
    if image.isNull():  # no tile: nothing can be painted on it
        return image
    image.fill(background)
    painter = QPainter(image)
    for tile in mosaic.missing:
        box = mosaic.tiling.rect(tile)
        painter.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top, missing)
    painter.drawImage(0, 0, rgba_image(mosaic.pixels))
    painter.end()
    return image


@lru_cache(maxsize=16)
def _colour_table(palette: bytes, background: int) -> list[int]:
    rgb = np.frombuffer(palette, np.uint8).reshape(-1, 3).astype(np.uint32)
    table: list[int] = (0xFF000000 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]).tolist()
    table[BACKGROUND] = background
    return table
