"""Linear layers that follow one another with nothing but linear things between them.

Found by what is given on: the tensor that one module returned is the very one that the next takes.
An activation that is called as a function in between makes another tensor (or changes this one's
version), so that nothing is claimed there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
#: Modules that are linear maps in evaluation mode, or none at all.
CARRIERS = (
    nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d,
    nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d,
    nn.AdaptiveAvgPool3d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d,
)  # fmt: skip


def unactivated_pairs(model: Module, x: Tensor) -> tuple[tuple[tuple[str, str], ...], Any]:
    """Return pairs of layers with no activation between them, and the network's output.

    Left out, as they are meant so: a bottleneck (fewer values between than before and after, as in
    low-rank factors), and convolutions that are 1 x 1 or a channel each (separable ones).
    """
    source: dict[tuple[int, int], tuple[str, Module, Tensor]] = {}
    pairs: list[tuple[str, str]] = []
    names = {module: name for name, module in model.named_modules()}

    def after(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        given = inputs[0] if inputs else None
        if not isinstance(given, torch.Tensor) or not isinstance(output, torch.Tensor):
            return
        before = source.get(_key(given))
        if isinstance(module, LINEAR):
            if before is not None and _is_mistake(before[1], module):
                pairs.append((before[0], names[module]))
            # The tensor is kept beside its place in memory, which nothing else can take meanwhile.
            source[_key(output)] = (names[module], module, output)
        elif before is not None and isinstance(module, CARRIERS):
            source[_key(output)] = (before[0], before[1], output)
        else:
            source.pop(_key(output), None)

    leaves = [module for module in model.modules() if not any(True for _ in module.children())]
    hooks = [module.register_forward_hook(after) for module in leaves]
    try:
        output = model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(dict.fromkeys(pairs)), output


def _key(tensor: Tensor) -> tuple[int, int]:
    """Tell a value by where it lies and how often it was written over: views are the same."""
    return tensor.data_ptr(), tensor._version  # noqa: SLF001 - the only counter there is


def _is_mistake(first: Module, second: Module) -> bool:
    if isinstance(first, nn.Linear) and isinstance(second, nn.Linear):
        between = first.out_features
        return not (between < first.in_features and between < second.out_features)
    return all(_is_whole(module) for module in (first, second))


def _is_whole(module: Module) -> bool:
    if isinstance(module, nn.Linear):
        return True
    assert isinstance(module, LINEAR[1:])
    return math.prod(module.kernel_size) > 1 and module.groups == 1
