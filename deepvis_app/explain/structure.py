"""What a network's forward pass is made of, as far as methods depend on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch

from deepvis_app.nets.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import nn
    from torch.utils.hooks import RemovableHandle

    from deepvis_app.nets import Network

RELU = "ReLU"
_ACTIVATIONS = {
    "relu": RELU, "relu6": "ReLU6", "hardtanh": "Hardtanh", "gelu": "GELU", "silu": "SiLU",
    "hardswish": "Hardswish", "leaky_relu": "LeakyReLU", "prelu": "PReLU", "elu": "ELU",
    "selu": "SELU", "celu": "CELU", "mish": "Mish", "softplus": "Softplus", "tanh": "Tanh",
}  # fmt: skip


@dataclass(slots=True)
class Structure:
    """What one pass met.

    `activations` counts functions that do a ReLU's work, wherever they are called. `loose` are the
    names of functions that the network calls itself, outside of any module without children.
    `kinds` are the classes of the modules without children that ran, `repeated` the paths of those
    that ran more than once.
    """

    activations: Counter[str] = field(default_factory=Counter)
    loose: set[str] = field(default_factory=set)
    kinds: set[type[nn.Module]] = field(default_factory=set)
    repeated: tuple[str, ...] = ()

    def other_activations(self) -> str:
        """Return the names of the activations that are no ReLU, in words."""
        return " and ".join(sorted(set(self.activations) - {RELU}))


_known: WeakKeyDictionary[Network, Structure] = WeakKeyDictionary()


def structure(network: Network) -> Structure:
    """Return what the network is made of: one pass over an even picture, once a network."""
    if network not in _known:
        _known[network] = _look(network)
    return _known[network]


def _look(network: Network) -> Structure:
    watch = _Watch()
    x = torch.zeros(1, *network.input_shape)
    handles = list(watch.listen(network.module))
    try:
        with torch.no_grad(), watch:
            network.forward(x)
    finally:
        for handle in handles:
            handle.remove()
    watch.found.repeated = tuple(path for path, calls in watch.calls.items() if calls > 1)
    return watch.found


class _Watch(Calls):
    """Notes functions; hooks tell it when a module without children runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found = Structure()
        self.calls: Counter[str] = Counter()
        self._running = False  # the network itself, not what prepares its input
        self._leaves = 0

    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        name = getattr(func, "__name__", str(func)).split(".")[0]
        kind = _ACTIVATIONS.get(name.rstrip("_"))
        if kind == "Hardtanh" and 6.0 in (*args[1:], *kwargs.values()):
            kind = "ReLU6"
        if self._running and kind:
            self.found.activations[kind] += 1
        if self._running and not self._leaves:
            self.found.loose.add(name)
        return func(*args, **kwargs)

    def listen(self, module: nn.Module) -> Iterator[RemovableHandle]:
        for path, part in module.named_modules():
            if part is module:
                yield part.register_forward_pre_hook(lambda *_: self._run(True))
                yield part.register_forward_hook(lambda *_: self._run(False))
            if not any(part.children()) and not isinstance(part, torch.jit.ScriptModule):
                yield part.register_forward_pre_hook(lambda *_, path=path: self._enter(path))
                yield part.register_forward_hook(self._leave)

    def _run(self, running: bool) -> None:
        self._running = running

    def _enter(self, path: str) -> None:
        self._leaves += 1
        self.calls[path] += 1

    def _leave(self, part: nn.Module, *_: object) -> None:
        self._leaves -= 1
        self.found.kinds.add(type(part))
