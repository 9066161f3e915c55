"""Every network of torchvision, tapped everywhere, against the same network left alone."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor, nn

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
    x = torch.randn(2, *network.input_shape, generator=torch.Generator().manual_seed(1))
    plain = network.module.eval()(x)
    tapped = network.forward(x, [layer.name for layer in network.layers])
    if tapped.logits is None or not torch.equal(tapped.logits, plain):
        return "the output changes when layers are tapped"
    alone = _hooked(network.module, {layer.name for layer in network.layers}, x)
    for layer in network.layers:
        maps = tapped.activations[layer.name]
        if maps.shape != (2, *layer.shape):
            return f"{layer.name} gives {tuple(maps.shape[1:])}, not {layer.shape}"
        plainly = _as_maps(alone.get(layer.name), layer)
        if plainly is not None and not torch.equal(maps, plainly):
            return f"{layer.name} gives other numbers than its module does"
    if not torch.equal(network.module(x), plain):
        return "the network is changed after the taps are off"
    return ""


def _hooked(module: nn.Module, names: set[str], x: Tensor) -> dict[str, Tensor]:
    """Return what the modules of these names give at their first call, by plain hooks.

    Copied when it is given, before anything can write into it.
    """
    seen: dict[str, Tensor] = {}

    def keep(name: str, output: object) -> None:
        if isinstance(output, Tensor):
            seen.setdefault(name, output.clone())

    handles = [
        part.register_forward_hook(lambda _part, _given, output, name=name: keep(name, output))
        for name, part in module.named_modules()
        if name in names
    ]
    module(x)
    for handle in handles:
        handle.remove()
    return seen


def _as_maps(output: Tensor | None, layer: LayerInfo) -> Tensor | None:
    """Return a module's output as maps; None for tokens, whose place in a map torch cannot tell."""
    if output is None or layer.layout not in (Layout.MAPS, Layout.MAPS_LAST, Layout.VECTOR):
        return None
    if layer.layout is Layout.MAPS_LAST:
        return output.permute(0, 3, 1, 2)
    return output.reshape(len(output), *layer.shape)
