"""Which input pixels every element of a tensor depends on, as intervals along height and width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torch import Tensor

    from deepvis_app.nets.windows import Window

    Moved = TypeVar("Moved", Tensor, Sequence[Tensor])

NOTHING = float(1 << 22)  # an empty interval's low end; every pixel number is below
PADDED, REAL, PLACE = range(4), range(4, 8), range(8, 10)
# How far the intervals may be trusted. HULL: what lies between is not all read (an image rolled
# over its border), but the ends are. BOUND: no more than that is read; an operation without a rule,
# or a mask.
EXACT, HULL, BOUND = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Dependence:
    """Ten tables over a tensor's elements; each has the tensor's rank, and size 1 where constant.

    0-3: the first row, last row, first column and last column of the input that an element
    depends on, counted on into the padding as if the input had no border (a receptive field's
    nominal size). 4-7: the same without padding (what really matters). 8-9: the row and the
    column that an element stands for; mixing leaves them as they are. Last rows and columns are
    negative, so that the union of two intervals is a minimum in every table; NOTHING is its
    neutral element.
    """

    shape: torch.Size
    tables: tuple[Tensor, ...]
    looseness: int = EXACT

    @classmethod
    def of_input(cls, shape: torch.Size) -> Dependence:
        """Return the dependence of the input itself, (N, C, H, W): every pixel on itself."""
        rows = torch.arange(shape[2], dtype=torch.float32).reshape(1, 1, -1, 1)
        columns = torch.arange(shape[3], dtype=torch.float32).reshape(1, 1, 1, -1)
        bounds = (rows, -rows, columns, -columns)
        return cls(shape, (*bounds, *bounds, rows, columns))

    def moved(
        self, move: Callable[[Tensor], Tensor], shape: torch.Size, dims: Iterable[int] | None = None
    ) -> Dependence:
        """Send the tables the way the data went.

        They are brought to the tensor's size along `dims` before (None: along all).
        """
        dims = range(len(self.shape)) if dims is None else [d % len(self.shape) for d in dims]
        sent = (move(_full(t, self.shape, dims)) for t in self.tables)
        return Dependence(shape, tuple(_compressed(t) for t in sent), self.looseness)

    def reshaped(self, shape: torch.Size) -> Dependence:
        """Follow a reshape, without bringing constant tables to the tensor's size."""
        groups = _groups(self.shape, shape)
        tables = []
        for table in self.tables:
            size: list[int] = []
            varying: list[int] = []
            for old, new in groups:
                varies = any(table.shape[d] > 1 for d in old)
                varying += old if varies else []
                size += [shape[d] if varies else 1 for d in new]
            tables.append(_full(table, self.shape, varying).reshape(size))
        return Dependence(shape, tuple(_compressed(t) for t in tables), self.looseness)

    def reduced(self, dims: Iterable[int], *, places: bool = False) -> Dependence:
        """Let every element depend on all others along `dims`; `places`: they keep their place.

        Without places the dimensions shrink to one, as in a sum with `keepdim`.
        """
        dims = [d % max(len(self.shape), 1) for d in dims]
        last = PLACE.start if places else PLACE.stop
        tables = [_least(t, dims) for t in self.tables[:last]] + list(self.tables[last:])
        if not places:
            for k in PLACE:
                if tables[k] is not self.tables[k] and tables[k].numel() == 1:
                    tables[k] = torch.full_like(tables[k], NOTHING)
        size = self.shape if places else [1 if d in dims else n for d, n in enumerate(self.shape)]
        # All places together have no gaps between them.
        varied = any(self.tables[k].numel() > 1 for k in REAL)
        is_closed = varied and not places and all(tables[k].numel() == 1 for k in REAL)
        looseness = EXACT if is_closed and self.looseness == HULL else self.looseness
        return Dependence(torch.Size(size), tuple(tables), looseness)

    def read(self, windows: dict[int, Window], shape: torch.Size) -> Dependence:
        """Let elements depend on windows along dimensions; other dimensions stay."""
        tables = list(self.tables)
        looseness = self.looseness
        for dim, window in windows.items():
            # Rows laid end to end: a window goes over the end of one into the next.
            if tables[REAL[0]].shape[dim] > 1 and tables[REAL[2]].shape[dim] > 1:
                looseness = max(looseness, HULL if window.index.shape[1] > 1 else EXACT)
            for k, table in enumerate(tables):
                if table.shape[dim] > 1:
                    tables[k] = _windowed(table, dim, window, k)
        return Dependence(shape, tuple(tables), looseness)

    def resized(self, shape: torch.Size) -> Dependence:
        """Return the same tables for another shape that they can be broadcast to."""
        missing = len(shape) - len(self.shape)
        tables = (t.reshape((1,) * missing + t.shape) if missing else t for t in self.tables)
        return Dependence(shape, tuple(tables), self.looseness)

    def loosened(self, looseness: int) -> Dependence:
        """Return the same, trusted no further than `looseness`."""
        return Dependence(self.shape, self.tables, max(self.looseness, looseness))

    def everywhere(self, shape: torch.Size) -> Dependence:
        """Let every element of a tensor of `shape` depend on all of this one; no places."""
        ends = [t.amin().reshape((1,) * len(shape)) for t in self.tables[: PLACE.start]]
        nowhere = torch.full((1,) * len(shape), NOTHING)
        varies = any(self.tables[k].numel() > 1 for k in REAL)
        return Dependence(
            shape, (*ends, nowhere, nowhere), max(self.looseness, BOUND if varies else EXACT)
        )

    def placed_as(self, other: Dependence) -> Dependence:
        """Return this dependence with the places of `other` (which has the same rank)."""
        tables = (*self.tables[: PLACE.start], *other.tables[PLACE.start :])
        return Dependence(self.shape, tables, self.looseness)

    def has_place(self) -> bool:
        return any(bool((self.tables[k] < NOTHING).any()) for k in PLACE)


