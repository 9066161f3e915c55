"""Every network of torchvision, tapped everywhere, against the same network left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from deepvis_app.errors import UserError
from deepvis_app.nets import LayerInfo, Layout, Network, load_network
from deepvis_app.nets.zoo import zoo_names

__all__ = ["ZooResult", "check_network", "find_difference", "zoo_names"]


@dataclass(frozen=True, slots=True)
class ZooResult:
    """What tapping all layers of one network showed; `problem` is empty when all was well."""

    net: str
    layers: int = 0
    seconds: float = 0.0
    problem: str = ""


def check_network(name: str) -> ZooResult:
    """Load `torchvision:name` with random weights and compare tapped passes with plain ones."""
    started = perf_counter()
    try:
        network = load_network(f"torchvision:{name}@none")
        problem = find_difference(network)
    except UserError as error:
        return ZooResult(name, problem=str(error))
    seconds = round(perf_counter() - started, 1)
    return ZooResult(name, len(network.layers), seconds, problem)


@torch.no_grad()
def find_difference(network: Network) -> str:
    """Return how a pass with all layers tapped differs from the module called alone; "" if not."""
    x = torch.randn(1, *network.input_shape, generator=torch.Generator().manual_seed(1))
    plain = network.module.eval()(x)
    tapped = network.forward(x, [layer.name for layer in network.layers])
    if tapped.logits is None or not torch.equal(tapped.logits, plain):
        return "the output changes when layers are tapped"
    for layer in network.layers:
        shape = tuple(tapped.activations[layer.name].shape[1:])
        if shape != layer.shape:
            return f"{layer.name} gives {shape}, not {layer.shape}"
    if lies := _differing(network, tapped.activations, x):
        return f"{lies[0]} gives other numbers than its module does"
    if not torch.equal(network.module(x), plain):
        return "the network is changed after the taps are off"
    return ""


def _differing(network: Network, activations: Mapping[str, Tensor], x: Tensor) -> list[str]:
    """Return the layers whose `activations` are not what plain hooks on the modules see.

    Compared when a module gives its output, before anything can write into it, and only at its
    first call.
    """
    waiting = {layer.name: layer for layer in network.layers}
    lies: list[str] = []

    def compare(name: str, output: object) -> None:
        layer = waiting.pop(name, None)
        maps = _as_maps(output, layer) if layer else None
        if maps is not None and not torch.equal(maps, activations[name]):
            lies.append(name)

    handles = [
        part.register_forward_hook(lambda _part, _given, output, name=name: compare(name, output))
        for name, part in network.module.named_modules()
        if name in waiting
    ]
    network.module(x)
    for handle in handles:
        handle.remove()
    return lies


def _as_maps(output: object, layer: LayerInfo) -> Tensor | None:
    """Return a module's output as maps; None for tokens, whose place in a map torch cannot tell."""
    if not isinstance(output, Tensor):
        return None
    if layer.layout is Layout.MAPS_LAST:
        return output.permute(0, 3, 1, 2)
    if layer.layout in (Layout.MAPS, Layout.VECTOR):
        return output.reshape(len(output), *layer.shape)
    return None
