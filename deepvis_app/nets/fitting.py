"""Bring a picture of any shape to the network's height and width."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import interpolate

if TYPE_CHECKING:
    from numpy.typing import NDArray

Size = tuple[int, int]  # (height, width)


class Fit(Enum):
    """How a picture of another shape is brought to the network's input."""

    CROP = "crop"  # centre crop after resizing, as networks are usually evaluated
    LETTERBOX = "letterbox"  # the whole picture, padded
    STRETCH = "stretch"  # the whole picture, aspect ratio ignored


class Interpolation(Enum):
    """How pixels are mixed when a picture is resized; both widen when shrinking (antialias)."""

    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the network's input lies in the source picture, in source pixels (may exceed it)."""

    top: float
    left: float
    height: float
    width: float
    mirrored: bool = False


def resample(
    image: NDArray[np.uint8], size: Size, interpolation: Interpolation
) -> NDArray[np.uint8]:
    """Resize a picture (H, W, 3) with antialiasing, as torchvision and PIL do it."""
    if image.shape[:2] == size:
        return image
    # The batch comes first: torch then knows the memory order, which is faster and stays.
    planes = torch.from_numpy(_writable(image))[None].permute(0, 3, 1, 2)
    resized = interpolate(planes, size, mode=interpolation.value, antialias=True)
    result: NDArray[np.uint8] = resized[0].permute(1, 2, 0).numpy()
    return result


def stretch(
    image: NDArray[np.uint8], size: Size, interpolation: Interpolation
) -> tuple[NDArray[np.uint8], Placement]:
    """Squeeze the whole picture into `size`."""
    return resample(image, size, interpolation), Placement(0, 0, *image.shape[:2])


def letterbox(
    image: NDArray[np.uint8],
    size: Size,
    interpolation: Interpolation,
    colour: tuple[int, int, int],
) -> tuple[NDArray[np.uint8], Placement]:
    """Fit the whole picture into `size`, the rest in `colour`."""
    inner, (top, left) = _inner(image.shape[:2], size)
    picture = np.empty((*size, 3), np.uint8)
    picture[:] = colour
    picture[top : top + inner[0], left : left + inner[1]] = resample(image, inner, interpolation)
    return picture, letterbox_placement(image.shape[:2], size)


def letterbox_placement(shape: Size, size: Size) -> Placement:
    """Return where `letterbox` puts its box around a picture of a shape."""
    inner, (top, left) = _inner(shape, size)
    down, across = shape[0] / inner[0], shape[1] / inner[1]
    return Placement(-top * down, -left * across, size[0] * down, size[1] * across)


def _inner(shape: Size, size: Size) -> tuple[Size, Size]:
    """Return how large a picture is in its box, and where its corner lies."""
    height, width = shape
    shrink = min(size[0] / height, size[1] / width)
    inner = (
        min(max(round(height * shrink), 1), size[0]),
        min(max(round(width * shrink), 1), size[1]),
    )
    return inner, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)


def crop(
    image: NDArray[np.uint8], size: Size, interpolation: Interpolation, short_side: int | None
) -> tuple[NDArray[np.uint8], Placement]:
    """Resize so that the short side is `short_side` px, then cut `size` from the centre.

    Equal to torchvision's `Resize(short_side)` and `CenterCrop(size)` for square sizes; for others
    the same margin is left in proportion, so the cut never leaves the picture.
    """
    cut, resized = _cut(image.shape[:2], size, short_side)
    whole = resample(image[cut.rows, cut.columns], resized, interpolation)
    top, left = _corner(resized, size)
    return whole[top : top + size[0], left : left + size[1]], cut.placement(resized, size)


def crop_placement(shape: Size, size: Size, short_side: int | None) -> Placement:
    """Return where `crop` cuts a picture of a shape, without cutting it."""
    cut, resized = _cut(shape, size, short_side)
    return cut.placement(resized, size)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The part of a picture that a centre crop resizes."""

    rows: slice
    columns: slice

    def placement(self, resized: Size, size: Size) -> Placement:
        """Return where the centre of `size` of the resized part lies in the picture."""
        down = (self.rows.stop - self.rows.start) / resized[0]
        across = (self.columns.stop - self.columns.start) / resized[1]
        top, left = _corner(resized, size)
        return Placement(
            self.rows.start + top * down,
            self.columns.start + left * across,
            size[0] * down,
            size[1] * across,
        )


def _corner(resized: Size, size: Size) -> tuple[int, int]:
    return round((resized[0] - size[0]) / 2), round((resized[1] - size[1]) / 2)


def _cut(shape: Size, size: Size, short_side: int | None) -> tuple[_Cut, Size]:
    """Return what of a picture is resized, and to which size."""
    margin = max(short_side or 0, min(size)) / min(size)
    cut = _limited(shape, size)
    height, width = cut.rows.stop - cut.rows.start, cut.columns.stop - cut.columns.start
    if size[0] * width >= size[1] * height:  # height is the tight axis
        tall = round(size[0] * margin)
        return cut, (tall, max(tall * width // height, size[1]))
    wide = round(size[1] * margin)
    return cut, (max(wide * height // width, size[0]), wide)


def _limited(shape: Size, size: Size) -> _Cut:
    """Cut off what a centre crop of a very long picture could not show: resizing it is a waste."""
    height, width = shape
    tallest = max(4 * width * size[0] // size[1], 1)
    widest = max(4 * height * size[1] // size[0], 1)
    top, left = max(height - tallest, 0) // 2, max(width - widest, 0) // 2
    return _Cut(slice(top, height - top), slice(left, width - left))


class _Shared:
    """Lets torch read a read-only array without a copy (and without its warning)."""

    def __init__(self, array: NDArray[np.uint8]) -> None:
        self.array = array  # keeps the memory alive
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.__array_interface__["data"][0], False),
        }


def _writable(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the same memory as a C-contiguous array that torch accepts; it is only read."""
    image = np.ascontiguousarray(image)
    return image if image.flags.writeable else np.asarray(_Shared(image))
