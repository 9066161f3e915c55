"""Linear read-outs that find the amounts of a dictionary's atoms in a code, in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]

STEPS, BATCH = 1000, 256
PACE = 0.01  # of Adam, in units of the usual size of a weight
BETAS = 0.9, 0.999
TINY = 1e-30


def read_out_steps(
    codes: Floats, amounts: Floats, weight: Doubles, bias: Doubles, seed: int
) -> Generator[int, None, tuple[Floats, Floats]]:
    """Fit `relu(weight @ x + bias)` to amounts (n, K) of codes (n, C), in steps of a batch.

    Sparse amounts are found by an optimisation for each code; a direction is one sum, one bias and
    a ReLU. Least squares of just that, by Adam from the best linear guess (`Sums.regression`), is
    what the encoder of a sparse autoencoder is, trained for a dictionary that stays. Returns weight
    (K, C) and bias (K,).

    Measured on held-out codes, as the mean correlation with the sparse amounts, and the share of
    variance that is given back through the atoms (for the sparse amounts themselves .90, .67, .48):

    =============================  =============  ===========  ============
    read-out (with ReLU)           planted        fire6 (256)  fire9 (512)
    =============================  =============  ===========  ============
    the atoms                      .76, .78       .43, .03     .61, .20
    the atoms, less the sparsity   .88, .82       .44, .02     .71, .29
    pseudo-inverse of the atoms    .88, .87       .04, -.19    .68, .27
    best linear guess (ridge)      .88, .86       .71, .25     .81, .42
    **this**                       **.98, .90**   **.88, .65** **.92, .48**
    =============================  =============  ===========  ============

    (SqueezeNet 1.0 on 500 photographs.) Only with it about as many directions are active at a place
    as there are sparse amounts; the others have half of all directions on.
    """
    x, goal = torch.from_numpy(codes), torch.from_numpy(amounts)
    # The bias is one more weight, of a number that is as large as a code is long.
    reach = float(x[: 10 * BATCH].norm(dim=1).mean()) or 1.0
    rows = torch.from_numpy(np.hstack([weight, bias[:, None] / reach])).float()
    rate = PACE * (float(rows[:, :-1].std(correction=0)) or 1.0)
    mean, power = torch.zeros_like(rows), torch.zeros_like(rows)
    chance = np.random.default_rng(seed)
    for step in range(1, STEPS + 1):
        drawn = torch.from_numpy(chance.integers(0, len(x), min(BATCH, len(x))))
        gradient = _gradient(rows, functional.pad(x[drawn], (0, 1), value=reach), goal[drawn])
        mean.lerp_(gradient, 1 - BETAS[0])
        power.lerp_(gradient.square_(), 1 - BETAS[1])
        usual = (power / (1 - BETAS[1] ** step)).sqrt_().add_(TINY)
        slower = min(1.0, 2 * (1 - step / STEPS)) / (1 - BETAS[0] ** step)
        rows.addcdiv_(mean, usual, value=-rate * slower)
        yield step
    return rows[:, :-1].numpy().copy(), rows[:, -1].numpy() * np.float32(reach)


def _gradient(rows: Tensor, x: Tensor, goal: Tensor) -> Tensor:
    """Return that of `|relu(x @ rows.T) - goal|²` over rows (K, C + 1), but for a factor."""
    sums = x @ rows.T
    missed = (sums.relu() - goal) * (sums > 0)
    return missed.T @ x


def gains_of(found: Doubles, both: Doubles, atoms: Doubles) -> Doubles:
    """Return by how much each read-out is to be multiplied so that codes are given back best.

    `found` (K, K) are sums of products of what the read-outs give, `both` (C, K) those of codes
    without the offset with it, `atoms` (K, C) of length 1. Sparse amounts are too small by what
    their penalty takes. The gains minimise `|x - (a · gains) @ atoms|²`; those of read-outs that
    nothing is to be made of are zero.
    """
    quadratic = found * (atoms @ atoms.T)
    linear = (both.T * atoms).sum(1)
    shift = 1e-9 * max(float(np.trace(quadratic)) / len(quadratic), 1e-300)
    gains: Doubles = np.linalg.solve(quadratic + shift * np.eye(len(quadratic)), linear)
    return np.maximum(gains, 0.0)
