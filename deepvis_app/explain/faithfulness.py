"""Is a map true to the network? Deletion and insertion curves (Petsiuk et al. 2018, RISE).

arXiv:1806.07421, section 3.3: take away what the map calls most important first, and watch the
score fall; put it back first, and watch it rise. A true map falls fast and rises fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError
from deepvis_app.explain.fills import Fill, filling
from deepvis_app.explain.seeds import Seed, check_unit, scores

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.explain.seeds import Place
    from deepvis_app.nets import Forward, Network, Unit

    Floats = NDArray[np.float32]

BATCH = 4


@dataclass(frozen=True, slots=True, eq=False)
class CurvesProgress:
    """How far it is: the points known so far, NaN beyond them."""

    step: int
    total: int
    deletion: Floats
    insertion: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Scores while pixels are taken away (deletion) and put back (insertion), most important first.

    `fraction` (n + 1,) of the pixels, 0 to 1. The scores are the class's probability; for a unit
    that is no class, its score as a share of the whole picture's (as it is, where that is zero).
    The areas under the curves: a true map has a small `deletion_area` and a large
    `insertion_area`.
    """

    fraction: Floats
    deletion: Floats
    insertion: Floats
    deletion_area: float
    insertion_area: float


def importance(map: NDArray[np.floating]) -> Floats:  # noqa: A002 - the word of this room
    """Return how important each place of a map (C, H, W) is: (H, W).

    A map with one channel is taken as it is, so what speaks against the unit comes last; of several
    channels the L2 norm counts.
    """
    values = np.nan_to_num(np.asarray(map, np.float32))
    return values[0] if len(values) == 1 else np.asarray(np.linalg.norm(values, axis=0))


def deletion_insertion_steps(
    network: Network,
    x: Tensor,
    unit: Unit,
    map: NDArray[np.floating],  # noqa: A002 - the word of this room
    *,
    steps: int = 32,
    fill: Fill | str = Fill.MEAN,
    start: Fill | str = Fill.BLUR,
    seed: Seed | str | Place = "max",
) -> Generator[CurvesProgress, None, Curves]:
    """Measure how true a map (C, H, W) of the input x (C, H, W) is.

    Parameters
    ----------
    steps
        In how many equal parts the pixels are taken away, or put back.
    fill
        What is left where pixels are taken away.
    start
        What insertion begins with.
    seed
        Which score of the unit, see `Seed`.

    Each step is one pass of a few pictures. Raises `UserError` for a map of another size.
    """
    seed = Seed.parse(seed)
    check_unit(network, unit, seed)
    if map.ndim != 3 or map.shape[1:] != tuple(x.shape[1:]):
        raise UserError(
            f"A map of shape {map.shape} does not fit an input of {tuple(x.shape)}",
            "Give the map of this very input",
        )
    x = x.detach().to(network.device, network.dtype)
    rank = _ranks(importance(map)).to(network.device)
    steps = min(max(1, steps), rank.numel())
    cuts = [round(k * rank.numel() / steps) for k in range(steps + 1)]
    ways = [(filling(network, x, fill), x), (x, filling(network, x, start))]
    points = np.full((2, steps + 1), np.nan, np.float32)
    measure = _Measure(network, unit, seed, x)
    order = [(way, k) for k in range(steps + 1) for way in (0, 1)]
    for first in range(0, len(order), BATCH):
        group = order[first : first + BATCH]
        pictures = [torch.where(rank < cuts[k], *ways[way]) for way, k in group]
        found = measure(torch.stack(pictures))
        for (way, k), value in zip(group, found, strict=True):
            points[way, k] = value
        done = min(first + BATCH, len(order))
        yield CurvesProgress(done, len(order), points[0].copy(), points[1].copy())
    fraction = np.array(cuts, np.float32) / np.float32(rank.numel())
    areas = [float(np.trapezoid(curve, fraction)) for curve in points]
    return Curves(fraction, points[0], points[1], *areas)


def _ranks(values: Floats) -> Tensor:
    """Return each pixel's place in the order of importance, 0 the first: (H, W)."""
    order = np.argsort(-values.ravel(), kind="stable")
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    return torch.from_numpy(ranks.reshape(values.shape))


class _Measure:
    """The score of pictures on the curve's own scale."""

    def __init__(self, network: Network, unit: Unit, seed: Seed, x: Tensor) -> None:
        self._network, self._unit, self._seed = network, unit, seed
        self._whole = 1.0
        scale = network.scale
        self._is_probability = bool(scale and scale.is_probability and network.is_class(unit))
        if not self._is_probability:
            self._whole = self(x[None])[0] or 1.0

    def __call__(self, x: Tensor) -> list[float]:
        with torch.no_grad():
            forward = self._network.forward(x, [self._unit.layer])
            return [value / self._whole for value in self._values(forward).tolist()]

    def _values(self, forward: Forward) -> Tensor:
        shown = self._network.scores(forward) if self._is_probability else None
        if shown is not None:
            return shown[:, self._unit.index]
        return scores(forward, self._unit, self._seed)
