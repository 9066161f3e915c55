"""Tensors as the arrays that readings hold: read-only, with memory of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


def own_array(values: Tensor) -> NDArray[Any]:
    """Return values as an array of their type."""
    array = np.array(values.cpu().numpy(), order="C")
    array.setflags(write=False)
    return array


def own_scores(scores: Tensor | None) -> NDArray[np.float32] | None:
    """Return the first of scores (N, K) as an array (K,); None where there are none."""
    return None if scores is None else own_array(scores[0].float())
