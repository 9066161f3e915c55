"""Which parameters there are, each once, and in which layer's row it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from torch.nn.parameter import UninitializedParameter

from deepvis_app.lab.log.about import ModuleInfo, ParameterInfo
from deepvis_app.lab.monitor.plain import is_sharded, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn
    from torch.optim import Optimizer

ELSEWHERE = "(outside the network)"  # the row of parameters that only an optimiser knows


class Parameters:
    """All parameters of networks and optimisers by identity, numbered in forward order.

    A shared one is one, in the layer that comes first. Numbers and rows never change; what an
    optimiser gets later stands behind.
    """

    def __init__(self, modules: Mapping[str, nn.Module], order: Sequence[str] = ()) -> None:
        """Take modules by their full names, and in which order they were called, if known."""
        self.all: list[Tensor] = []
        self.names: list[str] = []
        self.row: list[int] = []  # of each parameter
        self.rows: list[str] = []  # layers' names
        self._kinds: dict[str, str] = {}
        self._shared: dict[int, list[str]] = {}
        self._number: dict[int, int] = {}
        for name in _forward(list(modules), order):
            for own, parameter in modules[name].named_parameters(recurse=False):
                self._take(name, type(modules[name]).__name__, own, parameter)

    def _take(self, layer: str, kind: str, own: str, parameter: Tensor) -> int:
        name = f"{layer}.{own}" if layer else own
        number = self._number.get(id(parameter))
        if number is not None:
            self._shared[number].append(name)
            return number
        if layer not in self._kinds:
            self._kinds[layer] = kind
            self.rows.append(layer)
        number = len(self.all)
        self.all.append(parameter)
        self.names.append(name)
        self.row.append(self.rows.index(layer))
        self._number[id(parameter)] = number
        self._shared[number] = []
        return number

    def number(self, parameter: Tensor, find: Callable[[], Mapping[str, nn.Module]]) -> int:
        """Return a parameter's number, one that is new behind all; `find` gives today's modules."""
        known = self._number.get(id(parameter))
        if known is not None:
            return known
        for name, module in find().items():
            for own, each in module.named_parameters(recurse=False):
                if each is parameter:
                    return self._take(name, type(module).__name__, own, parameter)
        return self._take(ELSEWHERE, "", str(len(self.all)), parameter)

    def are_ready(self) -> bool:
        """Tell whether all have their shapes, which lazy ones get from the first batch."""
        return not any(isinstance(each, UninitializedParameter) for each in self.all)

    def are_whole(self) -> bool:
        """Tell whether this process has all of each."""
        return not any(map(is_sharded, self.all))

    def counts(self) -> NDArray[Any]:
        """Return how many real numbers each row has, (L,)."""
        return self.by_row({n: float(size(each)) for n, each in enumerate(self.all)})

    def by_row(self, values: Mapping[int, float]) -> NDArray[Any]:
        """Add values of parameters, by number, up by rows: (L,), NaN where none was given."""
        found = np.full(len(self.rows), np.nan)
        rows = [self.row[number] for number in values]
        found[rows] = 0.0
        np.add.at(found, rows, list(values.values()))
        return found

    def infos(self) -> tuple[ModuleInfo, ...]:
        """Describe the rows."""
        owned: dict[int, list[str]] = {}
        for name, row in zip(self.names, self.row, strict=True):
            owned.setdefault(row, []).append(name)
        return tuple(
            ModuleInfo(name=name, kind=self._kinds[name], parameters=tuple(owned[row]))
            for row, name in enumerate(self.rows)
        )

    def described(self, optimizers: Iterable[Optimizer]) -> tuple[ParameterInfo, ...]:
        """Describe the parameters, and which of them these optimisers train."""
        optimised = {id(p) for o in optimizers for g in o.param_groups for p in g["params"]}
        return tuple(
            ParameterInfo(
                name=name,
                shape=() if isinstance(each, UninitializedParameter) else tuple(each.shape),
                kind=str(each.dtype).removeprefix("torch."),
                trained=each.requires_grad and id(each) in optimised,
                shared=tuple(self._shared[number]),
            )
            for number, (name, each) in enumerate(zip(self.names, self.all, strict=True))
        )


def _forward(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """Put names into the order of their calls; one not called stays behind its neighbour."""
    called = {name: place for place, name in enumerate(order)}
    last, places = -1, {}
    for name in names:
        last = places[name] = called.get(name, last)
    return sorted(names, key=places.__getitem__)
