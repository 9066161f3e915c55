"""Parameters and gradients as real, dense float tensors that can be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.parameter import UninitializedParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

_SHARDED = {"DTensor", "FlatParameter", "ShardedTensor", "LocalTensor"}


def plain(tensor: Tensor) -> Tensor:
    """Return a tensor's values without its graph: sparse ones' stored values, complex as pairs.

    Entries of a sparse gradient that come twice are added first, as an optimiser does.
    """
    if tensor.requires_grad:
        tensor = tensor.detach()
    if tensor.layout == torch.sparse_coo:
        tensor = tensor.coalesce().values()
    elif tensor.layout != torch.strided:
        tensor = tensor.values()
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def dense(tensor: Tensor) -> Tensor:
    """Return the same with the zeros that a sparse one does not store."""
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def size(tensor: Tensor) -> int:
    """Return how many real numbers a tensor stands for, stored or not."""
    if isinstance(tensor, UninitializedParameter):
        return 0
    return tensor.numel() * (2 if tensor.is_complex() else 1)


def is_sharded(tensor: Tensor) -> bool:
    """Tell whether this process holds but a part of a tensor."""
    return any(kind.__name__ in _SHARDED for kind in type(tensor).__mro__)


def groups(tensors: Sequence[Tensor]) -> list[list[int]]:
    """Return which tensors lie on one device and are of one type: those go through one call."""
    found: dict[tuple[torch.device, torch.dtype], list[int]] = {}
    for number, tensor in enumerate(tensors):
        found.setdefault((tensor.device, tensor.dtype), []).append(number)
    return list(found.values())


def norms(tensors: Sequence[Tensor]) -> Tensor:
    """Return the Euclidean norms (n,) of tensors of one device and type.

    Halves are added up as float32: their squares are beyond what a half can hold.
    """
    kind = tensors[0].dtype
    wide = None if kind in (torch.float32, torch.float64) else torch.float32
    return torch.stack(torch._foreach_norm(list(tensors), 2, dtype=wide))  # noqa: SLF001
