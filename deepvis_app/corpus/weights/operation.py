"""A weighted operation of a pass: what each of its outputs reads, and with which weights."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from deepvis_app.corpus.weights.passage import Came
from deepvis_app.corpus.weights.rules import Kind, kind_of, matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.corpus.weights.passage import Passage, Step

    Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A convolution or a product with a matrix.

    An `element` is the number of one value in its flat output. `given` is the number of the step
    whose value it reads, that before any padding; `step` its own.
    """

    step: int
    given: int
    weight: Tensor  # (outputs, inputs of a group, *kernel)
    bias: Tensor | None  # (outputs,)

    @property
    def count(self) -> int:
        """How many outputs it has: channels, or features."""
        return int(self.weight.shape[0])

    @property
    @abstractmethod
    def input_count(self) -> int:
        """How many inputs it has: channels, or features."""

    @abstractmethod
    def outputs(self, elements: Index) -> Index:
        """Return which output each element belongs to."""

    @abstractmethod
    def first(self, output: int) -> int:
        """Return an element of an output; of tokens the last one's, the first may be a class."""

    @abstractmethod
    def inputs(self, output: int) -> range:
        """Return the inputs that an output reads."""

    @abstractmethod
    def input_elements(self) -> Index:
        """Return for each input one element of the value that it reads, flat."""

    @abstractmethod
    def read(self, x: Tensor, element: int) -> Tensor:
        """Return what an output element sees of the value `x`: (inputs, rows, columns)."""

    @abstractmethod
    def column(self, entry: int) -> tuple[range, Tensor]:
        """Return the outputs that read an input, and their kernels for it (n, rows, columns)."""

    def kernel(self, output: int) -> Tensor:
        """Return the weights of an output, (inputs, rows, columns)."""
        return _three(self.weight[output])

    def bias_of(self, output: int) -> float:
        return 0.0 if self.bias is None else float(self.bias[output])


