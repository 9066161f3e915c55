"""Occlusion: cover a part of the picture, look how far the unit's score drops, and go on.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (arXiv:1311.2901, 2013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError
from deepvis_app.explain.fills import Fill, filling, occlude
from deepvis_app.explain.seeds import Seed, check_unit, scores
from deepvis_app.nets import Box

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.explain.seeds import Place
    from deepvis_app.nets import Network, Unit

    Floats = NDArray[np.float32]

Cell = tuple[int, int]  # row and column of a window in the grid of windows
Pair = int | tuple[int, int]

COARSEST = 3  # windows an axis in the first picture


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionProgress:
    """How far it is. `drop` (H, W) is the picture so far, complete from the first level on."""

    step: int  # windows done
    total: int
    drop: Floats
    level: int  # levels that are complete


@dataclass(frozen=True, slots=True, eq=False)
class Rise:
    """A class that gains where something is covered.

    `amount` is the largest gain of its probability, `map` (H, W) the mean gain of the windows over
    each pixel.
    """

    index: int
    amount: float
    map: Floats


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionResult:
    """What covering did.

    `drop` (H, W) is by how much the unit's score falls, the mean of the windows over each pixel;
    negative where covering makes it rise. `score` is the whole picture's. `rises` are the other
    classes that gain most, the most first; empty where the network gives no class scores.
    """

    drop: Floats
    score: float
    rises: tuple[Rise, ...]


def occlusion_steps(
    network: Network,
    x: Tensor,
    unit: Unit,
    *,
    patch: Pair | None = None,
    stride: Pair | None = None,
    fill: Fill | str = Fill.MEAN,
    seed: Seed | str | Place = "max",
    batch: int | None = None,
    rises: int = 5,
) -> Generator[OcclusionProgress, None, OcclusionResult]:
    """Cover each part of the input x (C, H, W) in turn, from a coarse grid to the fine one.

    Parameters
    ----------
    patch, stride
        Size and distance of the windows in input px, one number or (down, across). None: a fifth
        of the input's shorter side, and a quarter of the patch. The stride is at most the patch.
        The last window of a row or column is cut off at the border.
    seed
        Which score of the unit, see `Seed`.
    batch
        Windows a pass and a step. None: 4 on the CPU, 32 on other devices.
    rises
        How many other classes to tell of.

    Raises `UserError` for a patch larger than the picture, a stride larger than the patch, or a
    unit that the network has not.
    """
    seed = Seed.parse(seed)
    check_unit(network, unit, seed)
    windows = Windows.over((x.shape[-2], x.shape[-1]), patch, stride)
    batch = batch or (4 if network.device.type == "cpu" else 32)
    x = x.detach().to(network.device, network.dtype)
    passes = _Passes(network, unit, seed, x, filling(network, x, fill))
    whole, usual = passes.scores(x[None])
    seen = _Seen(windows, float(whole[0]), usual)
    for level, cells in enumerate(windows.levels()):
        for start in range(0, len(cells), batch):
            group = cells[start : start + batch]
            covered = torch.stack([passes.cover(windows.box(cell)) for cell in group])
            seen.add(group, *passes.scores(covered))
            ended = start + batch >= len(cells)
            if ended:
                seen.complete(windows.axes(level))
            yield OcclusionProgress(seen.count, windows.count, seen.drop(), level + ended)
    own = unit.index if network.is_class(unit) else None
    return OcclusionResult(seen.drop(), float(whole[0]), seen.rises(rises, own))


@dataclass(frozen=True, slots=True)
class Windows:
    """The grid of windows over a picture, and the order in which it is filled."""

    size: tuple[int, int]
    patch: tuple[int, int]
    stride: tuple[int, int]

    @classmethod
    def over(cls, size: tuple[int, int], patch: Pair | None, stride: Pair | None) -> Windows:
        """Choose and check patch and stride for a picture of `size`."""
        patch = _pair(max(1, round(min(size) / 5)) if patch is None else patch)
        chosen = (max(1, patch[0] // 4), max(1, patch[1] // 4)) if stride is None else _pair(stride)
        if min(patch) < 1 or min(chosen) < 1:
            raise UserError("Patch and stride of the occlusion are at least 1 px", "Enlarge them")
        if patch[0] > size[0] or patch[1] > size[1]:
            raise UserError(
                f"The picture of {size[0]} × {size[1]} px is smaller than the patch of "
                f"{patch[0]} × {patch[1]} px",
                f"Use a patch of {min(size) // 2 or 1} px or less",
            )
        if chosen[0] > patch[0] or chosen[1] > patch[1]:
            raise UserError(
                f"A stride of {max(chosen)} px leaves gaps between patches of {min(patch)} px",
                "Use a stride no larger than the patch",
            )
        return cls(size, patch, chosen)

    @property
    def shape(self) -> Cell:
        """Rows and columns of windows."""
        rows, columns = (
            math.ceil((n - p) / s) + 1
            for n, p, s in zip(self.size, self.patch, self.stride, strict=True)
        )
        return rows, columns

    @property
    def count(self) -> int:
        return self.shape[0] * self.shape[1]

    def box(self, cell: Cell) -> Box:
        """Return the pixels that a window covers."""
        top, left = (k * s for k, s in zip(cell, self.stride, strict=True))
        height, width = self.size
        return Box(top, left, min(top + self.patch[0], height), min(left + self.patch[1], width))

    def _finest(self) -> int:
        """Return how often the distance is halved until every window is taken."""
        return max(0, math.ceil(math.log2(max(1, max(self.shape) - 1) / (COARSEST - 1))))

    def axes(self, level: int) -> tuple[list[int], list[int]]:
        """Return the rows and the columns of windows taken up to a level, both borders always."""
        every = 2 ** (self._finest() - level)
        rows, columns = (sorted({*range(0, n, every), n - 1}) for n in self.shape)
        return rows, columns

    def levels(self) -> Iterator[list[Cell]]:
        """Yield the windows of each level that no level before had."""
        taken: set[Cell] = set()
        for level in range(self._finest() + 1):
            rows, columns = self.axes(level)
            cells = [(i, j) for i in rows for j in columns if (i, j) not in taken]
            taken.update(cells)
            yield cells


class _Passes:
    """Scores of covered pictures."""

    def __init__(
        self, network: Network, unit: Unit, seed: Seed, x: Tensor, covering: Tensor
    ) -> None:
        self._network, self._unit, self._seed = network, unit, seed
        self._x, self._covering = x, covering

    def cover(self, box: Box) -> Tensor:
        return occlude(self._x, box, self._covering)

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the unit's scores (N,) and what the classes show (N, K), on the CPU."""
        with torch.no_grad():
            forward = self._network.forward(x, [self._unit.layer])
            found = scores(forward, self._unit, self._seed).cpu()
        shown = None if forward.logits is None else self._network.scores(forward)
        return found, None if shown is None else shown.cpu()


