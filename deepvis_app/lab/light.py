"""Optimisers that are there at once."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_GUARDED = ("step", "add_param_group", "zero_grad", "state_dict", "load_state_dict")


@cache
def light(kind: type[torch.optim.Optimizer]) -> Callable[..., torch.optim.Optimizer]:
    """Return a kind of optimiser that does the same without torch's compiler.

    torch's own load it (`torch._dynamo`, two seconds and 100 MB) when the first one is made, only
    to tell it to keep out of these methods. What they give is the same to the bit; a step that is
    to be compiled needs torch's own.
    """
    bare = {name: inspect.unwrap(getattr(kind, name)) for name in _GUARDED}
    bare["step"] = torch.no_grad()(bare["step"])  # as what was around it had seen to
    return type(kind.__name__, (kind,), bare)