@dataclass(frozen=True, slots=True, eq=False)
class Product(Operation):
    """x · Wᵀ + b along the last dimension of x, for each of `repeats` rows (tokens)."""

    repeats: int

    @property
    def input_count(self) -> int:
        return int(self.weight.shape[1])

    def outputs(self, elements: Index) -> Index:
        return elements % self.count

    def first(self, output: int) -> int:
        return self.count * (self.repeats - 1) + output

    def inputs(self, output: int) -> range:  # noqa: ARG002 - all read all
        return range(self.input_count)

    def input_elements(self) -> Index:
        return self.input_count * (self.repeats - 1) + np.arange(self.input_count)

    def read(self, x: Tensor, element: int) -> Tensor:
        return x.reshape(-1, self.input_count)[element // self.count, :, None, None]

    def column(self, entry: int) -> tuple[range, Tensor]:
        return range(self.count), self.weight[:, entry, None, None]


@dataclass(frozen=True, slots=True, eq=False)
class Convolution(Operation):
    """A convolution along one or two dimensions.

    `steps` has for each dimension the places of the input that a place of the output may read:
    `steps[d][place * stride[d] + tap * dilation[d]]`, -1 for a zero of the padding.
    """

    groups: int
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    size: tuple[int, ...]  # of the output's map
    given_shape: torch.Size
    steps: tuple[Tensor, ...]

    @property
    def input_count(self) -> int:
        return int(self.weight.shape[1]) * self.groups

    def outputs(self, elements: Index) -> Index:
        return elements // prod(self.size) % self.count

    def first(self, output: int) -> int:
        return output * prod(self.size)

    def inputs(self, output: int) -> range:
        width = int(self.weight.shape[1])
        group = output // (self.count // self.groups)
        return range(group * width, (group + 1) * width)

    def input_elements(self) -> Index:
        return np.arange(self.input_count) * prod(self.given_shape[2:])

    def places(self, element: int) -> tuple[Tensor, ...]:
        """Return the places (taps,) of the input that an element reads, by dimension."""
        place = np.unravel_index(element % prod(self.size), self.size)
        kernel = self.weight.shape[2:]
        return tuple(
            steps[int(i) * stride : int(i) * stride + dilation * (taps - 1) + 1 : dilation]
            for i, steps, stride, dilation, taps in zip(
                place, self.steps, self.stride, self.dilation, kernel, strict=True
            )
        )

    def read(self, x: Tensor, element: int) -> Tensor:
        inputs = self.inputs(int(self.outputs(np.array(element))))
        places = self.places(element)
        part = x[0, inputs.start : inputs.stop]
        for d, taps in enumerate(places, 1):
            part = part.index_select(d, taps.clamp(min=0).to(x.device))
        for d, taps in enumerate(places, 1):
            if bool((taps < 0).any()):
                shape = [-1 if k == d else 1 for k in range(part.ndim)]
                part = torch.where((taps < 0).view(shape).to(x.device), 0, part)
        return _three(part)

    def column(self, entry: int) -> tuple[range, Tensor]:
        width = int(self.weight.shape[1])
        per_group = self.count // self.groups
        group = entry // width
        outputs = range(group * per_group, (group + 1) * per_group)
        chosen = self.weight[outputs.start : outputs.stop, entry % width]
        return outputs, chosen.unsqueeze(1) if chosen.ndim == 2 else chosen


def operation_of(passage: Passage, step: Step) -> Operation | None:
    """Return the weighted operation that a step is, None where it is none that is followed."""
    kind = kind_of(step)
    if kind is Kind.PRODUCT:
        return _product(step)
    return _convolution(passage, step) if kind is Kind.CONVOLUTION else None


def _product(step: Step) -> Product | None:
    found = matrix(step)
    if found is None or not step.shape or step.shape[-1] != found[0].shape[0]:
        return None
    weight, bias = found
    bias = None if bias is None else bias.detach()
    repeats = prod(step.shape[:-1])
    return Product(step.number, step.sources()[0], weight.detach(), bias, repeats)


def _convolution(passage: Passage, step: Step) -> Convolution | None:
    weight, bias = step.get(1, "weight"), step.get(2, "bias")
    given = step.get(0, "input")
    if not isinstance(weight, torch.Tensor) or not isinstance(given, Came):
        return None
    rank = weight.ndim - 2
    if len(step.shape) != rank + 2:
        return None
    options = [(3, "stride", 1), (4, "padding", 0), (5, "dilation", 1)]
    stride, padding, dilation = (step.get(*option) for option in options)
    dilation = _each(dilation, rank)
    amounts = _paddings(padding, weight.shape[2:], dilation)
    source = passage.steps[given.step]
    axes = [torch.arange(n) for n in source.shape[2:]]
    padded = _padded_before(passage, source, rank)
    if padded is not None:
        source, axes = padded
    return Convolution(
        step.number,
        source.number,
        weight.detach(),
        None if bias is None else bias.detach(),
        groups=int(step.get(6, "groups", 1)),
        stride=_each(stride, rank),
        dilation=dilation,
        size=tuple(step.shape[2:]),
        given_shape=source.shape,
        steps=tuple(
            functional.pad(axis, amount, value=-1)
            for axis, amount in zip(axes, amounts, strict=True)
        ),
    )


def _padded_before(passage: Passage, step: Step, rank: int) -> tuple[Step, list[Tensor]] | None:
    """Where a step pads, return what it pads and, by dimension, where its places are from."""
    if kind_of(step) is not Kind.PADDED:
        return None
    before = passage.steps[step.sources()[0]]
    amounts = list(step.get(1, "pad"))
    mode, value = step.get(2, "mode", "constant"), step.get(3, "value", 0)
    if step.name == "constant_pad_nd":
        mode, value = "constant", step.get(2, "value", 0)
    if len(amounts) > 2 * rank or (mode == "constant" and value):
        return None
    axes = []
    for d, count in enumerate(before.shape[2:]):
        k = 2 * (rank - 1 - d)
        pair = amounts[k : k + 2] or [0, 0]
        places = torch.arange(count, dtype=torch.float64)[None, None]
        fill = {"value": -1.0} if mode == "constant" else {}
        axes.append(functional.pad(places, pair, mode, **fill)[0, 0].long())
    return before, axes


def _paddings(padding: Any, kernel: torch.Size, dilation: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the zeros before and behind each dimension."""
    if padding == "valid":
        return [(0, 0)] * len(kernel)
    if padding == "same":
        wide = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return [(n // 2, n - n // 2) for n in wide]
    return [(n, n) for n in _each(padding, len(kernel))]


def _each(value: Any, rank: int) -> tuple[int, ...]:
    values = (value,) if isinstance(value, int) else tuple(value)
    return tuple(int(v) for v in (values * rank if len(values) == 1 else values))


def _three(part: Tensor) -> Tensor:
    """Return (n, rows, columns) of a kernel along two, one or no dimension."""
    if part.ndim == 3:
        return part
    return part[:, None] if part.ndim == 2 else part[:, None, None]
