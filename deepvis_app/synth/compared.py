"""Which layers of a network are compared with photographs: a few, spread over the depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from deepvis_app.nets.layers import Layout
from deepvis_app.synth.outermost import outermost

if TYPE_CHECKING:
    from deepvis_app.nets import LayerInfo, Network

COUNT = 5
_LEAST = 3  # outermost layers; in a network with fewer, the ones inside are looked at
_PASSING = ("Pool", "Dropout", "DropPath", "Identity", "Flatten", "Pad", "Upsample")
_LAYOUTS = (Layout.MAPS, Layout.MAPS_LAST, Layout.TOKENS)


def compared_layers(network: Network, layer: str) -> tuple[str, ...]:
    """Return at most `COUNT` layers before `layer`, from the first to the last such one.

    They are spread evenly over what a network is built of: its outermost modules (blocks, not
    what is in them) that have maps and pass gradients, convolutions behind their activation.
    Pools and the like are left out, and so are layers whose units are classes. Before the very
    first of them there is nothing: then it is that one. None where the network has none.
    """
    order = [info.name for info in network.own_layers]
    wanted = network.base_layer(layer)
    until = order.index(wanted) if wanted in order else len(order)
    blocks = _blocks(network)
    before = [name for name in blocks if order.index(name) < until] or blocks[:1]
    last, count = len(before) - 1, min(len(before), COUNT)
    places = {round(k * last / max(count - 1, 1)) for k in range(count)}
    return tuple(before[place] for place in sorted(places))


def _blocks(network: Network) -> list[str]:
    found = [info for info in network.own_layers if _has_maps(network, info)]
    outer = outermost(found)
    chain = outer if len(outer) >= _LEAST else found
    behind = [*chain[1:], None][: len(chain)]
    return [
        info.name
        for info, following in zip(chain, behind, strict=True)
        if not (following and _only_shapes(following, info))
    ]


def _has_maps(network: Network, info: LayerInfo) -> bool:
    is_passing = any(word in info.kind for word in _PASSING)
    return (
        info.layout in _LAYOUTS
        and min(info.map_size) > 1
        and not is_passing
        and info.name not in network.class_layers
        and not network.behaviour.cut(info.name)
    )


def _only_shapes(info: LayerInfo, before: LayerInfo) -> bool:
    """Tell whether a layer is the norm or the activation of the one before it."""
    is_activation = hasattr(nn.modules.activation, info.kind) and "Attention" not in info.kind
    return (is_activation or "Norm" in info.kind) and info.shape == before.shape
