"""TIFF as science writes it: pages, any numbers, any count of channels.

Uncompressed and Deflate are read here (TIFF 6.0; BigTIFF), other compressions by OpenCV, which
knows up to four channels.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.frames.cv import cv2
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_SIZES = {1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I",
          16: "Q", 17: "q", 18: "Q"}  # fmt: skip
_NONE, _DEFLATE = 1, (8, 32946)
_FORMATS = {1: "u", 2: "i", 3: "f"}
_MOST_PAGES = 100_000
_READABLE = "Save it uncompressed, or as PNG"


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a file: its tags."""

    number: int  # among all of the file, small versions included
    order: str  # "<" or ">"
    tags: dict[int, tuple[Any, ...]]

    def one(self, tag: int, default: int) -> int:
        return int(self.tags.get(tag, (default,))[0])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.one(256, 0), self.one(257, 0)

    @property
    def channels(self) -> int:
        return self.one(277, 1)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """What the numbers are; None for bits that are no whole bytes."""
        bits, kind = self.one(258, 1), _FORMATS.get(self.one(339, 1))
        if kind is None or bits not in ((16, 32, 64) if kind == "f" else (8, 16, 32, 64)):
            return None
        return np.dtype(f"{self.order}{kind}{bits // 8}")

    @property
    def is_plain(self) -> bool:
        """Whether it is a picture of bytes as any program reads it."""
        usual = {0: (1,), 1: (1,), 2: (3, 4), 3: (1,), 5: (4,), 6: (3,), 8: (3,)}
        is_usual = self.channels in usual.get(self.one(262, 1), ())
        is_grey_alpha = self.channels == 2 and self.one(338, 0) in (1, 2)
        return self.one(258, 1) <= 8 and self.one(339, 1) == 1 and (is_usual or is_grey_alpha)

    @property
    def alpha(self) -> bool:
        """Whether the fourth of four channels is transparency."""
        return self.channels == 4 and self.one(262, 1) == 2 and self.one(338, 0) in (1, 2)


def tiff_pages(path: Path) -> tuple[Page, ...]:
    """Return a file's pages in order, smaller versions of them left out; () if it is no TIFF."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
            order = {b"II": "<", b"MM": ">"}.get(head[:2])
            if order is None:
                return ()
            version = struct.unpack_from(order + "H", head, 2)[0]
            if version not in (42, 43):
                return ()
            is_big = version == 43
            at = struct.unpack_from(order + ("Q" if is_big else "I"), head, 8 if is_big else 4)[0]
            found: list[Page] = []
            seen = set()
            while at and at not in seen and len(found) < _MOST_PAGES:
                seen.add(at)
                tags, at = _directory(file, at, order, is_big)
                found.append(Page(len(found), order, tags))
    except (OSError, struct.error, KeyError):
        return ()
    return tuple(page for page in found if not page.one(254, 0) & 1)


def _directory(
    file: BinaryIO, at: int, order: str, is_big: bool
) -> tuple[dict[int, tuple[Any, ...]], int]:
    """Read one image file directory; return its tags and where the next one is."""
    file.seek(at)
    width, kind = (8, "Q") if is_big else (4, "I")
    count_kind = "Q" if is_big else "H"
    (count,) = struct.unpack(order + count_kind, file.read(struct.calcsize(count_kind)))
    entry = 4 + 2 * width
    table = file.read(min(count, 4096) * entry + width)
    tags = {}
    for start in range(0, min(count, 4096) * entry, entry):
        tag, type_ = struct.unpack_from(order + "HH", table, start)
        (length,) = struct.unpack_from(order + kind, table, start + 4)
        letter = _SIZES.get(type_)
        if letter is None or letter == "s" or length > 1 << 24:
            continue
        size = length * struct.calcsize("=" + letter)
        place = start + 4 + width
        if size <= width:
            data = table[place : place + size]
        else:
            file.seek(struct.unpack_from(order + kind, table, place)[0])
            data = file.read(size)
        tags[tag] = struct.unpack(f"{order}{length}{letter}", data)
    (following,) = struct.unpack_from(order + kind, table, min(count, 4096) * entry)
    return tags, int(following)


def read_page(path: Path, page: Page) -> NDArray[Any]:
    """Return a page's numbers (H, W, C), native byte order; raise `PictureError` and `OSError`."""
    if page.dtype is None or not _is_simple(page):
        return _by_opencv(path, page)
    width, height = page.size
    planes = page.channels if page.one(284, 1) == 2 else 1
    depth = page.channels // planes
    out = np.zeros((planes, height, width, depth), page.dtype)
    is_tiled = 324 in page.tags
    block_w = page.one(322, width) if is_tiled else width
    block_h = page.one(323, height) if is_tiled else min(page.one(278, height), height)
    offsets, counts = page.tags[324 if is_tiled else 273], page.tags[325 if is_tiled else 279]
    across, down = -(-width // block_w), -(-height // block_h)
    with path.open("rb") as file:
        for number in range(min(len(offsets), across * down * planes)):
            plane, rest = divmod(number, across * down)
            y, x = (rest // across) * block_h, (rest % across) * block_w
            rows = block_h if is_tiled else min(block_h, height - y)
            file.seek(offsets[number])
            block = _block(file.read(counts[number]), page, (rows, block_w, depth))
            target = out[plane, y : y + rows, x : x + block_w]
            target[...] = block[: target.shape[0], : target.shape[1]]
    joined = np.moveaxis(out[..., 0], 0, -1) if planes > 1 else out[0]
    return joined.astype(page.dtype.newbyteorder("="), copy=False)


def _is_simple(page: Page) -> bool:
    compression = page.one(259, _NONE)
    known = compression == _NONE or compression in _DEFLATE
    blocks = (273 in page.tags and 279 in page.tags) or (324 in page.tags and 325 in page.tags)
    predictor = page.one(317, 1)
    is_float = page.dtype is not None and page.dtype.kind == "f"
    return known and blocks and (predictor == 1 or (predictor == 2 and not is_float))


def _block(data: bytes, page: Page, shape: tuple[int, int, int]) -> NDArray[Any]:
    dtype = page.dtype
    if dtype is None:
        raise ValueError("bits that are no whole bytes")
    size = int(np.prod(shape)) * dtype.itemsize
    if page.one(259, _NONE) in _DEFLATE:
        data = zlib.decompressobj().decompress(data, size)
    if len(data) < size:
        raise EOFError("the file is cut off")
    block = np.frombuffer(data, dtype, int(np.prod(shape))).reshape(shape)
    if page.one(317, 1) == 2:
        block = np.cumsum(block, axis=1, dtype=dtype.newbyteorder("="))
    return block


def _by_opencv(path: Path, page: Page) -> NDArray[Any]:
    ok, found = cv2.imreadmulti(str(path), page.number, 1, flags=cv2.IMREAD_UNCHANGED)
    values: NDArray[Any] | None = np.asarray(found[0]) if ok and found else None
    if values is not None:
        values = values[:, :, None] if values.ndim == 2 else values
        is_whole = page.dtype is None or values.dtype == page.dtype.newbyteorder("=")
        if values.shape[2] == page.channels and is_whole:
            return values[:, :, [2, 1, 0, 3][: values.shape[2]]] if values.shape[2] > 2 else values
    raise PictureError(
        f"{path.name} is a TIFF of {page.channels} channels with compression "
        f"{page.one(259, _NONE)}, which is not read here",
        _READABLE,
    )
