"""How activations become shades: one range a layer or a unit, steady over time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import torch

from deepvis_app.tiles.shades import BACKGROUND, TOP, ZERO

if TYPE_CHECKING:
    from torch import Tensor

_TINY = 1e-10  # the ancestor's guard against dividing by zero


class Scaling(Enum):
    """Which activations share a range."""

    LAYER = "layer"  # minimum to maximum of the layer on this frame, as the ancestor
    UNIT = "unit"  # every unit its own range
    PERCENTILE = "percentile"  # running percentiles of the layer: no flicker
    LOCKED = "locked"  # the range stays as it was when locked


class Sign(Enum):
    """Whether zero has a fixed place in the middle of a diverging palette."""

    AUTO = "auto"  # diverging where the layer gives negative values
    SEQUENTIAL = "sequential"
    DIVERGING = "diverging"


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a layer's activations are scaled to shades, palette indices 0..254."""

    scaling: Scaling = Scaling.PERCENTILE
    sign: Sign = Sign.AUTO
    gamma: float = 1.0  # shade ** gamma; below 1 lifts the dark
    boost: float = 0.0  # 0..1: unit * (its maximum) ** -boost, as the ancestor's boost_indiv
    percentile: float = 99.5  # upper percentile of PERCENTILE
    low_percentile: float = 0.0  # its lower one, see `sample_range`; a signed scale has none


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """From activations to shades: `low` is shade 0 and `high` is shade 254.

    `low` and `high` are numbers, or tensors that broadcast to the maps where units have ranges of
    their own. A signed scale is symmetric (`low` is `-high`): zero is shade 127. `gain` multiplies
    each unit's relative value, then `gamma` is its exponent, as in the ancestor:
    `shade = (gain * (x - low) / (high - low)) ** gamma`; a signed scale does so with `|x| / high`.
    """

    low: float | Tensor
    high: float | Tensor
    signed: bool = False
    gamma: float = 1.0
    gain: Tensor | None = None

    def shades(self, maps: Tensor, *, is_finite: bool | None = None) -> Tensor:
        """Return float `maps` as uint8 shades; what is not finite becomes BACKGROUND.

        `is_finite`: whether all are, where that is known.
        """
        is_finite = all_finite(maps) if is_finite is None else is_finite
        origin = None if is_finite else maps
        factor, offset = self.affine()
        if self.gamma == 1:
            return quantise(maps, factor, offset, origin)
        value = (maps * factor + (offset - 0.5)).clamp_(0, TOP)
        if self.signed:
            value = (value - ZERO).div_(ZERO)
            value = value.abs().pow_(self.gamma).copysign_(value)
            return quantise(value, ZERO, ZERO + 0.5, origin)
        return quantise(value.div_(TOP).pow_(self.gamma), TOP, 0.5, origin)

    def affine(self) -> tuple[float | Tensor, float | Tensor]:
        """Factor and offset to shades without gamma, with the half that makes truncation round."""
        span = _at_least_tiny(self.high if self.signed else self.high - self.low)
        factor = (ZERO if self.signed else TOP) / span
        if self.gain is not None:
            factor = factor * self.gain
        return factor, ZERO + 0.5 if self.signed else 0.5 - self.low * factor

    def of_units(self, units: Tensor) -> Scale:
        """Return the scale of some units' maps, where units have ranges of their own."""

        def pick(values: float | Tensor) -> float | Tensor:
            return values[units] if isinstance(values, torch.Tensor) else values

        gain = None if self.gain is None else self.gain[units]
        return Scale(pick(self.low), pick(self.high), self.signed, self.gamma, gain)


def quantise(
    maps: Tensor, factor: float | Tensor, offset: float | Tensor, origin: Tensor | None
) -> Tensor:
    """Return `maps * factor + offset`, whole part, as uint8 shades in three passes.

    Where `origin` is not finite it becomes BACKGROUND; None: all is known to be finite.
    """
    value = maps * factor
    value += offset
    value.clamp_(0.5, TOP + 0.5)
    if origin is not None:
        value = torch.where(origin.isfinite(), value, BACKGROUND)
    return value.to(torch.uint8)


def all_finite(values: Tensor) -> bool:
    """Tell whether there is no NaN and no infinity, in one pass (`isfinite` takes four)."""
    return bool(values.sum(dtype=torch.float32).isfinite())


def _at_least_tiny(span: float | Tensor) -> float | Tensor:
    return span.clamp(min=_TINY) if isinstance(span, torch.Tensor) else max(span, _TINY)


def unit_gain(relative_maxima: Tensor, boost: float) -> Tensor:
    """Return each unit's factor of the ancestor's `boost_indiv`: (maximum + 1e-10) ** -boost.

    `relative_maxima` are the units' maxima divided by the layer's range, so that a unit's new
    maximum is the old one to the power of 1 - boost (`tile_images_normalize` of the Deep
    Visualization Toolbox).
    """
    return (relative_maxima.clamp(min=0) + _TINY) ** -boost
