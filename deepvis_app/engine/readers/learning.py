"""What the picture would teach the network: four mosaics a layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import torch
from torch.nn import functional

from deepvis_app.engine.readers.reader import Reader
from deepvis_app.errors import UserError
from deepvis_app.lab.one_picture import lesson, unit_pictures
from deepvis_app.tiles import mosaic, unit_stats
from deepvis_app.tiles.contrast import Contrast, Sign
from deepvis_app.tiles.layout import layout
from deepvis_app.tiles.tracker import ContrastTracker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.lab.one_picture import LayerLesson
    from deepvis_app.tiles import Mosaic

    Area = tuple[int, int]

SIGNED = Contrast(sign=Sign.DIVERGING)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A mosaic of all units of a layer, and the values at its lowest and its highest shade."""

    mosaic: Mosaic
    low: float
    high: float
    signed: bool  # drawn with the diverging palette, zero in the middle
    length: float  # √Σ of the squares of all that is drawn


@dataclass(frozen=True, slots=True, eq=False)
class LayerDrawn:
    """The four mosaics of a layer; None where the layer has no such numbers."""

    activations: Drawn
    gradients: Drawn | None
    weights: Drawn | None
    weight_gradients: Drawn | None


@dataclass(frozen=True, slots=True, eq=False)
class LearningReading:
    """What one picture says of each layer."""

    target: int  # the class whose loss it is
    is_true: bool  # the source says that it is the true one
    loss: float
    probability: float  # of that class
    cost: str
    layers: Mapping[str, LayerDrawn]


@dataclass(frozen=True, slots=True)
class LearningReader(Reader[LearningReading]):
    """Activations, weights, and the loss's gradients of both, of some layers of this frame.

    One pass of its own, forward and back: dear beside a frame, so a moving picture has it when
    `interval_s` have passed, one at rest always.
    """

    title: ClassVar[str] = "What the picture would teach"

    names: tuple[str, ...]  # of layers
    area_px: Area = (96, 160)  # (height, width) that each mosaic may have
    target: int | None = None  # a class; None: the frame's true one
    interval_s: float = 0.2

    def read(self, seen: Seen) -> LearningReading | None:
        """Raises `UserError` where no class is known to be true, or the network has no classes."""
        look = seen.look
        truth = look.frame.label if self.target is None else self.target
        if truth is None:
            raise UserError(
                "Nobody says what class this picture is of",
                "Choose a class, or show the pictures of a run, which know theirs",
            )
        due = look.memory.of(_Due)
        if not look.still and look.now_s - due.last_s < self.interval_s:
            return due.last if due.asked == self else None
        due.last_s, due.asked = look.now_s, self
        found = lesson(look.network, seen.x, truth, self.names)
        draw = partial(_drawn, look, look.memory.of(ContrastTracker), self.area_px)
        layers = {name: draw(name, one) for name, one in found.layers.items()}
        due.last = LearningReading(
            truth, truth == look.frame.label, found.loss, found.probability, found.cost,
            MappingProxyType(layers),
        )  # fmt: skip
        return due.last


class _Due:
    """When it was answered last, and what."""

    def __init__(self) -> None:
        self.last_s = float("-inf")
        self.asked: LearningReader | None = None
        self.last: LearningReading | None = None

    def weights_moved(self) -> None:
        """Go on in the same time."""


def _drawn(
    look: Look, tracker: ContrastTracker, area_px: Area, name: str, one: LayerLesson
) -> LayerDrawn:
    def draw(maps: Tensor | None, what: str, contrast: Contrast = SIGNED) -> Drawn | None:
        if maps is None:
            return None
        length = float(maps.float().norm())
        columns, tile_px = layout(len(maps), (maps.shape[1], maps.shape[2]), area_px, least_px=1)
        maps = strongest(maps.float(), tile_px)
        stats = unit_stats(maps)
        key = f"{name} {what}"
        scale = tracker.scale(key, maps, stats, contrast, look.now_s, still=look.still)
        picture = mosaic(
            maps, tile_px=tile_px, columns=columns, scale=scale, is_finite=stats.is_finite
        )
        low, high = float(scale.low), float(scale.high)
        return Drawn(picture, low, high, scale.signed, length)

    shape = look.network.input_shape
    kernels, changes = (
        None if values is None else unit_pictures(values, shape)
        for values in (one.weight, one.weight_gradients)
    )
    activations = draw(one.activations, "activations", Contrast())
    assert activations is not None
    return LayerDrawn(
        activations,
        draw(one.gradients, "gradients"),
        draw(kernels, "weights"),
        draw(changes, "weight gradients"),
    )


def strongest(maps: Tensor, tile_px: tuple[int, int]) -> Tensor:
    """Return maps (C, h, w) that fit into a tile: of what a pixel stands for, the furthest from 0.

    It keeps its sign. A mean over many weights or gradients, of either sign, would be none.
    """
    size = maps.shape[1], maps.shape[2]
    wanted = min(size[0], max(tile_px[0], 1)), min(size[1], max(tile_px[1], 1))
    if wanted == size:
        return maps
    high = functional.adaptive_max_pool2d(maps, wanted)
    low = -functional.adaptive_max_pool2d(-maps, wanted)
    return torch.where(high.abs() >= low.abs(), high, low)
