"""A pass through somebody's network that leaves no trace in it, nor in the random state."""

from __future__ import annotations

import random
from collections import OrderedDict, deque
from contextlib import ExitStack, contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_TABLES = {"_parameters", "_buffers", "_modules", "training"}  # of a module; kept by themselves
_CONTAINERS = (list, dict, OrderedDict, set, deque)


@contextmanager
def untouched(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Put modules and random states back to what they are now, also after an error.

    That is, of each module: its mode, its buffers by identity and value, its attributes, tensors
    and plain containers among them by value, its parameters by identity, with `requires_grad` and
    `.grad`. And Python's, NumPy's and torch's random states, those of the modules' devices.
    What a forward pass writes *into* its parameters, or outside of the network, stays.
    """
    every = list({id(m): m for module in modules for m in module.modules()}.values())
    kept = [_Kept(module) for module in every]
    devices = {p.device for m in every for p in m._parameters.values() if p is not None}  # noqa: SLF001
    state, numbers = random.getstate(), np.random.get_state()  # noqa: NPY002 - it is the user's
    cuda = [d.index or 0 for d in devices if d.type == "cuda"]
    try:
        with torch.random.fork_rng(cuda):
            yield
    finally:
        random.setstate(state)
        np.random.set_state(numbers)  # noqa: NPY002
        for each in kept:
            each.restore()


@contextmanager
def quiet(device: torch.device) -> Iterator[None]:
    """Run without gradients and without autocast."""
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        for kind in {device.type, "cpu"}:
            if torch.amp.is_autocast_available(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        yield


def root_of(model: nn.Module) -> nn.Module:
    """Return the network inside what compiles or spreads it."""
    while True:
        if "_orig_mod" in model._modules:  # noqa: SLF001 - of torch.compile
            model = model.get_submodule("_orig_mod")
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        else:
            return model


class _Kept:
    """What one module is now."""

    def __init__(self, module: nn.Module) -> None:
        own = vars(module)
        self._module = module
        self._training = module.training
        self._attributes = {k: v for k, v in own.items() if k not in _TABLES}
        self._tables = {k: dict(own[k]) for k in ("_parameters", "_buffers", "_modules")}
        self._contents = [(v, copy(v)) for v in self._attributes.values() if type(v) in _CONTAINERS]
        self._values = [
            (each, each.detach().clone())
            for each in (*module._buffers.values(), *self._attributes.values())  # noqa: SLF001
            if isinstance(each, Tensor) and not isinstance(each, nn.Parameter)
        ]
        self._gradients: Sequence[tuple[Tensor, bool, Tensor | None]] = [
            (p, p.requires_grad, p.grad)
            for p in module._parameters.values()  # noqa: SLF001
            if p is not None
        ]

    def restore(self) -> None:
        own = vars(self._module)
        for name in own.keys() - self._attributes.keys() - _TABLES:
            del own[name]
        own.update(self._attributes)
        own["training"] = self._training
        for name, table in self._tables.items():
            _refill(own[name], table)
        for container, content in self._contents:
            _refill(container, content)
        with torch.no_grad():
            for each, value in self._values:
                if each.device.type != "cpu" or not torch.equal(each, value):
                    each.copy_(value)
        for parameter, wants, gradient in self._gradients:
            if parameter.requires_grad != wants:
                parameter.requires_grad_(wants)
            if parameter.grad is not gradient:
                parameter.grad = gradient


def _refill(container: Any, content: Any) -> None:
    """Give a container back what it held, where that is not the same objects any more."""
    if isinstance(container, dict):
        before, now = list(content.items()), list(container.items())
        same = [k for k, _ in before] == [k for k, _ in now] and _same(
            content.values(), container.values()
        )
    else:
        same = _same(content, container)
    if not same:
        container.clear()
        (container.extend if isinstance(container, list | deque) else container.update)(content)


def _same(one: Collection[Any], other: Collection[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
