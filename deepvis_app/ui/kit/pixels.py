"""Arrays into images, and painting in the pixels of the screen."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np
from PyQt6.QtCore import QRect, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.sip import voidptr

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
    pixels = np.ascontiguousarray(pixels)  # it lends its memory until these are colours
    lent = voidptr(pixels.__array_interface__["data"][0])
    kind = QImage.Format.Format_Indexed8
    image: QImage = QImage(lent, width, height, width, kind)  # type: ignore[call-overload]
    image.setColorTable(_colour_table(palette.tobytes(), background.rgb()))
    return image.convertToFormat(QImage.Format.Format_RGB32)


def rgb_image(picture: NDArray[np.uint8]) -> QImage:
    """Return a picture (H, W, 3) as an RGB32 image."""
    height, width, _ = picture.shape
    image = QImage(width, height, QImage.Format.Format_RGB32)
    if height and width:
        cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA, dst=memory(image))
    return image


def memory(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels (H, W, 4) of an image of 32 bits: B, G, R and A where bytes are turned.

    They are the image's own: keep it as long as them.
    """
    bits = image.bits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    flat = np.frombuffer(bits, np.uint8)  # type: ignore[call-overload] # a sip.voidptr
    pixels: NDArray[np.uint8] = flat.reshape(image.height(), image.width(), 4)
    return pixels


class Halves:
    """Gives a picture (H, W, 3) halved as often as leaves it larger than it is shown.

    Several views show the same frame: the halves of the last one are kept while it lives.
    """

    def __init__(self) -> None:
        self._halves: list[NDArray[np.uint8]] = []
        self._of: ref[NDArray[np.uint8]] | None = None

    def fitting(self, picture: NDArray[np.uint8], wide: float, tall: float) -> NDArray[np.uint8]:
        """Return the smallest of at least so many pixels, if the picture is not far larger."""
        times = min(picture.shape[0] // max(tall, 1.0), picture.shape[1] // max(wide, 1.0))
        if not 2 <= times < 2 * MOST_PIXELS:
            return picture
        if self._of is None or self._of() is not picture:
            self._of, self._halves = ref(picture, self._forget), []
        for place in range(int(math.log2(times))):
            if place == len(self._halves):
                self._halves.append(_half(self._halves[-1] if self._halves else picture))
        return self._halves[int(math.log2(times)) - 1]

    def _forget(self, gone: object) -> None:
        if gone is self._of:
            self._of, self._halves = None, []


def _half(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = picture.shape[1] // 2, picture.shape[0] // 2
    even = picture[: size[1] * 2, : size[0] * 2]
    return _resized(even, size, cv2.INTER_AREA)


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int], way: int) -> NDArray[np.uint8]:
    """Return pixels (h, w, n) as so many (across, down)."""
    return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)


def fitted_image(picture: NDArray[np.uint8], size: QSize, *, mirrored: bool = False) -> QImage:
    """Return a picture (H, W, 3) as an RGB32 image of `size`, averaged where it is shrunk.

    It is halved as often as it can be, which OpenCV is quickest at; of very large pictures some
    pixels are left out before.
    """
    wide, tall = max(size.width(), 1), max(size.height(), 1)
    step = max(min(picture.shape[0] // tall, picture.shape[1] // wide) // MOST_PIXELS, 1)
    picture = np.ascontiguousarray(picture[step // 2 :: step, step // 2 :: step])
    while picture.shape[0] >= 2 * tall and picture.shape[1] >= 2 * wide:
        picture = _half(picture)
    if picture.shape[0] >= 2 * tall or picture.shape[1] >= 2 * wide:  # one side alone
        least = min(picture.shape[1], wide), min(picture.shape[0], tall)
        picture = _resized(picture, least, cv2.INTER_AREA)
    if picture.shape[:2] != (tall, wide):
        picture = _resized(picture, (wide, tall), cv2.INTER_LINEAR)
    return rgb_image(cv2.flip(picture, 1) if mirrored else picture)  # type: ignore[arg-type]


def covered(area: QRectF) -> QRect:
    """Return the pixels whose middles lie in an area."""
    left, top = math.ceil(area.left() - 0.5), math.ceil(area.top() - 0.5)
    right, bottom = math.ceil(area.right() - 0.5), math.ceil(area.bottom() - 0.5)
    return QRect(left, top, right - left, bottom - top)


def stretched(
    pixels: NDArray[np.uint8], area: QRectF, part: QRect, *, smooth: bool
) -> NDArray[np.uint8]:
    """Return what pixels (h, w, n) that fill `area` show in `part`; beside it the edge goes on.

    `smooth`: between pixels' middles the levels change evenly; else each is the nearest one's.
    """
    height, width = pixels.shape[:2]
    size = part.width(), part.height()
    if QRectF(part) == area:
        return _resized(pixels, size, cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST_EXACT)
    across, down = width / area.width(), height / area.height()
    to_pixels = np.array(
        (
            (across, 0, (part.left() + 0.5 - area.left()) * across - 0.5),
            (0, down, (part.top() + 0.5 - area.top()) * down - 0.5),
        )
    )
    way = (cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST) | cv2.WARP_INVERSE_MAP
    edge = cv2.BORDER_REPLICATE
    warped = cv2.warpAffine(pixels, to_pixels, size, flags=way, borderMode=edge)
    return np.asarray(warped, np.uint8)


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
