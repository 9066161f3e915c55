"""How a layer's weights are spread, and how large each unit's are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.weights.origins import Origin

    Floats = NDArray[np.float32]

MOST = 1 << 17  # weights that are handed out; of more an even sample of the units


@dataclass(frozen=True, slots=True, eq=False)
class LayerWeights:
    """The weights of a layer's units, batch norm folded. Read-only.

    `values` (n,) are the weights, of `sampled` units at equal steps where there are too many;
    `norms` and `biases` (units,) are NaN for units without weights.
    """

    values: Floats
    norms: Floats  # L2, of all weights of a unit
    biases: Floats
    sampled: int


def layer_weights(count: int, origins: Sequence[Origin]) -> LayerWeights:
    """Return the weights of a layer of `count` units, given where these come from."""
    squares, biases = np.zeros(count), np.zeros(count)
    known = np.zeros(count, bool)
    rows: list[tuple[torch.Tensor, NDArray[np.int64], NDArray[np.float64]]] = []
    for origin in origins:
        known[origin.rows] = True
        for term in origin.terms:
            biases[origin.rows] += term.shift
            if term.operation is None:
                continue
            weight = term.operation.weight.flatten(1)
            outputs = term.outputs
            norms = torch.linalg.vector_norm(weight.float(), dim=1).cpu().double().numpy()
            squares[origin.rows] += (norms[outputs] * term.scale) ** 2
            if term.operation.bias is not None:
                bias = term.operation.bias.detach().cpu().double().numpy()
                biases[origin.rows] += bias[outputs] * term.scale
            rows.append((weight, outputs, term.scale))
    total = sum(weight.shape[1] * len(outputs) for weight, outputs, _ in rows)
    step = -(-total // MOST) if total else 1
    values = [
        weight[torch.from_numpy(outputs[::step]).to(weight.device)].float().cpu().numpy()
        * scale[::step, None]
        for weight, outputs, scale in rows
    ]
    found = np.concatenate([v.ravel() for v in values]).astype(np.float32)
    unknown = np.where(known, 0.0, np.nan)
    norms, added = np.sqrt(squares) + unknown, biases + unknown
    result = LayerWeights(
        found,
        norms.astype(np.float32),
        added.astype(np.float32),
        sum(len(outputs[::step]) for _, outputs, _ in rows),
    )
    for array in (result.values, result.norms, result.biases):
        array.setflags(write=False)
    return result
