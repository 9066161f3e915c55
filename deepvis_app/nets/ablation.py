"""A unit held at one value: everything behind it answers to what is left. It always comes off."""

from __future__ import annotations

import copy
import dataclasses
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from deepvis_app.nets.directed import DirectedPicture
from deepvis_app.nets.memory import memory, version
from deepvis_app.nets.relu_rules import without_rule
from deepvis_app.nets.taps import part, tensors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from torch import nn
    from torch.utils.hooks import RemovableHandle

    from deepvis_app.nets.pictures import Picture
    from deepvis_app.nets.taps import Keys, Site

# What the passes of this thread are run with: hooks lie on modules that other threads may run.
_AT_WORK: ContextVar[tuple[_Holding, ...]] = ContextVar("ablations", default=())


@contextmanager
def held(
    modules: Mapping[str, nn.Module],
    sites: Collection[Site],
    picture: Picture,
    index: int,
    value: float,
) -> Iterator[None]:
    """Hold a unit's map at a value in the passes that this thread runs meanwhile.

    `sites` are all names that the layer's values go by; `picture` tells which of them are the
    unit's. Modules hand on a copy in which it is replaced, so what comes behind sees it, taps at
    the layer itself too, and the weights stay as they are. A module that writes into its input
    gets the value written there as well, for who goes on with the input.
    """
    holding = _Holding(modules, sites, picture, index, value)
    token = _AT_WORK.set((*_AT_WORK.get(), holding))
    try:
        with ExitStack() as handles:
            for handle in holding.hooks():
                handles.callback(handle.remove)
            yield
    finally:
        _AT_WORK.reset(token)


class _Holding:
    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        sites: Collection[Site],
        picture: Picture,
        index: int,
        value: float,
    ) -> None:
        self._modules, self._picture = modules, picture
        self._index, self._value = index, value
        self._sites: dict[str, list[Site]] = {}
        for site in sites:
            self._sites.setdefault(site.path, []).append(site)
        self._calls: dict[str, int] = {}
        self._given: dict[str, list[tuple[Tensor, int | None]]] = {}
        self._masks: dict[tuple[object, ...], Tensor] = {}
        self._handed_on: Tensor | None = None

    def hooks(self) -> Iterator[RemovableHandle]:
        """Hang the hooks, those of the whole network first: with its call a pass begins."""
        yield self._modules[""].register_forward_pre_hook(self._begin)
        for path in self._sites:
            yield self._before(path)
            yield self._after(path)

    @property
    def _is_at_work(self) -> bool:
        return any(one is self for one in _AT_WORK.get())

    def _begin(self, _module: nn.Module, _args: object) -> None:
        if self._is_at_work:
            self._calls.clear()
            self._given.clear()
            self._handed_on = None

    def _before(self, path: str) -> RemovableHandle:
        def hook(_module: nn.Module, args: Any, kwargs: Any) -> None:
            if self._is_at_work:
                given = tensors([*args, *kwargs.values()])
                self._given[path] = [(tensor, version(tensor)) for _, tensor in given]

        return self._modules[path].register_forward_pre_hook(hook, with_kwargs=True)

    def _after(self, path: str) -> RemovableHandle:
        def hook(module: nn.Module, _args: object, output: object) -> object:
            if not self._is_at_work:
                return None
            call = self._calls[path] = self._calls.get(path, 0) + 1
            given = self._given.pop(path, [])
            with without_rule():
                return self._replaced(path, call, module, given, output)

        return self._modules[path].register_forward_hook(hook)

    def _replaced(
        self,
        path: str,
        call: int,
        module: nn.Module,
        given: list[tuple[Tensor, int | None]],
        output: object,
    ) -> object:
        """Return what the network goes on with; None: with the module's own output."""
        changed = None
        for site in self._sites[path]:
            value = part(output, site.keys) if site.call == call else None
            if value is None or value is self._handed_on:
                continue
            self._handed_on = self._without_unit(value)
            if _has_written(module, value, given):
                # Not counted as a write: what autograd keeps of it is none of the unit's way.
                value.data.copy_(self._handed_on.detach())
            output = changed = _with_part(output, site.keys, self._handed_on)
        return changed

    def _without_unit(self, value: Tensor) -> Tensor:
        """Return a copy of a layer's output in which the unit is held."""
        if isinstance(self._picture, DirectedPicture):
            return self._picture.held(value, self._index, self._value)
        return value.masked_fill(self._mask(value), self._value)

    def _mask(self, value: Tensor) -> Tensor:
        """Return which elements of a layer's output are the unit's, of its shape."""
        key = value.shape, value.stride(), value.device
        if key not in self._masks:
            places = torch.arange(value.numel(), device=value.device).reshape(value.shape)
            own = self._picture.maps(places)[:, self._index].flatten()
            flat = torch.zeros(value.numel(), dtype=torch.bool, device=value.device)
            flat[own] = True
            mask = torch.empty_like(value, dtype=torch.bool)
            self._masks[key] = mask.copy_(flat.reshape(value.shape))
        return self._masks[key]


def _has_written(module: nn.Module, value: Tensor, given: list[tuple[Tensor, int | None]]) -> bool:
    """Tell whether a module's output lies in an input of its that it has written."""
    for tensor, before in given:
        if memory(tensor) == memory(value):
            after = version(tensor)
            return bool(getattr(module, "inplace", False)) if after is None else after != before
    return False


def _with_part(output: object, keys: Keys, tensor: Tensor) -> object:
    """Return an output in which the tensor at the end of the way `keys` is another one."""
    if not keys:
        return tensor
    key, rest = keys[0], keys[1:]
    if isinstance(output, dict):
        name = next(k for k in output if (k if isinstance(k, int) else str(k)) == key)
        twin = copy.copy(output)
        twin[name] = _with_part(output[name], rest, tensor)
        return twin
    if isinstance(output, tuple | list):
        items = list(output)
        items[int(key)] = _with_part(items[int(key)], rest, tensor)
        if isinstance(output, list):
            return items
        make = getattr(type(output), "_make", type(output))
        return make(items)
    held_part = _with_part(getattr(output, str(key)), rest, tensor)
    return dataclasses.replace(output, **{str(key): held_part})  # type: ignore[type-var]
