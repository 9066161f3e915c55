"""One immutable answer of the device worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.nonfinite import NotFinite
    from deepvis_app.engine.request import ExplainRequest
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.preprocessing import Placement
    from deepvis_app.tiles.mosaic import Mosaic


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


@dataclass(frozen=True, slots=True, eq=False)
class Thumb:
    """A layer's small mosaic in the strip; may be some frames old."""

    layer: str
    mosaic: Mosaic
    signed: bool
    frame_number: int


@dataclass(frozen=True, slots=True, eq=False)
class UnitReading:
    """What the picked unit gives on this frame."""

    unit: Unit
    map: NDArray[np.float32]  # (h, w)
    maximum: float
    mean: float
    argmax: tuple[int, int]  # position of the maximum
    rank: int  # 1: no unit of the layer has a higher maximum


@dataclass(frozen=True, slots=True, eq=False)
class ExplanationReading:
    """Why a unit fires on this frame.

    `map` is float32 (3, H, W) in RGB at the input's size, (1, H, W) for Grad-CAM, read-only; None
    where `problem` says why there is none. `empty` says why an all-zero map is empty. `unit_map`
    (h, w) is the unit's own map, whether or not it is the picked unit.
    """

    request: ExplainRequest
    map: NDArray[np.float32] | None = None
    score: float = 0.0
    empty: str = ""
    problem: str = ""
    unit_map: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The answer to one frame under one request; nothing in it is ever written again."""

    generation: int
    network: str  # fingerprint: an answer of an exchanged network is recognised
    frame: Frame
    picture: NDArray[np.uint8]  # (H, W, 3) the input as the network sees it, brush and all
    placement: Placement
    grids: tuple[GridReading, ...]
    thumbs: Mapping[str, Thumb]
    scores: NDArray[np.float32] | None  # (classes,), see `Network.scores`; None: no class output
    unit: UnitReading | None
    explanation: ExplanationReading | None  # None: not asked for
    finished_at: float  # time.monotonic() seconds
    stages_ms: Mapping[str, float] = field(default_factory=dict)  # prepare, forward, tiles
    is_finite: bool = True  # False: the network gave NaN or infinity somewhere shown
    not_finite: NotFinite | None = None  # where it began; stays a while, see `nonfinite.py`
    likeness: float | None = None  # to photographs (see `likeness.py`); None: not known

    @property
    def frame_box(self) -> tuple[float, float, float, float]:
        """Top, left, bottom and right of the whole frame in pixels of `picture`."""
        place = self.placement
        frame_height, frame_width = self.frame.image.shape[:2]
        height, width = self.picture.shape[:2]
        down, across = height / place.height, width / place.width
        left = place.left
        if place.mirrored:
            left = frame_width - place.left - place.width
        return (
            -place.top * down, -left * across,
            (frame_height - place.top) * down, (frame_width - left) * across,
        )  # fmt: skip
