"""Where a unit's values go: the weights with which the next operations read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.weights.rules import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from deepvis_app.corpus.weights.following import Index
    from deepvis_app.corpus.weights.listed import ListedLayers
    from deepvis_app.corpus.weights.operation import Operation
    from deepvis_app.nets import Unit

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """How one operation reads a unit.

    `kernels` (n, rows, columns) are the weights of its outputs, the units `units` (n,) of `layer`;
    `bias` (n,) is what these outputs begin with. `gives_scores`: they are the network's classes.
    """

    layer: str
    units: Index
    kernels: Floats
    bias: Floats
    gives_scores: bool

    @property
    def sums(self) -> Floats:
        """The sum of each kernel: what an even activation gives."""
        return np.asarray(self.kernels.sum((1, 2), dtype=np.float64), np.float32)

    @property
    def norms(self) -> Floats:
        """The L2 norm of each kernel."""
        flat = self.kernels.reshape(len(self.kernels), -1)
        return np.asarray(np.linalg.norm(flat, axis=1), np.float32)


def readings(layers: ListedLayers, unit: Unit) -> tuple[Outgoing, ...]:
    """Return how the next operations read a unit, in their order; see `WeightBook.outgoing`."""
    number = layers.steps.get(unit.layer)
    if number is None:
        return ()
    for sums in (0, 1):
        found = [
            one
            for operation in layers.operations.values()
            if operation.step > number
            and (one := _reading(layers, operation, unit, sums)) is not None
        ]
        if found:
            return tuple(found)
    return ()


def _reading(layers: ListedLayers, operation: Operation, unit: Unit, sums: int) -> Outgoing | None:
    elements, goal = operation.input_elements(), layers.steps[unit.layer]
    places = layers.places(unit.layer)
    every = np.arange(len(elements))
    entries = [
        rows[places.units(there[:, 0])[0] == unit.index]
        for step, rows, there in _down(
            layers, operation.given, every, elements[:, None], goal, sums
        )
        if step == goal
    ]
    chosen = np.unique(np.concatenate(entries)) if entries else every[:0]
    if not len(chosen):
        return None
    columns = [operation.column(int(entry)) for entry in chosen]
    outputs = columns[0][0]
    kernels = np.stack([k.float().cpu().numpy() for r, k in columns if r == outputs], -1)
    if len(chosen) > 1:  # a place of the unit's map each
        kernels = kernels.reshape(len(outputs), *layers.map_size(unit.layer, kernels.shape[-1]))
    else:
        kernels = kernels[..., 0]
    layer, units = layers.outputs(operation, np.array(outputs))
    bias = np.array([operation.bias_of(o) for o in outputs], np.float32)
    scores = bool(layer) and layer in layers.network.class_layers
    return Outgoing(layer, units, np.ascontiguousarray(kernels), bias, scores)


def _down(
    layers: ListedLayers, number: int, rows: Index, elements: Index, goal: int, sums: int
) -> Iterator[tuple[int, Index, Index]]:
    """Go back to a step, through at most so many sums."""
    yield number, rows, elements
    if number <= goal:
        return
    step = layers.passage.steps[number]
    if kind_of(step) is Kind.SUM and sums:
        for source in step.sources():
            if layers.passage.steps[source].shape == step.shape:
                yield from _down(layers, source, rows, elements, goal, sums - 1)
        return
    for back in layers.before(number, elements):
        yield from _down(layers, back.step, rows[back.rows], back.elements, goal, sums)
