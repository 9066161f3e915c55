"""What the user wants shown now, as one frozen value for the device worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from deepvis_app.explain import Fill, Method, Seed, SeedKind
from deepvis_app.tiles.contrast import Contrast

if TYPE_CHECKING:
    from deepvis_app.nets.layers import Box, Unit
    from deepvis_app.nets.preprocessing import Fit


class UnitOrder(Enum):
    """In which order a grid shows its units."""

    INDEX = "index"
    MAXIMUM = "highest activation"
    MEAN = "mean activation"
    VARIANCE = "variance over time"


@dataclass(frozen=True, slots=True)
class GridRequest:
    """One grid of a layer's units, as far as it can be seen."""

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
    backward: bool = False  # the gradient of the explained unit in place of the activations


STRIP_INTERVAL_S = 0.09  # a thumbnail is renewed ten times a second, less often than the grid


@dataclass(frozen=True, slots=True)
class StripRequest:
    """Thumbnails of the layers that can be seen in the strip."""

    layers: tuple[str, ...] = ()
    size_px: int = 80
    interval_s: float = STRIP_INTERVAL_S


WHOLE_MAP = Seed(SeedKind.MAP)


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Why a unit fires: one backward pass a frame."""

    unit: Unit
    method: Method = Method.GRADIENT
    seed: Seed = WHOLE_MAP


@dataclass(frozen=True, slots=True)
class Brush:
    """Parts of the input that are covered; boxes in pixels of the input, may reach over it."""

    boxes: tuple[Box, ...]
    fill: Fill = Fill.MEAN


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """Everything the worker must know to answer one frame."""

    generation: int = 0
    grids: tuple[GridRequest, ...] = ()
    strip: StripRequest = StripRequest()
    unit: Unit | None = None
    explain: ExplainRequest | None = None
    fit: Fit | None = None  # None: as the network's preprocessing says
    mirror: bool = False
    brush: Brush | None = None  # the frame is seen with this part covered
