"""Does a network really give what its taps say? A second, independent way to look."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.probe import OUTPUT
from deepvis_app.nets.taps import hook_count, tensors

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets.network import Network


@dataclass(frozen=True, slots=True)
class TapCheck:
    """What a comparison of all taps with a reference showed."""

    layers: int  # compared
    worst: float  # largest difference of any value, 0 when every bit is the same
    wrong: tuple[str, ...]  # layers with a difference, or with another shape than told
    same_output: bool  # the tapped pass gives the untapped one's output, bit for bit
    hooks_left: int


def check_taps(network: Network, x: Tensor | None = None) -> TapCheck:
    """Tap every layer of a network in one pass and compare with a copy of its module.

    On the copy, plain hooks clone every output the moment it is made. `x` (N, C, H, W) defaults to
    seeded noise; bits are only equal where torch itself gives the same twice.
    """
    if x is None:
        generator = torch.Generator().manual_seed(1)
        x = torch.rand(2, *network.input_shape, generator=generator)
    x = x.to(network.device, network.dtype)
    before = hook_count(network.module)
    with torch.no_grad():
        plain = network.forward(x)
        tapped = network.forward(x, [info.name for info in network.layers])
    reference = _reference(network, x)
    differences = {
        name: _difference(value, reference[name.removesuffix("/class")])
        for name, value in tapped.raw.items()
    }
    misshapen = {
        info.name
        for info in network.layers
        if tapped.activations[info.name].shape != (len(x), *info.shape)
    }
    wrong = [name for name, worst in differences.items() if worst > 0 or name in misshapen]
    same = (plain.logits is None) == (tapped.logits is None)
    if same and plain.logits is not None and tapped.logits is not None:
        same = torch.equal(plain.logits, tapped.logits)
    left = hook_count(network.module) - before
    return TapCheck(
        len(differences), max(differences.values(), default=0.0), tuple(wrong), same, left
    )


def _reference(network: Network, x: Tensor) -> dict[str, Tensor]:
    """Return every module's outputs by layer name, as hooks of a copy see and clone them."""
    module = copy.deepcopy(network.module).eval()
    calls: Counter[str] = Counter()
    found: dict[str, Tensor] = {}

    def watch(path: str, output: object) -> None:
        calls[path] += 1
        call = f":{calls[path]}" if calls[path] > 1 else ""
        for keys, tensor in tensors(output):
            name = "/".join([(path or OUTPUT) + call, *map(str, keys)])
            found[name] = tensor.clone()

    for path, part in module.named_modules():
        part.register_forward_hook(lambda _m, _args, output, path=path: watch(path, output))
    with torch.no_grad():
        module(x)
    return found


def _difference(tapped: Tensor, reference: Tensor) -> float:
    if tapped.shape != reference.shape:
        return float("inf")
    same = (tapped == reference) | (tapped.isnan() & reference.isnan())
    return float((tapped - reference).abs().masked_fill(same, 0.0).max())