class _Seen:
    """What the windows so far have told."""

    def __init__(self, windows: Windows, whole: float, usual: Tensor | None) -> None:
        self._windows, self._whole = windows, whole
        self._usual = None if usual is None else usual[0].numpy()
        self._drops = np.zeros(windows.shape)
        self._gains: dict[Cell, Floats] = {}
        self._sum, self._covers = np.zeros(windows.size), np.zeros(windows.size)
        self._axes: tuple[list[int], list[int]] | None = None
        self.count = 0

    def add(self, cells: list[Cell], scores: Tensor, classes: Tensor | None) -> None:
        for place, cell in enumerate(cells):
            drop = self._whole - float(scores[place])
            top, left, bottom, right = self._windows.box(cell)
            self._drops[cell] = drop
            self._sum[top:bottom, left:right] += drop
            self._covers[top:bottom, left:right] += 1
            if classes is not None and self._usual is not None:
                self._gains[cell] = classes[place].numpy() - self._usual
        self.count += len(cells)

    def complete(self, axes: tuple[list[int], list[int]]) -> None:
        """Take it that the windows of these rows and columns are all there."""
        self._axes = axes

    def drop(self) -> Floats:
        """Return the mean drop of each pixel; where none was covered, that of the nearest."""
        covered = self._covers > 0
        mean = np.divide(self._sum, self._covers, out=np.zeros_like(self._sum), where=covered)
        if self._axes is not None and not covered.all():
            mean = np.where(covered, mean, self._nearest(self._axes))
        return mean.astype(np.float32)

    def _nearest(self, axes: tuple[list[int], list[int]]) -> NDArray[np.float64]:
        """Return for each pixel the drop of the nearest window of a complete level."""
        chosen = []
        for axis, taken in enumerate(axes):
            middle = np.array(taken) * self._windows.stride[axis] + self._windows.patch[axis] / 2
            pixels = np.arange(self._windows.size[axis]) + 0.5
            chosen.append(np.array(taken)[np.abs(pixels[:, None] - middle).argmin(1)])
        return np.asarray(self._drops[np.ix_(chosen[0], chosen[1])])

    def rises(self, count: int, own: int | None) -> tuple[Rise, ...]:
        """Return the classes other than `own` that gain most, as far as they gain at all."""
        if not self._gains:
            return ()
        best = np.max(list(self._gains.values()), axis=0)
        if own is not None:
            best[own] = -1.0
        order = [int(k) for k in np.argsort(-best, kind="stable")[:count] if best[k] > 0]
        return tuple(Rise(k, float(best[k]), self._mean_gain(k)) for k in order)

    def _mean_gain(self, index: int) -> Floats:
        total = np.zeros(self._windows.size)
        for cell, gains in self._gains.items():
            top, left, bottom, right = self._windows.box(cell)
            total[top:bottom, left:right] += gains[index]
        return (total / self._covers).astype(np.float32)


def _pair(value: Pair) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else value
    if not isinstance(pair, tuple | list) or [type(n) for n in pair] != [int, int]:
        raise UserError(f"{value!r} is no size in pixels", "Give one whole number or two")
    return pair[0], pair[1]
