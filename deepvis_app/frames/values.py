"""Pictures whose pixels are no bytes: their numbers, and which channels of them to show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.frames.alpha import over_white
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.scale import Scales, natural_scale
from deepvis_app.frames.source import PictureError
from deepvis_app.frames.tiff import Page, read_page, tiff_pages

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_PIXELS = 300_000_000
_MOST_CHANNELS = 4  # the first axis of an array is channels up to here, else pages


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A picture's numbers (H, W, C) as they are in the file."""

    values: NDArray[Any]
    has_alpha: bool = False  # the fourth channel is transparency
    white_is_low: bool = False
    orientation: int = 1  # as in EXIF

    def levels(self, scales: Scales | None = None) -> tuple[NDArray[np.uint8], str]:
        """Return the picture as RGB (H, W, 3) and by which rule it was made."""
        values, words = _shown(self.values, self.has_alpha)
        colour = values[:, :, :3]
        if values.dtype == np.uint8:
            levels = colour
        else:
            own = natural_scale(colour)
            scale = own if scales is None else scales.of(colour, own)
            levels = scale.levels(colour)
            words = "; ".join(filter(None, (scale.note(colour, own), words)))
        if self.white_is_low:
            levels = 255 - levels
        if levels.shape[2] == 1:
            levels = np.repeat(levels, 3, axis=2)
        if self.has_alpha:
            alpha = natural_scale(values[:, :, 3:]).levels(values[:, :, 3:])
            levels = over_white(np.dstack([levels, alpha]))
        return levels, words

    def learn(self, scales: Scales) -> None:
        """Let a folder's scales hold this picture."""
        values, _ = _shown(self.values, self.has_alpha)
        if values.dtype != np.uint8:
            colour = values[:, :, :3]
            scales.learn(colour, natural_scale(colour))


def _shown(values: NDArray[Any], has_alpha: bool) -> tuple[NDArray[Any], str]:
    """Return one, three or, with transparency, four channels, and what was left out."""
    if values.dtype == np.bool_:
        values = values.astype(np.uint8) * np.uint8(255)
    count = values.shape[2]
    if count in (1, 3) or has_alpha:
        return values, ""
    if count == 2:
        empty = np.zeros_like(values[:, :, :1])
        return np.dstack([values, empty]), "channels 1 and 2 shown as red and green"
    return values[:, :, :3], f"channels 1, 2, 3 of {count} shown as red, green, blue"


def check_size(name: str, size: tuple[int, int]) -> None:
    """Raise `PictureError` for a picture of more pixels than are read."""
    if size[0] * size[1] > MAX_PIXELS:
        raise too_large(name)


def too_large(name: str) -> PictureError:
    limit = MAX_PIXELS // 1_000_000
    return PictureError(f"{name} has more than {limit} million pixels", "Make it smaller")


def page_count(path: Path) -> int:
    """Return how many pictures a TIFF or .npy file holds; 1 of all others."""
    if path.suffix.lower() == ".npy":
        try:
            return len(_paged(np.load(path, mmap_mode="r", allow_pickle=False)))
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
    check_size(path.name, page.size)
    if page.is_plain:
        return None
    return Numbers(read_page(path, page), page.alpha, page.one(262, 1) == 0, page.one(274, 1))


def _from_png(path: Path, head: bytes) -> Numbers | None:
    size = (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"))
    check_size(path.name, size)
    found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.ndim != 3 or found.dtype != np.uint16:
        return None  # Pillow says what is wrong with it
    turned = np.asarray(found)[:, :, [2, 1, 0, 3][: found.shape[2]]]
    return Numbers(turned, has_alpha=found.shape[2] == 4)


def _from_array(path: Path, number: int) -> Numbers:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        pages = _paged(array)
    except ValueError as error:
        raise PictureError(
            f"{path.name} is no array of numbers that is a picture ({error})",
            "Save an array of shape (H, W), (H, W, C), (C, H, W) or (N, H, W, C)",
        ) from error
    page = pages[min(number, len(pages) - 1)]
    check_size(path.name, (page.shape[1], page.shape[0]))
    return Numbers(np.array(page, np.float32 if page.dtype == np.float16 else page.dtype))


def _paged(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as pages (N, H, W, C)."""
    if array.dtype.kind not in "buif" or not array.size:
        raise ValueError(f"{array.dtype} of shape {array.shape}")
    if array.ndim == 2:
        return array[None, :, :, None]
    if array.ndim == 3 and array.shape[2] <= _MOST_CHANNELS:
        return array[None]
    if array.ndim == 3 and array.shape[0] <= _MOST_CHANNELS:
        return np.moveaxis(array, 0, 2)[None]
    if array.ndim == 3:
        return array[:, :, :, None]
    if array.ndim == 4 and array.shape[1] <= _MOST_CHANNELS < array.shape[3]:
        return np.moveaxis(array, 1, 3)
    if array.ndim == 4:
        return array
    raise ValueError(f"{array.ndim} axes")
