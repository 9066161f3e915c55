"""What directions are worth on pictures that they were not made from, beside the layer's units."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.nets.direction_figures import direction_figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.nets.direction_figures import DirectionFigures
    from deepvis_app.nets.directions import Directions

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DictionaryFigures:
    """All on `held_out` codes of pictures that nothing was learned from; shares are of variance.

    `missed` is what the directions do not give back of the codes through their decoder, `active`
    the mean number of them that are not zero at a place. `units_missed` is what as many of the
    layer's own units leave: at each place those furthest from their mean as they are, the others at
    their mean. `found_missed` is what the atoms leave where amounts are found for each code by
    itself, NaN of principal components; `read` the mean correlation of the read-outs with these.
    `silent` directions are zero on all of them.
    """

    missed: float
    active: float
    units_missed: float
    found_missed: float
    read: float
    silent: int
    held_out: int

    def by_name(self) -> dict[str, float]:
        """Return the numbers there are."""
        return {name: value for name, value in asdict(self).items() if value == value}


def figures_of(
    directions: Directions,
    held_out: Floats,
    amounts: Floats | None = None,
    atoms: NDArray[np.float64] | None = None,
) -> tuple[DictionaryFigures, DirectionFigures]:
    """Return what directions are worth on codes (n, C), all together and each.

    `amounts` (n, D) are what was found of `atoms` (D, C) in each code by itself. Raises `UserError`
    for fewer than two codes.
    """
    each = direction_figures(directions, torch.from_numpy(held_out))
    found_missed = read = float("nan")
    if amounts is not None and atoms is not None:
        offset = directions.decoder_bias
        rest = held_out - amounts @ atoms - (0 if offset is None else offset.numpy())
        found_missed = float(np.square(rest).sum() / _spread(held_out))
        given = directions.on_codes(torch.from_numpy(held_out)).numpy()
        read = mean_correlation(given, amounts)
    together = DictionaryFigures(
        1 - each.together,
        each.active,
        units_missed(held_out, round(each.active)),
        found_missed,
        read,
        int((each.fires == 0).sum()),
        len(held_out),
    )
    return together, each


def units_missed(codes: Floats, count: int) -> float:
    """Return the share of the variance of codes (n, C) that `count` units a place leave.

    At each place those are taken as they are that are furthest from their mean; all others are at
    their mean.
    """
    away = np.square(codes - codes.mean(0, dtype=np.float64))
    left = max(away.shape[1] - count, 0)
    rest = np.partition(away, left - 1, axis=1)[:, :left] if 0 < left < away.shape[1] else away
    return float(rest.sum() / _spread(codes)) if left else 0.0


def mean_correlation(found: Floats, wanted: Floats) -> float:
    """Return the mean over columns (n, K) of the correlation; columns that never change count 0."""
    one, other = (
        np.float64(values) - values.mean(0, dtype=np.float64) for values in (found, wanted)
    )
    lengths = np.sqrt(np.square(one).sum(0) * np.square(other).sum(0))
    return float(((one * other).sum(0) / np.maximum(lengths, 1e-300)).mean())


def _spread(codes: Floats) -> float:
    return max(float(np.square(codes - codes.mean(0, dtype=np.float64)).sum()), 1e-300)
