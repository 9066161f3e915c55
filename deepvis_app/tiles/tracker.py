"""Ranges that follow the activations without flicker."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.tiles.contrast import Scale, Scaling, Sign, unit_gain
from deepvis_app.tiles.sampling import even_step

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.tiles.contrast import Contrast
    from deepvis_app.tiles.stats import UnitStats

SAMPLE = 8_192  # activations that a running percentile looks at


@dataclass(slots=True)
class _Running:
    """A range on its way to the newest one, as it was at `at_s`."""

    low: float
    high: float
    at_s: float


class ContrastTracker:
    """Remembers each layer's range over time. Not for two threads at once.

    A running range widens with the time constant `attack_s` and narrows with `release_s`, both in
    seconds, so that one bright frame does not darken the next ones.
    """

    def __init__(self, attack_s: float = 0.15, release_s: float = 0.5) -> None:
        self._attack_s, self._release_s = attack_s, release_s
        self._running: dict[str, _Running] = {}
        self._shown: dict[str, Scale] = {}
        self._signed: set[str] = set()

    def forget(self) -> None:
        """Drop everything: another network."""
        self._running.clear()
        self._shown.clear()
        self._signed.clear()

    def weights_moved(self) -> None:
        """Go on: a range follows what a learning network gives, as it follows a moving picture."""

    def scale(
        self,
        layer: str,
        maps: Tensor,
        stats: UnitStats,
        contrast: Contrast,
        now_s: float,
        *,
        still: bool = False,
    ) -> Scale:
        """Return how to draw the layer's maps (C, h, w) on this frame.

        `still`: the frame is the one before again, so that a running range takes its goal at once.
        """
        signed = self.is_signed(layer, stats.low, stats.high, contrast.sign)
        base = self._shown.get(layer)
        if not stats.has_numbers:  # nothing to take a range from: the last one stays
            return Scale(-1.0 if signed else 0.0, 1.0, signed) if base is None else base
        if base is None or base.signed != signed or contrast.scaling is not Scaling.LOCKED:
            base = self._range(layer, maps, stats, contrast, signed, now_s, still)
            self._shown[layer] = base
        return self._finish(base, maps, stats, contrast)

    def is_signed(self, layer: str, low: float, high: float, sign: Sign = Sign.AUTO) -> bool:
        """Tell whether the layer is drawn with zero in the middle; AUTO sticks to its first yes."""
        if low < -1e-6 * max(high, 0.0) and low < 0:
            self._signed.add(layer)
        return sign is Sign.DIVERGING or (sign is Sign.AUTO and layer in self._signed)

    def follow(
        self, key: str, low: float, high: float, now_s: float, *, still: bool = False
    ) -> tuple[float, float]:
        """Move the running range of `key` towards (low, high) and return it."""
        running = self._running.get(key)
        if running is None or still:
            self._running[key] = _Running(low, high, now_s)
            return low, high
        passed_s, running.at_s = now_s - running.at_s, now_s
        running.low += (low - running.low) * self._part(passed_s, low < running.low)
        running.high += (high - running.high) * self._part(passed_s, high > running.high)
        return running.low, running.high

    def _part(self, passed_s: float, widens: bool) -> float:
        return 1 - exp(-max(passed_s, 0.0) / (self._attack_s if widens else self._release_s))

    def _range(
        self,
        layer: str,
        maps: Tensor,
        stats: UnitStats,
        contrast: Contrast,
        signed: bool,
        now_s: float,
        still: bool,
    ) -> Scale:
        if contrast.scaling is Scaling.UNIT:
            return _unit_range(maps, stats, signed)
        if contrast.scaling is Scaling.LAYER:
            low, high = stats.low, stats.high
        else:
            low, high = sample_range(
                maps, contrast.percentile, signed, stats, low_percentile=contrast.low_percentile
            )
            key = f"{layer} ±" if signed else layer
            low, high = self.follow(key, low, high, now_s, still=still)
        reach = max(high, -low)
        return Scale(-reach, reach, signed=True) if signed else Scale(low, high)

    @staticmethod
    def _finish(base: Scale, maps: Tensor, stats: UnitStats, contrast: Contrast) -> Scale:
        """Add gamma and the boost of each unit."""
        gain = None
        if contrast.boost:
            span = base.high if base.signed else base.high - base.low
            peak = np.maximum(stats.highest, -stats.lowest) if base.signed else stats.highest
            peaks = _as_column(peak, maps) - (0 if base.signed else base.low)
            gain = unit_gain(peaks / _positive(span), contrast.boost)
        return Scale(base.low, base.high, base.signed, contrast.gamma, gain)


def sample_range(
    maps: Tensor,
    percentile: float,
    signed: bool,
    stats: UnitStats,
    *,
    low_percentile: float = 0.0,
) -> tuple[float, float]:
    """Return the range of maps (C, h, w) by percentiles of an even sample of their activations.

    Without a low percentile zero is the low end; where the layer gives negative values it is at
    least what mirrors the upper one. A signed range is symmetric and has no low end.
    """
    values = _sample(maps, stats.is_finite)
    if not len(values):
        return 0.0, 1.0
    if signed:
        reach = _quantile(values.abs(), percentile / 100)
        return -reach, reach
    high = _quantile(values, percentile / 100)
    if stats.low < 0:
        low_percentile = max(low_percentile, 100 - percentile)
    return (_quantile(values, low_percentile / 100) if low_percentile > 0 else 0.0), high


def _sample(maps: Tensor, is_finite: bool) -> Tensor:
    """Activations of all units at evenly spread positions."""
    step = even_step(maps.numel(), SAMPLE, maps.shape[2])  # not always the same columns
    values = maps.permute(1, 2, 0).flatten(0, 1)[::step].flatten().float()
    return values if is_finite else values[values.isfinite()]


def _quantile(values: Tensor, part: float) -> float:
    place = min(max(round(part * (len(values) - 1)), 0), len(values) - 1)
    above = len(values) - place
    if above < len(values) // 8:  # much faster than kthvalue
        return float(values.topk(above).values[-1])
    return float(values.kthvalue(place + 1).values)


def _unit_range(maps: Tensor, stats: UnitStats, signed: bool) -> Scale:
    low, high = _as_column(stats.lowest, maps), _as_column(stats.highest, maps)
    if signed:
        reach = torch.maximum(high, -low)
        return Scale(-reach, reach, signed=True)
    return Scale(low, high)


def _as_column(values: np.ndarray, maps: Tensor) -> Tensor:
    """Copy one number a unit to the device of the maps, shaped (C, 1, 1)."""
    return torch.tensor(values, device=maps.device).view(-1, 1, 1)


def _positive(span: float | Tensor) -> float | Tensor:
    return span.clamp(min=1e-10) if isinstance(span, torch.Tensor) else max(span, 1e-10)
