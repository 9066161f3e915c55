"""How alike units are: by their scores, by their best pictures, by their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.state import LayerState
    from deepvis_app.nets.network import Network

    Floats = NDArray[np.float64]

DUPLICATE = 0.95  # correlation above which two units are called twins, if they also share
SHARED = 0.8  # of the best pictures: what they answer to as to their own
PASSING = ("ReLU", "BatchNorm2d", "Dropout", "MaxPool2d", "AvgPool2d", "Identity", "SiLU", "GELU")
MOST_PRODUCTS = 1 << 29  # of weights, for which all cosines are found


def correlations(own: NDArray[np.floating], others: NDArray[np.floating]) -> Floats:
    """Return the correlation of scores (n,) with each column of others (n, C); NaN for a still one.

    Pictures on which either is not finite are left out of all.
    """
    one = own.astype(np.float64)
    many = others.astype(np.float64)
    kept = np.isfinite(one) & np.isfinite(many).all(1)
    one, many = one[kept], many[kept]
    if len(one) < 2:
        return np.full(others.shape[1], np.nan)
    one, many = one - one.mean(), many - many.mean(0)
    spread = np.sqrt(np.outer((one**2).sum(), (many**2).sum(0))[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.clip(one @ many / spread, -1.0, 1.0)
    is_still = _is_still(own[kept])[None] | _is_still(others[kept])
    return np.where(is_still, np.nan, found)


def _is_still(scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell of scores (n,) or of each column (n, C) whether they are the same but for rounding."""
    values = scores.astype(np.float64)
    return np.asarray(np.ptp(values, 0) <= 1e-6 * np.abs(values).max(0))


def overlaps(state: LayerState, ids: NDArray[np.uint64], scores: NDArray[np.floating]) -> Floats:
    """Return the lower one of s(a ← b) and s(b ← a) for all pairs (C, C); NaN for silent units."""
    values = np.maximum(np.nan_to_num(scores.astype(np.float64)), 0.0)
    order = np.argsort(ids, kind="stable")
    top = state.top.picture
    rows = order[np.minimum(np.searchsorted(ids[order], top), len(ids) - 1)]
    is_there = (ids[rows] == top) & np.isfinite(state.top.value)
    mine = np.where(is_there, np.take_along_axis(values.T, rows, 1), 0.0).sum(1)
    # Row b: the sums of all units' scores on the best pictures of b.
    sums = np.stack([values[rows[b][is_there[b]]].sum(0) for b in range(len(top))])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(np.where(mine > 0, sums / mine, np.nan), 0.0, 1.0)
    both: Floats = np.minimum(share, share.T)
    return both


def nearest(related: Floats | None, count: int) -> tuple[NDArray[np.int64], Floats]:
    """Return for each of `count` units the one it is most correlated with, and how much.

    -1 and NaN where that is not known: of a unit that never changes, or where nothing was kept.
    """
    if related is None or count < 2:
        return nobody(count)
    others = np.where(np.isfinite(related), related, -np.inf)
    np.fill_diagonal(others, -np.inf)
    twin = others.argmax(1)
    r = np.take_along_axis(others, twin[:, None], 1)[:, 0]
    is_there = np.isfinite(r)
    return np.where(is_there, twin, -1), np.where(is_there, r, np.nan)


def nobody(count: int) -> tuple[NDArray[np.int64], Floats]:
    """Return what `nearest` does where nothing is known."""
    return np.full(count, -1), np.full(count, np.nan)


def weight_twins(network: Network, layer: str) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return norms of units' weights, and of each the unit of highest cosine, and that, all (C,).

    -1 and NaN where there are too many weights for all pairs. Raises `UserError` where the layer
    has none, see `weights_of`.
    """
    _, weights = weights_of(network, layer)
    rows = weights.flatten(1).float()
    norms = rows.norm(dim=1)
    count = len(rows)
    if count * count * rows.shape[1] > MOST_PRODUCTS:
        return norms.double().cpu().numpy(), *nobody(count)
    unit = rows / norms[:, None]
    cosines = (unit @ unit.T).double().cpu().numpy()
    return norms.double().cpu().numpy(), *nearest(cosines, count)


def weights_of(network: Network, layer: str) -> tuple[str, Tensor]:
    """Return the weights (C, …) of a layer's units, and the layer that has them.

    That is the layer itself, or the one before it whose units it passes one by one. Raises
    `UserError` where there is none.
    """
    if (directions := network.directions(layer)) is not None:
        return layer, directions.weight.to(network.device)
    modules = dict(network.module.named_modules())
    names = [info.name for info in network.layers]
    count = network.layer(layer).unit_count
    for name in reversed(names[: names.index(layer) + 1]):
        info = network.layer(name)
        module = modules.get(name.partition(":")[0])
        weight = getattr(module, "weight", None)
        if info.unit_count == count and isinstance(weight, Tensor) and weight.ndim > 1:
            return name, weight.detach()
        if info.unit_count != count or info.kind not in PASSING:
            break
    raise UserError(
        f"{layer} has no weights of its own", "Choose a convolution or a linear layer before it"
    )
