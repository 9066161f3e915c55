"""TIFF as science writes it: pages, any numbers, any count of channels.

Uncompressed and Deflate are read here (TIFF 6.0; BigTIFF), other compressions by OpenCV, which
knows up to four channels.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.frames.cv import cv2
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_WHOLE_NUMBERS = {
    1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"
}  # fmt: skip
# What is needed of an image: kind, size, numbers, layout, turn, and where its blocks are.
_WANTED = frozenset({254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 322, 323, 324,
                     325, 338, 339})  # fmt: skip
_NONE, _DEFLATE = 1, (8, 32946)
_BY_OPENCV = (_NONE, 5, 7, *_DEFLATE, 32773, 50000)  # LZW, JPEG, PackBits, Zstandard
_ODD_BITS = (10, 12, 14)  # which OpenCV reads as 16
_FORMATS = {1: "u", 2: "i", 3: "f"}
_LARGE_TILE = 1 << 24  # pixels; a small picture may lie in one of these
_MOST_PAGES = 100_000
_MOST_ENTRIES = 4_000_000  # of all directories together
_READABLE = "Save it uncompressed, or as PNG"


@dataclass(frozen=True, slots=True)
class Table:
    """Where the values of a tag are: `count` of them from `place` on."""

    place: int
    count: int
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a file: the first value of each tag, and where all of them are."""

    number: int  # among all of the file, small versions included
    order: str  # "<" or ">"
    firsts: dict[int, int]
    tables: dict[int, Table]

    def one(self, tag: int, default: int) -> int:
        return self.firsts.get(tag, default)

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
    def block(self) -> tuple[int, int]:
        """Width and height of the tiles or strips that it is stored in."""
        width, height = self.size
        if 324 in self.tables:
            return self.one(322, width), self.one(323, height)
        return width, min(self.one(278, height), height)

    @property
    def alpha(self) -> bool:
        """Whether the fourth of four channels is transparency."""
        return self.channels == 4 and self.one(262, 1) == 2 and self.one(338, 0) in (1, 2)


def tiff_pages(path: Path) -> tuple[Page, ...]:
    """Return a file's pages in order, smaller versions of them left out; () if it is no TIFF."""
    try:
        with path.open("rb") as file:
            return tuple(page for page in _found(file) if not page.one(254, 0) & 1)
    except OSError:
        return ()


def page_at(file: BinaryIO, number: int) -> Page:
    """Return the page of that number among all; raise `ValueError` where it cannot be read."""
    for page in _found(file):
        if page.number == number:
            return page
    raise ValueError(f"no directory {number}")


def _found(file: BinaryIO) -> Iterator[Page]:
    """Yield pages up to the first that cannot be read."""
    try:
        file.seek(0)
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or (version := struct.unpack_from(order + "H", head, 2)[0]) not in (
            42,
            43,
        ):
            return
        is_big = version == 43
        at = struct.unpack_from(order + ("Q" if is_big else "I"), head, 8 if is_big else 4)[0]
        seen: set[int] = set()
        left = _MOST_ENTRIES
        while at and at not in seen and len(seen) < _MOST_PAGES and left > 0:
            seen.add(at)
            table, start, at = _directory(file, at, order, is_big)
            left -= len(table)
            yield _page(file, len(seen) - 1, order, table, start, is_big)
    except (OSError, struct.error, KeyError, ValueError, OverflowError):
        return


def _directory(file: BinaryIO, at: int, order: str, is_big: bool) -> tuple[list[bytes], int, int]:
    """Read one image file directory: its entries, where they begin, where the next one is."""
    file.seek(at)
    count_kind, kind, entry = ("Q", "Q", 20) if is_big else ("H", "I", 12)
    (count,) = struct.unpack(order + count_kind, file.read(struct.calcsize(count_kind)))
    count = min(count, 4096)
    start = file.tell()
    data = file.read(count * entry + struct.calcsize(kind))
    (following,) = struct.unpack_from(order + kind, data, count * entry)
    entries = [data[place : place + entry] for place in range(0, count * entry, entry)]
    return entries, start, int(following)


def _page(
    file: BinaryIO, number: int, order: str, entries: list[bytes], start: int, is_big: bool
) -> Page:
    firsts: dict[int, int] = {}
    tables: dict[int, Table] = {}
    kind = "Q" if is_big else "I"
    width = struct.calcsize(kind)
    for index, entry in enumerate(entries):
        tag, type_ = struct.unpack_from(order + "HH", entry)
        letter = _WHOLE_NUMBERS.get(type_)
        (count,) = struct.unpack_from(order + kind, entry, 4)
        if tag not in _WANTED or letter is None or not count:
            continue
        if tag in firsts:  # of two, every decoder takes another
            raise ValueError(f"tag {tag} is there twice")
        dtype = np.dtype(order + letter)
        if count * dtype.itemsize <= width:
            place = start + index * len(entry) + 4 + width
            data = entry[4 + width :]
        else:
            (place,) = struct.unpack_from(order + kind, entry, 4 + width)
            file.seek(place)
            data = file.read(dtype.itemsize)
        firsts[tag] = int(struct.unpack_from(order + letter, data)[0])
        tables[tag] = Table(place, count, dtype)
    return Page(number, order, firsts, tables)


