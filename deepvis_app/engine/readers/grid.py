"""One grid of a layer's units, as far as it can be seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from deepvis_app.engine.readers.order import UnitHistory, UnitOrder
from deepvis_app.engine.readers.reader import Needs, Reader
from deepvis_app.tiles import Mosaic, mosaic, unit_stats
from deepvis_app.tiles.contrast import Contrast, Sign
from deepvis_app.tiles.tracker import ContrastTracker

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.engine.readers.why import Why
    from deepvis_app.nets.network import Network
    from deepvis_app.tiles.contrast import Scale
    from deepvis_app.tiles.stats import UnitStats


@dataclass(frozen=True, slots=True, eq=False)
class GridReading:
    """The visible part of a grid. Arrays are read-only.

    `low` and `high` are the activations at the lowest and the highest shade (palette index 0 and
    254); NaN where every unit has a range of its own, or nothing that is drawn is finite.
    """

    layer: str
    mosaic: Mosaic
    order: NDArray[np.int64]  # (total,) units of the grid as shown, after filter and hidden dead
    first: int  # place of tile 0 in `order`
    dead: int  # units of the layer that never differed from their constant, so far
    maxima: NDArray[np.float32]  # (unit_count,) this frame's maximum of each unit's map
    means: NDArray[np.float32]  # (unit_count,)
    low: float
    high: float
    signed: bool  # drawn with the diverging palette, zero fixed at index 127
    backward: bool = False  # the mosaic shows gradients; maxima and means are of activations still
    has_numbers: bool = True  # False: all that is drawn is NaN or infinite

    @property
    def units(self) -> NDArray[np.int64]:
        """(tiles,) the unit of each tile of the mosaic, row-major."""
        return self.order[self.first : self.first + self.mosaic.count]


@dataclass(frozen=True, slots=True)
class GridReader(Reader[GridReading]):
    """The mosaic of a layer's units: of their activations, or of the gradients of a question."""

    title: ClassVar[str] = "The grid"

    layer: str
    tile_px: tuple[int, int]  # (height, width) of a tile on screen, in device pixels
    columns: int
    first: int = 0  # place in the order of the first tile wanted
    count: int = 10_000  # how many tiles can be seen
    units: tuple[int, ...] | None = None  # only these (a search); None: all
    order: UnitOrder = UnitOrder.INDEX
    order_serial: int = 0  # a new number sorts anew; between, tiles keep their places
    hide_dead: bool = False  # leave out units that never differed from their constant
    contrast: Contrast = field(default_factory=Contrast)
    backward: Why | None = None  # this question's gradients in place of the activations

    def layers(self, network: Network) -> tuple[str, ...]:
        return (self.layer,)

    def needs(self, look: Look) -> Needs:
        layers = (self.layer,)
        return Needs(layers) if self.backward is None else Needs(layers, {}, self.backward, layers)

    def read(self, seen: Seen) -> GridReading:
        look, stats = seen.look, seen.stats(self.layer)
        histories = look.memory.of(_Histories)
        if not look.still and not look.changes:
            histories.learn(self.layer, stats)
        history = histories.of(self.layer, stats)
        order = history.order(self, stats)
        order.setflags(write=False)
        first = first_visible(self, len(order))
        units = order[first : first + self.count]
        key, maps, drawn, contrast = self.layer, seen.maps(self.layer), stats, self.contrast
        gradients = None if self.backward is None else self._gradients(seen, self.backward)
        if gradients is not None:
            key, maps, drawn = f"{self.layer} backward", gradients, unit_stats(gradients)
            contrast = replace(contrast, sign=Sign.DIVERGING)
        tracker = look.memory.of(ContrastTracker)
        scale = tracker.scale(key, maps, drawn, contrast, look.now_s, still=look.still)
        one_range = drawn.has_numbers and not isinstance(scale.low, torch.Tensor)
        return GridReading(
            layer=self.layer,
            mosaic=draw(maps, units, scale, self, is_finite=drawn.is_finite),
            order=order,
            first=first,
            dead=int(history.dead.sum()),
            maxima=stats.maxima,
            means=stats.means,
            low=float(scale.low) if one_range else float("nan"),
            high=float(scale.high) if one_range else float("nan"),
            signed=scale.signed,
            backward=gradients is not None,
            has_numbers=drawn.has_numbers,
        )

    def _gradients(self, seen: Seen, why: Why) -> Tensor | None:
        """Return gradients (C, h, w); None where the unit could not be explained."""
        return seen.explained(why).gradients.get(self.layer)


class _Histories:
    """What is known of each layer that was shown."""

    def __init__(self) -> None:
        self._histories: dict[str, UnitHistory] = {}
        self._learned: dict[str, UnitStats] = {}  # the last of each layer

    def learn(self, layer: str, stats: UnitStats) -> None:
        """Take a frame's numbers in, once for all grids of the layer."""
        if self._learned.get(layer) is not stats:
            self._learned[layer] = stats
            self.of(layer, stats).add(stats)

    def weights_moved(self) -> None:
        self._learned.clear()
        for history in self._histories.values():
            history.weights_moved()

    def of(self, layer: str, stats: UnitStats) -> UnitHistory:
        if layer not in self._histories:
            self._histories[layer] = UnitHistory(len(stats.maxima))
        return self._histories[layer]


def first_visible(grid: GridReader, total: int) -> int:
    """Return the place of the first tile, moved back to the last row when it is beyond the end."""
    if grid.first < total:
        return max(grid.first, 0)
    return max(total - 1, 0) // grid.columns * grid.columns


def draw(
    maps: Tensor,
    units: NDArray[np.int64],
    scale: Scale,
    grid: GridReader,
    *,
    is_finite: bool | None = None,
) -> Mosaic:
    """Draw the mosaic of some units of maps (C, h, w); only their maps are worked on."""
    if not len(units):
        empty = np.empty((0, 0), np.uint8)
        empty.setflags(write=False)
        return Mosaic(empty, grid.tile_px, 1, grid.columns, 0)
    if len(units) < len(maps) or (units[:-1] > units[1:]).any():
        picked = torch.tensor(units, device=maps.device)
        maps, scale = maps.index_select(0, picked), scale.of_units(picked)
    return mosaic(
        maps,
        tile_px=grid.tile_px,
        columns=grid.columns,
        scale=scale,
        is_finite=is_finite,
    )
