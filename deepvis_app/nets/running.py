"""Call a network so that its numbers are those of a plain pass of a fresh copy."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch.func import functional_call

from deepvis_app.nets.chance import Chance
from deepvis_app.nets.checkpoints import plain_checkpoints
from deepvis_app.nets.taps import claimed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from torch import Tensor, nn

    from deepvis_app.nets.behaviour import Behaviour

_HOOKS = (
    *("_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    *("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"),
    *("_backward_hooks", "_backward_pre_hooks"),
)


class Manner:
    """How a network is called that behaves in a way of its own."""

    def __init__(
        self,
        behaviour: Behaviour,
        module: nn.Module,
        parts: Iterable[nn.Module],
        device: torch.device,
    ) -> None:
        self._behaviour, self._module, self._parts = behaviour, module, tuple(parts)
        self._chance = Chance(self._parts, device) if behaviour.is_random else None

    def __call__(self, x: Tensor) -> object:
        behaviour = self._behaviour
        with ExitStack() as stack:
            if behaviour.is_random or behaviour.keeps_attributes or behaviour.written_buffers:
                stack.enter_context(claimed(self._parts))
            if self._chance is not None:
                stack.enter_context(self._chance.fixed())
            if behaviour.keeps_attributes:
                stack.enter_context(attributes_kept(self._parts))
            if behaviour.has_checkpoints:
                stack.enter_context(plain_checkpoints())
            if behaviour.severed and torch.is_grad_enabled():
                # Values made in inference mode go through layers that need not keep them.
                stack.enter_context(weights_at_rest(self._module))
            given = x.clone() if behaviour.writes_input else x
            return called(self._module, given, behaviour.written_buffers)


def called(module: nn.Module, x: Tensor, written: Collection[str]) -> object:
    """Call a module; the buffers that it writes, by name, are copies for this call."""
    if not written:
        return module(x)
    buffers = dict(module.named_buffers(remove_duplicate=False))
    return functional_call(module, {name: buffers[name].clone() for name in written}, (x,))


class Written:
    """The names of the buffers that were written, known once the context is left."""

    def __init__(self) -> None:
        self.names: list[str] = []


@contextmanager
def buffers_kept(module: nn.Module) -> Iterator[Written]:
    """Give buffers that are written meanwhile their values back."""
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    written = Written()
    try:
        yield written
    finally:
        with torch.no_grad():
            for name, buffer in module.named_buffers():
                if name in before and not torch.equal(buffer, before[name]):
                    buffer.copy_(before[name])
                    written.names.append(name)


class Changed:
    """Whether attributes were set or exchanged, known once the context is left."""

    found = False


@contextmanager
def attributes_kept(parts: Iterable[nn.Module]) -> Iterator[Changed]:
    """Give modules the attributes back that they had before, such as a counter or a last value.

    The same for hooks: who notes in an attribute that hooks were set would set them again.
    """
    parts = tuple(parts)
    before = [(vars(part), dict(vars(part))) for part in parts]
    hooks = [(kept, dict(kept)) for part in parts for kept in _hooks(part)]
    changed = Changed()
    try:
        yield changed
    finally:
        for now, then in before:
            if now.keys() == then.keys() and all(now[key] is then[key] for key in then):
                continue
            changed.found = True
            now.clear()
            now.update(then)
        for now, then in hooks if changed.found else ():  # else they may be another thread's
            now.clear()
            now.update(then)


def _hooks(part: nn.Module) -> list[dict[Any, Any]]:
    return [kept for name, kept in vars(part).items() if name in _HOOKS]


@contextmanager
def weights_at_rest(module: nn.Module) -> Iterator[None]:
    """Let weights collect no gradients; each gets its own setting back."""
    learning = [p for p in module.parameters() if p.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)
