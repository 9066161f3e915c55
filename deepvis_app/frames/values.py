"""Pictures whose pixels are no bytes: their numbers, and which channels of them to show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from deepvis_app.frames.cv import cv2
from deepvis_app.frames.npy import NpyHead, npy_head, read_npy
from deepvis_app.frames.png import plain_png
from deepvis_app.frames.room import check_room
from deepvis_app.frames.scale import Scale, Scales, natural_scale
from deepvis_app.frames.source import PictureError
from deepvis_app.frames.tiff import Page, read_page, room_bytes, tiff_pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A picture's numbers (H, W, C) as they are in the file."""

    values: NDArray[Any]
    has_alpha: bool = False  # the fourth channel is transparency
    white_is_low: bool = False
    orientation: int = 1  # as in EXIF

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.values.shape[1], self.values.shape[0]

    def shown(self, scales: Scales | None = None) -> tuple[Callable[[int, int], Image.Image], str]:
        """Return what gives rows of the picture (RGB or RGBA), and the rule that it goes by."""
        colour, words = self._colour()
        scale = None
        if colour.dtype not in (np.uint8, np.bool_):
            own = natural_scale(colour)
            scale = own if scales is None else scales.of(colour, own)
            words = "; ".join(filter(None, (scale.note(colour, own), words)))
        alpha = natural_scale(self.values[:, :, 3:]) if self.has_alpha else None

        def rows(top: int, bottom: int) -> Image.Image:
            levels = self._levels(colour[top:bottom], scale)
            if alpha is not None:
                levels = np.dstack([levels, alpha.levels(self.values[top:bottom, :, 3:])])
            return Image.fromarray(levels)

        return rows, words

    def _levels(self, colour: NDArray[Any], scale: Scale | None) -> NDArray[np.uint8]:
        if scale is not None:
            levels = scale.levels(colour)
        else:
            levels = colour.astype(np.uint8) * np.uint8(255 if colour.dtype == np.bool_ else 1)
        if self.white_is_low:
            levels = 255 - levels
        if levels.shape[2] == 1:
            return np.repeat(levels, 3, axis=2)
        if levels.shape[2] == 2:
            return np.dstack([levels, np.full_like(levels[:, :, :1], 0)])
        return levels

    def _colour(self) -> tuple[NDArray[Any], str]:
        """Return one, two or three channels of the picture, and what was left out."""
        count = self.values.shape[2]
        if count in (1, 3) or self.has_alpha:
            return self.values[:, :, :3], ""
        if count == 2:
            return self.values, "channels 1 and 2 shown as red and green"
        return self.values[:, :, :3], f"channels 1, 2, 3 of {count} shown as red, green, blue"

    def learn(self, scales: Scales) -> None:
        """Let a folder's scales hold this picture."""
        colour, _ = self._colour()
        if colour.dtype not in (np.uint8, np.bool_):
            scales.learn(colour, natural_scale(colour))


def page_count(path: Path) -> int:
    """Return how many pictures a TIFF or .npy file holds; 1 of all others."""
    if path.suffix.lower() == ".npy":
        try:
            return npy_head(path).pages
        except (OSError, ValueError):
            return 1
    return max(1, len(pages_of(path)))


def pages_of(path: Path) -> tuple[Page, ...]:
    """Return the pages of a TIFF, remembered until the file changes."""
    try:
        facts = path.stat()
    except OSError:
        return ()
    return _pages(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=4)
def _pages(path: Path, _mtime_ns: int, _size: int) -> tuple[Page, ...]:
    return tiff_pages(path)


def numbers_of(path: Path, number: int = 0) -> Numbers | None:
    """Return picture `number` of a file whose pixels are no bytes; None: Pillow reads it.

    Raises `PictureError` for what cannot be read, and what reading files raises.
    """
    if path.suffix.lower() == ".npy":
        return _from_array(path, number)
    with path.open("rb") as file:
        head = file.read(26)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return _from_tiff(path, number)
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[24:25] == b"\x10" and head[25] in (2, 4, 6):
        return _from_png(path, head)
    return None


def _from_tiff(path: Path, number: int) -> Numbers | None:
    pages = pages_of(path)
    if not pages:
        return None
    page = pages[min(number, len(pages) - 1)]
    check_room(path.name, page.size, room_bytes(page))
    if page.is_plain:
        return None
    return Numbers(read_page(path, page), page.alpha, page.one(262, 1) == 0, page.one(274, 1))


def _from_png(path: Path, head: bytes) -> Numbers | None:
    size = (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"))
    pixel_bytes = {2: 6, 4: 8, 6: 8}[head[25]]
    # OpenCV's array, its channels in order again, and the file twice.
    check_room(path.name, size, 2 * size[0] * size[1] * pixel_bytes + 2 * path.stat().st_size)
    plain = plain_png(path.read_bytes())
    found = cv2.imdecode(np.frombuffer(plain, np.uint8), cv2.IMREAD_UNCHANGED) if plain else None
    if found is None or found.ndim != 3 or found.dtype != np.uint16:
        return None  # Pillow says what is wrong with it
    turned = np.asarray(found)[:, :, [2, 1, 0, 3][: found.shape[2]]]
    return Numbers(turned, has_alpha=found.shape[2] == 4)


def _from_array(path: Path, number: int) -> Numbers:
    try:
        head: NpyHead = npy_head(path)
    except ValueError as error:
        raise PictureError(
            f"{path.name} is no array of numbers that is a picture ({error})",
            "Save an array of shape (H, W), (H, W, C), (C, H, W) or (N, H, W, C)",
        ) from error
    check_room(path.name, head.size, head.read_bytes)
    return Numbers(read_npy(path, head, min(number, head.pages - 1)))
