"""What a run measured of every layer at every step, as one table a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Run, Table

    Floats = NDArray[np.float32]

GRADIENT, UPDATE, DEAD, MOVED = "gradient", "update", "dead", "moved"


@dataclass(frozen=True, slots=True, eq=False)
class LayerSteps:
    """`values` (S, L) of layers `names` (L,), in forward order, at `steps` (S,); NaN: not measured.

    `bad` (S, L) counts the numbers behind a value that are not finite; NaN where nobody counted.
    """

    names: tuple[str, ...]
    steps: NDArray[np.int64]
    values: Floats
    bad: Floats


def layer_steps(run: Run, quantity: str) -> LayerSteps | None:
    """Return GRADIENT ‖g‖/‖w‖, UPDATE ‖Δw‖/‖w‖, MOVED ‖w−w₀‖/‖w₀‖ or the share of DEAD units.

    None where the log does not have what it takes.
    """
    if quantity == DEAD:
        return _of(run.activations, "dead", "bad")
    table = run.weights
    if quantity not in table or "weight" not in table:
        return None
    weight = table.values["weight"]
    over = _first(weight) if quantity == MOVED else weight
    bad = "gradient_bad" if quantity == GRADIENT else "weight_bad"
    found = _of(table, quantity, bad)
    if found is None:
        return None
    ratio = np.full(weight.shape, np.nan, np.float32)
    np.divide(found.values, over, out=ratio, where=over > 0)
    return LayerSteps(found.names, found.steps, ratio, found.bad)


def _of(table: Table, quantity: str, bad: str) -> LayerSteps | None:
    if quantity not in table or not table.names:
        return None
    values = table.values[quantity]
    counts = table.values.get(bad)
    unknown = np.full(values.shape, np.nan, np.float32)
    return LayerSteps(table.names, table.steps, values, unknown if counts is None else counts)


def _first(weight: Floats) -> Floats:
    """Return every layer's first measured value, in every row; NaN of none."""
    known = np.isfinite(weight)
    place = known.argmax(0)
    first = np.take_along_axis(weight, place[None], 0)
    return np.broadcast_to(np.where(known.any(0), first, np.nan), weight.shape)
