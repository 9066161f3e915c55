"""Which weighted operations give the units of a layer, and what is done to their sums after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.corpus.weights.following import affine, before, in_double
from deepvis_app.corpus.weights.operation import Operation, operation_of
from deepvis_app.corpus.weights.rules import Kind, activation_title, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.corpus.weights.following import Floats, Index
    from deepvis_app.corpus.weights.passage import Passage, Step

    Operations = Mapping[int, Operation]  # by step


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """What some units (rows) get from one operation, or from a value that is added as it is.

    `elements` (rows, places) are numbers in the flat output of `operation`, or, where that is
    None, in the value of `step`. `scale` and `shift` (rows,) are of what is folded.
    """

    operation: Operation | None
    step: int
    elements: Index
    scale: Floats
    shift: Floats

    @property
    def outputs(self) -> Index:
        """The operation's output for each row."""
        assert self.operation is not None
        return self.operation.outputs(self.elements[:, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Units (`rows`, by index) whose values before `after` are the sum of the same terms."""

    rows: Index
    terms: tuple[Term, ...]
    after: tuple[Activation, ...]  # in the order in which they run


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """What a function does to each value by itself; `elements` (rows, places) are its own.

    `fold` are factors and summands (rows,) of one that does no more than that.
    """

    step: Step
    elements: Index
    fold: tuple[Floats, Floats] | None = None

    @property
    def title(self) -> str:
        if self.fold is not None:
            return "batch norm" if self.step.name == "batch_norm" else "a constant"
        return activation_title(self.step)

    def __call__(self, value: float, row: int, place: int) -> float:
        """Return what it makes of a value at a row's place."""
        if self.fold is not None:
            return float(self.fold[0][row] * value + self.fold[1][row])
        if self.step.name != "prelu":  # that has a weight for each unit
            return float(self.step.run(torch.tensor([value], dtype=torch.float64)))
        whole = torch.full(self.step.shape, value, dtype=torch.float64)
        return float(in_double(self.step, whole).reshape(-1)[int(self.elements[row, place])])


def operations_of(passage: Passage) -> dict[int, Operation]:
    """Return all weighted operations of a pass by step, in order."""
    found = ((step.number, operation_of(passage, step)) for step in passage.steps)
    return {number: operation for number, operation in found if operation is not None}


def origins(passage: Passage, operations: Operations, number: int, elements: Index) -> list[Origin]:
    """Return where units come from whose elements (units, places) are in a step's value.

    Units that are not given by weighted operations are in none.
    """
    return _Walk(passage, operations).go(number, np.arange(len(elements)), elements)


class _Walk:
    """Goes back from a value to operations."""

    def __init__(self, passage: Passage, operations: Operations) -> None:
        self._passage, self._operations = passage, operations

    def go(self, number: int, rows: Index, elements: Index) -> list[Origin]:
        if number in self._operations:
            return self._at(self._operations[number], rows, elements)
        step = self._passage.steps[number]
        kind = kind_of(step)
        if kind is Kind.SUM:
            found = self._sum(step, rows, elements)
            return [] if found is None else [found]
        if kind is Kind.POOLED:
            return []
        fold = affine(step, elements) if kind is Kind.AFFINE else None
        if kind is Kind.AFFINE and fold is None:
            return []
        result: list[Origin] = []
        for back in before(self._passage, step, elements):
            for origin in self.go(back.step, rows[back.rows], back.elements):
                chosen = np.searchsorted(rows, origin.rows)
                if fold is not None and not origin.after:
                    result.append(_folded(origin, fold[0][chosen], fold[1][chosen]))
                elif fold is not None or kind is Kind.POINTWISE:
                    own = None if fold is None else (fold[0][chosen], fold[1][chosen])
                    after = Activation(step, elements[chosen], own)
                    result.append(replace(origin, after=(*origin.after, after)))
                else:
                    result.append(origin)
        return result

    def _at(self, operation: Operation, rows: Index, elements: Index) -> list[Origin]:
        outputs = operation.outputs(elements)
        whole = (outputs == outputs[:, :1]).all(1)
        if not whole.any():
            return []
        ones = np.ones(int(whole.sum()))
        term = Term(operation, operation.step, elements[whole], ones, 0 * ones)
        return [Origin(rows[whole], (term,), ())]

    def _sum(self, step: Step, rows: Index, elements: Index) -> Origin | None:
        """Return the terms of a sum. A side that is no plain sum itself is one as it is."""
        terms: list[Term] = []
        for source in step.sources():
            side = self._passage.steps[source]
            if prod(side.shape) != prod(step.shape):
                return None
            found = self.go(source, rows, elements)
            if len(found) == 1 and len(found[0].rows) == len(rows) and not found[0].after:
                terms += found[0].terms
            else:
                ones = np.ones(len(rows))
                terms.append(Term(None, source, elements, ones, 0 * ones))
        if all(term.operation is None for term in terms):
            return None
        return Origin(rows, tuple(terms), ())


def _folded(origin: Origin, factor: Floats, added: Floats) -> Origin:
    """Put a factor and a summand for each row into the terms; the summand goes to the first."""
    terms = tuple(
        replace(
            term, scale=term.scale * factor, shift=term.shift * factor + (0 if k else 1) * added
        )
        for k, term in enumerate(origin.terms)
    )
    return replace(origin, terms=terms)
