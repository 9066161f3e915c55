"""What makes two networks the same: weights, architecture, preprocessing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.memory import version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn


def fingerprint(module: nn.Module, *facts: object) -> str:
    """Return the SHA-256 (hex) of every weight and buffer, the architecture's text and `facts`.

    Memory format and device do not matter; one changed weight does.
    """
    digest = hashlib.sha256()
    for fact in (module, *facts):
        digest.update(repr(fact).encode())
    for name, tensor in _state(module):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def state_version(module: nn.Module) -> tuple[tuple[int, int | None], ...]:
    """Return a quick token that changes when torch writes to or exchanges a weight."""
    return tuple((t.data_ptr(), version(t)) for _, t in _state(module))


def nonfinite_weights(module: nn.Module) -> tuple[str, ...]:
    """Return the names of the weights and buffers that hold NaN or infinity."""
    floats = ((n, t) for n, t in _state(module) if t.is_floating_point())
    return tuple(name for name, tensor in floats if not torch.isfinite(tensor).all())


def _state(module: nn.Module) -> Iterable[tuple[str, Tensor]]:
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        yield name, tensor.detach()


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.contiguous().reshape(-1).view(torch.uint8).cpu().numpy().data
