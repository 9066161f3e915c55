"""What a network is made of: layers, units, receptive fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


class Layout(Enum):
    """How a layer's output becomes one picture a unit."""

    MAPS = "maps"  # (N, C, H, W)
    MAPS_LAST = "maps, channels last"  # (N, H, W, C)
    TOKENS = "tokens"  # (N, T, C): T tokens laid out as a map, class tokens apart
    CLASS_TOKEN = "class token"  # (N, T, C): only the tokens without a place, as a vector
    WINDOWS = "windows"  # (N · windows, places, C): put back where they lie on the input
    SEQUENCE = "sequence"  # (N, C, T), (N, T, C), (T, N, C): one row, or one column, of T places
    HEADS = "attention heads"  # (N, heads, T, T)
    VECTOR = "vector"  # (N, C)


class Box(NamedTuple):
    """A rectangle of pixels; bottom and right are exclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Which input pixels a position of a layer's map depends on, per axis (height, width).

    It is exact unless `at_most` is set: then the network may read less of it (operations that are
    not followed, such as grid sampling, or windows that go over the input's border).

    Position `i` sees the input pixels `start + i * stride` up to `start + i * stride + size - 1`
    (Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019).
    `start` may be negative: padding. `whole` is set after global pooling or attention, where every
    position depends on the whole input. Where `rows` and `columns` are given, they hold the first
    pixel and the one after the last for every position, exact also at borders and where positions
    are not evenly spaced (an enlarged map); `size`, `stride` and `start` then sum them up.
    """

    size: tuple[float, float] = (1, 1)
    stride: tuple[float, float] = (1, 1)
    start: tuple[float, float] = (0, 0)
    whole: bool = False
    rows: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    columns: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    at_most: bool = False

    def box(self, position: tuple[int, int], input_size: tuple[int, int]) -> Box:
        """Return the input pixels seen from `position` (i, j), clipped to `input_size` (H, W)."""
        if position[0] < len(self.rows) and position[1] < len(self.columns):
            (top, bottom), (left, right) = self.rows[position[0]], self.columns[position[1]]
            return Box(top, left, bottom, right)
        if self.whole:
            return Box(0, 0, *input_size)
        low = [round(s + p * t) for s, p, t in zip(self.start, position, self.stride, strict=True)]
        high = [a + round(n) for a, n in zip(low, self.size, strict=True)]
        top, left = (min(max(a, 0), n) for a, n in zip(low, input_size, strict=True))
        bottom, right = (min(max(a, 0), n) for a, n in zip(high, input_size, strict=True))
        return Box(top, left, bottom, right)

    def extent(
        self, map_size: tuple[int, int], input_size: tuple[int, int]
    ) -> tuple[float, float, float, float]:
        """Return where a whole map lies on the input: top, left, bottom, right in pixels.

        Every position covers one stride around the centre of its field; along an axis where all
        positions see the same, the map covers the input.
        """
        low, high = [0.0, 0.0], [float(n) for n in input_size]
        for axis, stride in enumerate(self.stride):
            has_places = self.rows or not self.whole
            if has_places and 0 < stride < input_size[axis]:
                low[axis] = self.start[axis] + (self.size[axis] - stride) / 2
                high[axis] = low[axis] + stride * map_size[axis]
        return low[0], low[1], high[0], high[1]


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A place in the network where a tap can sit.

    `name` is the module's dotted path; `path:2` is the second call of a module that is called
    more than once, `path/key` one part of a tuple, dict or token output.
    """

    name: str
    kind: str  # the module's class: "Conv2d"
    shape: tuple[int, int, int]  # (C, H, W) of one picture; vectors are (C, 1, 1)
    layout: Layout
    receptive_field: ReceptiveField | None  # None: not known

    @property
    def unit_count(self) -> int:
        return self.shape[0]

    @property
    def map_size(self) -> tuple[int, int]:
        """(H, W) of one unit's map."""
        return self.shape[1:]


@dataclass(frozen=True, slots=True)
class Unit:
    """One channel or neuron of a layer, optionally at a position (i, j) of its map."""

    layer: str
    index: int
    position: tuple[int, int] | None = None
