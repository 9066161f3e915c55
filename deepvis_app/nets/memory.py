"""How torch keeps tensors: which share memory, and which were written in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def version(tensor: Tensor) -> int | None:
    """Return how often the tensor's memory was written; None where torch does not count."""
    return None if tensor.is_inference() else tensor._version  # noqa: SLF001 - no public name
