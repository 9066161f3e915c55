"""What makes two networks the same: weights, and what is computed with them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.own_code import OwnCode
from deepvis_app.nets.record import record

if TYPE_CHECKING:
    from _hashlib import HASH
    from collections.abc import Callable, Iterable

    from torch import Tensor, nn

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # in a text: another in every process


def fingerprint(
    module: nn.Module,
    run: Callable[[Tensor], object],
    inputs: Callable[[int], Tensor],
    *facts: object,
) -> str:
    """Return the SHA-256 (hex) of all that determines what a network gives.

    That is `facts`, the architecture's text, every weight and buffer byte for byte, every call to
    torch in a pass on `inputs(0)` with its plain arguments (see `record`), and the code of classes
    that are no library's, with the numbers among their attributes (see `OwnCode`). So another
    `forward`, a changed attribute, constant or hook and a write by any way give another one.
    Memory format, device, number of threads and process do not matter. The values of a pass are
    left out: they differ by rounding from device to device.

    Not seen: what code of other languages does differently, and what a library does differently
    on ways that the pass does not take. With classes of one's own it changes with the version of
    Python, as byte code does.

    `run` passes an input through the module; evaluation mode, gradients and random state are the
    caller's.
    """
    return with_weights(without_weights(module, run, inputs, *facts), module)


def without_weights(
    module: nn.Module,
    run: Callable[[Tensor], object],
    inputs: Callable[[int], Tensor],
    *facts: object,
) -> HASH:
    """Return the digest of a `fingerprint` as far as it is known before the weights."""
    code = OwnCode(module)
    before = code.numbers()
    lines = record(module, run, inputs)
    after = code.numbers()  # one that the pass itself changes is a counter, no setting
    numbers = {name: value for name, value in sorted(before.items()) if after.get(name) == value}
    digest = hashlib.sha256()
    for fact in (module, *facts, lines, code.text, numbers):
        digest.update(_ADDRESS.sub("", repr(fact)).encode())
    return digest


def with_weights(begun: HASH, module: nn.Module) -> str:
    """Return the `fingerprint` that a digest of `without_weights` leads to; no torch runs.

    So it is cheap where only the weights are others.
    """
    digest = begun.copy()
    for name, tensor in _state(module):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def nonfinite_weights(module: nn.Module) -> tuple[str, ...]:
    """Return the names of the weights and buffers that hold NaN or infinity."""
    floats = ((n, t) for n, t in _state(module) if t.is_floating_point())
    return tuple(name for name, tensor in floats if not torch.isfinite(tensor).all())


def _state(module: nn.Module) -> Iterable[tuple[str, Tensor]]:
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        yield name, tensor.detach()


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.contiguous().reshape(-1).view(torch.uint8).cpu().numpy().data
