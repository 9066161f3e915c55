"""What a change of a picture does: to a linear network by argument, and to every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.synth.ball import Norm
from deepvis_app.synth.parameterisation import chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.space import PictureSpace


def linear_fall(w: Tensor, epsilon: float, norm: Norm) -> float:
    """Return w . eta of the change eta of size `epsilon` that lowers w . x most.

    In L-infinity that is -epsilon * n * mean |w|: it grows with the number n of dimensions, and
    the change that the eye sees does not (Goodfellow et al. 2014). In L2 it is -epsilon |w|.
    """
    size = w.abs().double().sum() if norm is Norm.LINF else w.double().norm()
    return -epsilon * float(size)


def noise_like(change: Tensor, norm: Norm, seed: int) -> Tensor:
    """Return noise as large as a change (1, C, H, W): random signs, or of the same length."""
    drawn = torch.randn(change.shape, generator=chance("cpu", seed, "noise")).to(change)
    if norm is Norm.LINF:
        drawn, size = drawn.sign(), change.abs().max()
    else:
        size = change.norm() / drawn.norm()
    noise: Tensor = drawn * size
    return noise


def moved(
    network: Network,
    space: PictureSpace,
    x: Tensor,
    others: Sequence[Tensor],
    layers: Sequence[str],
) -> list[NDArray[np.float32]]:
    """Return how far layers move from a picture x (1, C, H, W) to others: |code - code'| / |code|.

    A number a layer, for each of the others; infinite where the code is zero and does not stay so.
    """
    with torch.no_grad():
        base, *codes = (
            network.forward(space.to_input(one), layers, stop_early=True).activations
            for one in (x, *others)
        )
    return [
        np.array([_relative(code[name], base[name]) for name in layers], np.float32)
        for code in codes
    ]


def _relative(code: Tensor, base: Tensor) -> float:
    change, size = float((code - base).double().norm()), float(base.double().norm())
    return change / size if size else (float("inf") if change else 0.0)
