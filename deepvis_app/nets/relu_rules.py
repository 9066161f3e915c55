"""Other backward rules for ReLUs, for as long as a context lasts; the module is not edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor

    Backward = Callable[[Tensor, Tensor], Tensor]

_FRESH = {functional.relu, torch.relu, torch.Tensor.relu, torch.ops.aten.relu.default}
_IN_PLACE = {functional.relu_, torch.relu_, torch.Tensor.relu_, torch.ops.aten.relu_.default}


class ReluRule(TorchFunctionMode):
    """While entered, every ReLU forwards as ever and gives `backward(y, gradient)` backward.

    `y` is what the ReLU gave (above zero exactly where its input was), `gradient` what arrives
    there, of the same shape. Sees modules and functions, in place or not, and the ReLUs of saved
    programs; not those inside compiled or scripted code. `count` is how many it has met. The rule
    goes with the graph: the backward pass may run after the context.
    """

    def __init__(self, backward: Backward) -> None:
        super().__init__()
        self.count = 0
        self._backward = backward

    def __enter__(self) -> ReluRule:
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func not in _FRESH and func not in _IN_PLACE:
            return func(*args, **kwargs)
        self.count += 1
        x, in_place = _arguments(*args, **kwargs)
        return _Ruled.apply(x, self._backward, in_place or func in _IN_PLACE)


def relu_rule(backward: Backward) -> ReluRule:
    """Return a context in which ReLUs have that backward rule: see `ReluRule`."""
    return ReluRule(backward)


def without_rule() -> AbstractContextManager[object]:
    """Return a context for work within a rule that holds no ReLU: its calls are not looked at."""
    return torch._C.DisableTorchFunction()  # noqa: SLF001 - as PyTorch's notes on extending say


def _arguments(input: Tensor, inplace: bool = False) -> tuple[Tensor, bool]:  # noqa: A002
    """Return a ReLU's arguments, however they are passed."""
    return input, inplace


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