def room_bytes(page: Page) -> float:
    """Return the most memory that reading a page takes; raise `ValueError` for absurd layouts."""
    pixels = page.size[0] * page.size[1]
    block_pixels = page.block[0] * page.block[1]
    if min(page.block) < 1 or block_pixels > 4 * pixels + _LARGE_TILE:
        raise ValueError(f"blocks of {page.block[0]} × {page.block[1]} pixels")
    if page.is_plain:
        stored = 1 if page.channels == 1 else 4
        return pixels * stored + (8 * block_pixels if page.one(259, _NONE) != _NONE else 0)
    item = page.dtype.itemsize if page.dtype is not None else 2
    planes = page.channels if page.one(284, 1) == 2 else 1
    whole = pixels * page.channels * item
    if not _is_simple(page):
        return 3 * whole
    if _is_bare(page) and 324 not in page.tables:
        return whole
    copies = 1 + (page.one(259, _NONE) != _NONE) + (page.one(317, 1) == 2)
    return whole + copies * block_pixels * (page.channels // max(planes, 1)) * item


def read_page(path: Path, page: Page) -> NDArray[Any]:
    """Return a page's numbers (H, W, C), native byte order; raise `PictureError` and `OSError`."""
    if page.dtype is None or not _is_simple(page):
        return _by_opencv(path, page)
    width, height = page.size
    planes = page.channels if page.one(284, 1) == 2 else 1
    depth = page.channels // planes
    out = np.zeros((planes, height, width, depth), page.dtype)
    block_w, block_h = page.block
    is_tiled = 324 in page.tables
    across, down = -(-width // block_w), -(-height // block_h)
    most = across * down * planes
    with path.open("rb") as file:
        offsets, counts = (_values(file, page.tables[tag], most) for tag in _places(page))
        for number, (offset, count) in enumerate(zip(offsets, counts, strict=False)):
            plane, rest = divmod(number, across * down)
            y, x = (rest // across) * block_h, (rest % across) * block_w
            rows = block_h if is_tiled else min(block_h, height - y)
            target = out[plane, y : y + rows, x : x + block_w]
            file.seek(int(offset))
            if _is_bare(page) and target.flags.c_contiguous:
                if file.readinto(target.data.cast("B")) < target.nbytes:
                    raise EOFError("the file is cut off")
                continue
            shape = (rows, block_w, depth)
            # What is packed is hardly longer than what comes out.
            block = _block(file.read(min(int(count), 2 * _size(shape, page) + 1024)), page, shape)
            target[...] = block[: target.shape[0], : target.shape[1]]
    if not out.dtype.isnative:
        out = out.byteswap(inplace=True).view(out.dtype.newbyteorder("="))
    return np.moveaxis(out[..., 0], 0, -1) if planes > 1 else out[0]


def _values(file: BinaryIO, table: Table, most: int) -> NDArray[Any]:
    there = max(0, os.fstat(file.fileno()).st_size - table.place) // table.dtype.itemsize
    file.seek(table.place)
    return np.fromfile(file, table.dtype, min(table.count, most, there))


def _places(page: Page) -> tuple[int, int]:
    """Return the tags that tell where the blocks are, and how long."""
    return (324, 325) if 324 in page.tables else (273, 279)


def _size(shape: tuple[int, int, int], page: Page) -> int:
    return math.prod(shape) * (page.dtype.itemsize if page.dtype is not None else 1)


def _is_simple(page: Page) -> bool:
    compression = page.one(259, _NONE)
    known = compression == _NONE or compression in _DEFLATE
    blocks = all(tag in page.tables for tag in _places(page))
    predictor = page.one(317, 1)
    is_float = page.dtype is not None and page.dtype.kind == "f"
    return known and blocks and (predictor == 1 or (predictor == 2 and not is_float))


def _is_bare(page: Page) -> bool:
    """Whether the numbers lie in the file as they are."""
    return page.one(259, _NONE) == _NONE and page.one(317, 1) == 1


def _block(data: bytes, page: Page, shape: tuple[int, int, int]) -> NDArray[Any]:
    dtype = page.dtype
    if dtype is None:
        raise ValueError("bits that are no whole bytes")
    size = _size(shape, page)
    if page.one(259, _NONE) in _DEFLATE:
        data = zlib.decompressobj().decompress(data, size)
    if len(data) < size:
        raise EOFError("the file is cut off")
    block = np.frombuffer(data, dtype, math.prod(shape)).reshape(shape)
    if page.one(317, 1) == 2:
        block = np.cumsum(block, axis=1, dtype=dtype.newbyteorder("="))
    return block


def _by_opencv(path: Path, page: Page) -> NDArray[Any]:
    found = _found_by_opencv(path, page) if _is_for_opencv(page) else None
    if found is not None:
        values = found[:, :, None] if found.ndim == 2 else found
        is_whole = page.dtype is None or values.dtype == page.dtype.newbyteorder("=")
        if values.shape[2] == page.channels and is_whole:
            return values[:, :, [2, 1, 0, 3][: values.shape[2]]] if values.shape[2] > 2 else values
    raise PictureError(
        f"{path.name} is a TIFF of {page.channels} channels with compression "
        f"{page.one(259, _NONE)}, which is not read here",
        _READABLE,
    )


def _is_for_opencv(page: Page) -> bool:
    """Whether OpenCV is to see a file at all."""
    bits = page.dtype is not None or page.one(258, 1) in _ODD_BITS
    return bits and 1 <= page.channels <= 4 and page.one(259, _NONE) in _BY_OPENCV


def _found_by_opencv(path: Path, page: Page) -> NDArray[Any] | None:
    try:
        ok, found = cv2.imreadmulti(str(path), page.number, 1, flags=cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return np.asarray(found[0]) if ok and found else None
