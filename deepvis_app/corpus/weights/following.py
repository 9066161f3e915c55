"""Where elements of a value come from: one step back in a pass, with their numbers there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils._pytree import tree_map  # no public name

from deepvis_app.corpus.weights.passage import Came
from deepvis_app.corpus.weights.rules import Kind, kind_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.weights.passage import Passage, Step

    Index = NDArray[np.int64]
    Floats = NDArray[np.float64]


EVEN = 1e-9  # how far numbers that should be equal may differ, of the largest


@dataclass(frozen=True, slots=True, eq=False)
class Back:
    """Rows of elements (rows, places) one step before: in which step's value they lie, and where.

    `rows` are their numbers among the rows that were asked for.
    """

    step: int
    rows: Index
    elements: Index


def before(passage: Passage, step: Step, elements: Index) -> list[Back]:
    """Follow elements (rows, places) through a step that leaves each one as it is, or changes it.

    A row whose elements come from several values is left out, and so is all where the step mixes
    elements. Through pooling each row is followed to its unit's first place.
    """
    kind, sources = kind_of(step), step.sources()
    every = np.arange(len(elements))
    if kind in (Kind.SAME, Kind.POINTWISE, Kind.AFFINE):
        source = passage.steps[sources[0]]
        if prod(source.shape) != prod(step.shape):
            return []  # a constant made it larger
        return [Back(sources[0], every, elements)]
    if kind is Kind.MOVED:
        return _moved(passage, step, elements)
    if kind is Kind.JOINED:
        return _parted(passage, step, elements)
    if kind is Kind.POOLED:
        return _unpooled(passage, step, elements)
    return []


def _moved(passage: Passage, step: Step, elements: Index) -> list[Back]:
    """Let the numbers of the elements go the way of the values."""
    source = passage.steps[step.sources()[0]]
    numbers = torch.arange(prod(source.shape), dtype=torch.float64).reshape(source.shape)
    try:
        moved = step.run(numbers)
    except (RuntimeError, TypeError, ValueError, IndexError):
        return []
    if moved.shape != step.shape:
        return []
    there = moved.reshape(-1).long().numpy()
    return [Back(source.number, np.arange(len(elements)), there[elements])]


def _parted(passage: Passage, step: Step, elements: Index) -> list[Back]:
    """Find the parts that values were joined from."""
    dim = step.get(1, "dim", step.kwargs.get("axis", 0)) % len(step.shape)
    places = list(np.unravel_index(elements, step.shape))
    found, begin = [], 0
    for part in step.get(0, "tensors"):
        assert isinstance(part, Came)
        source = passage.steps[part.step]
        if len(source.shape) != len(step.shape):
            continue  # torch joins with empty vectors too
        end = begin + source.shape[dim]
        here = ((places[dim] >= begin) & (places[dim] < end)).all(1)
        if here.any():
            own = [p[here] - (begin if d == dim else 0) for d, p in enumerate(places)]
            numbers = np.ravel_multi_index(own, source.shape)
            found.append(Back(part.step, np.flatnonzero(here), numbers))
        begin = end
    return found


def _unpooled(passage: Passage, step: Step, elements: Index) -> list[Back]:
    """Return the first element of each row's unit, where pooling keeps units apart."""
    source = passage.steps[step.sources()[0]]
    shape = source.shape
    if len(shape) < 3 or step.shape[:2] != shape[:2] or 0 in step.shape:
        return []
    unit = elements[:, :1] // prod(step.shape[2:])
    return [Back(source.number, np.arange(len(elements)), unit * prod(shape[2:]))]


def affine(step: Step, elements: Index) -> tuple[Floats, Floats] | None:
    """Return what each row's elements (rows, places) are multiplied with, and what is added.

    None where that is not one number a row, or where the step makes its value larger.
    """
    one, zero = (torch.full(step.shape, v, dtype=torch.float64) for v in (1.0, 0.0))
    try:
        with torch.no_grad():
            shift, whole = (in_double(step, value) for value in (zero, one))
    except (RuntimeError, TypeError):
        return None
    if shift.shape != step.shape:
        return None
    added = shift.reshape(-1).numpy()[elements]
    factor = whole.reshape(-1).numpy()[elements] - added
    if any(np.ptp(v, 1).max(initial=0) > EVEN * np.abs(v).max(initial=0) for v in (factor, added)):
        return None
    return factor[:, 0], added[:, 0]


def in_double(step: Step, value: torch.Tensor) -> torch.Tensor:
    """Run a step on a value in double precision, with its constants in it too."""

    def double(argument: object) -> object:
        if not isinstance(argument, torch.Tensor):
            return argument
        constant = argument.detach().cpu()
        return constant.double() if constant.is_floating_point() else constant

    args, kwargs = tree_map(double, (step.args, dict(step.kwargs)))
    return replace(step, args=args, kwargs=kwargs).run(value)