def union(parts: Sequence[Dependence], shape: torch.Size) -> Dependence:
    """Return the dependence of an elementwise operation with result `shape`."""
    first, *others = (p.resized(shape) if p.shape != shape else p for p in parts)
    tables = list(first.tables)
    for other in others:
        if other.tables is not first.tables:
            tables = [
                a if a is b else torch.minimum(a, b)
                for a, b in zip(tables, other.tables, strict=True)
            ]
    if not others:
        return first
    return Dependence(shape, tuple(tables), _looseness((first, *others), tables))


def _looseness(parts: Sequence[Dependence], united: Sequence[Tensor]) -> int:
    """Return how far a union may be trusted: fully, where one exact part holds all others."""
    worst = max(part.looseness for part in parts)
    if worst != HULL:
        return worst
    sure = [part for part in parts if part.looseness == EXACT]
    ends = [float(united[k].amin()) for k in REAL]
    for part in sure:
        held = (part.tables[k] for k in REAL)
        if all(t.numel() == 1 and float(t) <= end for t, end in zip(held, ends, strict=True)):
            return EXACT
    return worst


def joined(
    parts: Sequence[Dependence | None], sizes: Sequence[int], dim: int, shape: torch.Size
) -> Dependence:
    """Return the dependence of a concatenation along `dim`; None parts depend on nothing."""
    nothing = torch.full((1,) * len(shape), NOTHING)
    tables = []
    for k in range(PLACE.stop):
        pieces = [nothing if p is None else p.tables[k] for p in parts]
        tables.append(_concatenated(pieces, sizes, dim))
    return Dependence(shape, tuple(tables), max(p.looseness for p in parts if p is not None))


def _concatenated(pieces: list[Tensor], sizes: Sequence[int], dim: int) -> Tensor:
    first = pieces[0]
    if first.shape[dim] == 1 and all(p is first or torch.equal(p, first) for p in pieces[1:]):
        return first
    common = [max(sizes) for sizes in zip(*(p.shape for p in pieces), strict=True)]
    full = [p.expand(_with(common, dim, n)) for p, n in zip(pieces, sizes, strict=True)]
    return torch.cat(full, dim)


def _full(table: Tensor, shape: Sequence[int], dims: Iterable[int]) -> Tensor:
    """Bring a table to the tensor's size along some dimensions."""
    size = list(table.shape)
    for dim in dims:
        size[dim] = shape[dim]
    return table.expand(size)


def _groups(old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Split two shapes of equal size into the shortest runs of dimensions that hold as much."""
    groups: list[tuple[list[int], list[int]]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    while left or right:
        run: tuple[list[int], list[int]] = ([], [])
        sizes = [1, 1]
        while (not run[0] and not run[1]) or sizes[0] != sizes[1]:
            side = 0 if left and (sizes[0] < sizes[1] or not right or sizes[0] == sizes[1]) else 1
            dim = (left, right)[side].pop(0)
            run[side].append(dim)
            sizes[side] *= (old, new)[side][dim]
        groups.append(run)
    return groups


def _with(shape: Sequence[int], dim: int, size: int) -> list[int]:
    return [size if d == dim else n for d, n in enumerate(shape)]


def _least(table: Tensor, dims: Sequence[int]) -> Tensor:
    dims = [d for d in dims if table.shape[d] > 1]
    return table.amin(dims, keepdim=True) if dims else table


def _compressed(table: Tensor) -> Tensor:
    """Shrink every dimension along which a table is constant."""
    for dim, (size, stride) in enumerate(zip(table.shape, table.stride(), strict=True)):
        if size > 1:
            first = table.narrow(dim, 0, 1)
            if stride == 0 or bool((table == first).all()):
                table = first
    return table.contiguous()


def _windowed(table: Tensor, dim: int, window: Window, kind: int) -> Tensor:
    """Take the minimum of a table over what each output reads along `dim`."""
    is_place = kind in PLACE
    index = window.centre if is_place else window.index
    used = None if is_place else window.used
    within = index.clamp(0, table.shape[dim] - 1)
    size = (*table.shape[:dim], *index.shape, *table.shape[dim + 1 :])
    read = table.index_select(dim, within.flatten()).reshape(size)
    shape = (*index.shape, *(1,) * (table.ndim - dim - 1))
    beyond = (index - within).reshape(shape)
    if kind in REAL:
        outside = beyond != 0
        hidden = outside if used is None else outside | ~used.reshape(shape)
        return read.masked_fill(hidden, NOTHING).amin(dim + 1)
    read = read + beyond * _slopes(table, dim, beyond)
    if used is not None:
        read = read.masked_fill(~used.reshape(shape), NOTHING)
    return read.amin(dim + 1)


def _slopes(table: Tensor, dim: int, beyond: Tensor) -> Tensor:
    """Return how a table goes on beyond its ends: as its last step."""
    steps = table.diff(dim=dim).unsqueeze(dim + 1)
    steps = steps.masked_fill(steps.abs() > NOTHING / 2, 0.0)
    last = steps.shape[dim] - 1
    return torch.where(beyond < 0, steps.narrow(dim, 0, 1), steps.narrow(dim, last, 1))
