"""How torch keeps tensors: which share memory, and which were written in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

    View = tuple[object, ...]


def memory(tensor: Tensor) -> int:
    """Return what tells the tensor's memory from all other memory that is in use."""
    if tensor.layout is not torch.strided:
        return id(tensor)
    return int(tensor.untyped_storage()._cdata)  # noqa: SLF001 - no public name


def view(tensor: Tensor) -> View:
    """Return how the tensor lies in its memory."""
    if tensor.layout is not torch.strided:
        return (tensor.shape,)
    return tensor.storage_offset(), tensor.shape, tensor.stride()


def may_overlap(one: View, other: View) -> bool:
    """Tell whether two views of one memory may show the same values."""
    if len(one) != 3 or len(other) != 3:
        return True
    first, second = _reach(*one), _reach(*other)
    return first[0] <= second[1] and second[0] <= first[1]


def _reach(offset: Any, shape: Any, stride: Any) -> tuple[int, int]:
    """Return the first and the last element that a view shows."""
    return offset, offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))


def version(tensor: Tensor) -> int | None:
    """Return how often the tensor's memory was written; None where torch does not count."""
    return None if tensor.is_inference() else tensor._version  # noqa: SLF001 - no public name
