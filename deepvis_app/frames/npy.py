"""NumPy's own files (.npy), one picture of them at a time."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.errors import one_line

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_MOST_CHANNELS = 4  # the first axis of an array is channels up to here, else pages


@dataclass(frozen=True, slots=True)
class NpyHead:
    """What a file holds: pages of `shape`, the channels at `channel_axis` (None: there is one)."""

    dtype: np.dtype[Any]
    pages: int
    shape: tuple[int, ...]
    channel_axis: int | None
    start: int  # where the numbers begin
    is_reversed: bool  # the first axis is the one that runs fastest in the file

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        sides = [side for axis, side in enumerate(self.shape) if axis != self.channel_axis]
        return sides[1], sides[0]

    @property
    def page_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def read_bytes(self) -> int:
        """What has to be read for one page."""
        return self.page_bytes * (self.pages if self.is_reversed else 1)


def npy_head(path: Path) -> NpyHead:
    """Read a header; raise `ValueError` for what is no array of numbers, and `OSError`."""
    with path.open("rb") as file:
        try:
            shape, is_reversed, dtype = _header(file)
        except OSError:
            raise
        except Exception as error:  # it is parsed as Python, and fails in as many ways
            raise ValueError(one_line(error)) from error
        start = file.tell()
        there = os.fstat(file.fileno()).st_size - start
    if dtype.kind not in "buif" or dtype.itemsize > 8 or 0 in shape:
        raise ValueError(f"{dtype} of shape {shape}")
    pages, page, axis = _pages_of(shape)
    head = NpyHead(dtype, pages, page, axis, start, is_reversed)
    if pages * head.page_bytes > there:
        raise ValueError("it is cut off")
    return head


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)


def read_npy(path: Path, head: NpyHead, number: int) -> NDArray[Any]:
    """Return page `number` as (H, W, C)."""
    with path.open("rb") as file:
        file.seek(head.start + (0 if head.is_reversed else number * head.page_bytes))
        values = np.fromfile(file, head.dtype, head.read_bytes // head.dtype.itemsize)
    if head.is_reversed:
        values = values.reshape(*head.shape[::-1], head.pages).T[number]
    values = values.reshape(head.shape)
    if head.channel_axis is None:
        return values[:, :, None]
    return np.moveaxis(values, head.channel_axis, -1)


def _pages_of(shape: tuple[int, ...]) -> tuple[int, tuple[int, ...], int | None]:
    """Return how many pages an array holds, the shape of one, and where its channels are."""
    if len(shape) == 2:
        return 1, shape, None
    if len(shape) == 3 and shape[2] <= _MOST_CHANNELS:
        return 1, shape, 2
    if len(shape) == 3 and shape[0] <= _MOST_CHANNELS:
        return 1, shape, 0
    if len(shape) == 3:
        return shape[0], shape[1:], None
    if len(shape) == 4:
        is_first = shape[1] <= _MOST_CHANNELS < shape[3]
        return shape[0], shape[1:], 0 if is_first else 2
    raise ValueError(f"{len(shape)} axes")
