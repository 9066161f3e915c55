"""Which layers of a network a technique takes where none is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis_app.nets.layers import Layout
from deepvis_app.synth.outermost import outermost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.nets import LayerInfo, Network

_WITHOUT_PLACE = (Layout.VECTOR, Layout.CLASS_TOKEN, Layout.SEQUENCE, Layout.HEADS)
# By class: what comes before the values that are passed on.
_IN_BETWEEN = re.compile(r"Conv\dd|Linear|\w*Norm(\dd)?|\w*Pool\w*|Dropout(\dd)?|Identity|Flatten")
_ENOUGH = 4


def trunk(network: Network) -> tuple[LayerInfo, ...]:
    """Return the layers that carry a picture on from stage to stage, in order.

    They have maps, and are neither classes nor a step on the way to such a layer: no convolution
    before its ReLU, no norm, no pool, nothing within a block, nor a squeeze (fewer units than one
    before). Where none is left, all that have maps.
    """
    placed = [
        info
        for info in network.own_layers
        if info.layout not in _WITHOUT_PLACE
        and min(info.map_size) > 1
        and info.name not in network.class_layers
    ]
    passed = [info for info in placed if not _IN_BETWEEN.fullmatch(info.kind)]
    outer = outermost(passed)
    widest, found = 0, []
    for info in outer if len(outer) >= _ENOUGH else passed:
        if info.unit_count >= widest:
            found.append(info)
            widest = info.unit_count
    return tuple(found or placed or network.own_layers)


def at_depth(layers: Sequence[LayerInfo], share: float) -> LayerInfo:
    """Return the layer at a share of the way, 0 the first and 1 the last."""
    return layers[round(share * (len(layers) - 1))]


def spaced(layers: Sequence[LayerInfo], count: int, share: float) -> tuple[str, ...]:
    """Return the names of up to `count` layers, evenly from the first to a share of the way."""
    shares = [share * k / max(count - 1, 1) for k in range(count)]
    return tuple(dict.fromkeys(at_depth(layers, one).name for one in shares))
