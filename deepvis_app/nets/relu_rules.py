"""Other backward rules for ReLUs, for as long as a context lasts; the module is not edited."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from deepvis_app.nets.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor

    Backward = Callable[[Tensor, Tensor], Tensor]
    Passes = Callable[[Tensor], Tensor]

_FRESH = {functional.relu, torch.relu, torch.Tensor.relu, torch.ops.aten.relu.default}
_IN_PLACE = {functional.relu_, torch.relu_, torch.Tensor.relu_, torch.ops.aten.relu_.default}


class ReluRule(Calls):
    """While entered, every ReLU is `relu(x, in_place)`: the same values, another way back.

    Sees modules and functions, in place or not, and the ReLUs of saved programs; not those inside
    compiled or scripted code. `count` is how many it has met. The rule goes with the graph: the
    backward pass may run after the context.
    """

    def __init__(self, relu: Callable[[Tensor, bool], Tensor]) -> None:
        super().__init__()
        self.count = 0
        self._relu = relu

    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        if func not in _FRESH and func not in _IN_PLACE:
            return func(*args, **kwargs)
        self.count += 1
        x, in_place = _arguments(*args, **kwargs)
        return self._relu(x, in_place or func in _IN_PLACE)


def relu_rule(backward: Backward) -> ReluRule:
    """Return a context in which ReLUs give `backward(y, gradient)` backward.

    `y` is what the ReLU gave (above zero exactly where its input was), `gradient` what arrives
    there, of the same shape.
    """
    return ReluRule(partial(_ruled, backward))


def relu_filter(passes: Passes) -> ReluRule:
    """Return a context in which `passes` has what ReLUs give backward, and gives what goes on.

    It may write into what it gets. Much cheaper than a `relu_rule` that does the same.
    """
    return ReluRule(partial(_filtered, passes))


def without_rule() -> AbstractContextManager[object]:
    """Return a context for work within a rule that holds no ReLU: its calls are not looked at."""
    return torch._C.DisableTorchFunction()  # noqa: SLF001 - as PyTorch's notes on extending say


def _arguments(input: Tensor, inplace: bool = False) -> tuple[Tensor, bool]:  # noqa: A002
    """Return a ReLU's arguments, however they are passed."""
    return input, inplace


def _ruled(backward: Backward, x: Tensor, in_place: bool) -> Tensor:
    y: Tensor = _Ruled.apply(x, backward, in_place)
    return y


def _filtered(passes: Passes, x: Tensor, in_place: bool) -> Tensor:
    if in_place and x._is_view():  # noqa: SLF001 - then the ReLU is not the last of y's history
        return _ruled(lambda y, g: passes(torch.ops.aten.threshold_backward(g, y, 0)), x, in_place)
    y = x.relu_() if in_place else x.relu()
    if y.grad_fn is not None:
        y.grad_fn.register_hook(
            lambda found, _: tuple(g if g is None else passes(g) for g in found)
        )
    return y


class _Ruled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, backward: Backward, in_place: bool) -> Tensor:
        y = x.relu_() if in_place else x.relu()
        if in_place:
            ctx.mark_dirty(x)
        ctx.save_for_backward(y)
        ctx.rule = backward
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (y,) = ctx.saved_tensors
        return ctx.rule(y, gradients[0]), None, None
