"""Which layers to offer where a network has many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Layout
from deepvis_app.synth.outermost import outermost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.nets import Network
    from deepvis_app.nets.layers import LayerInfo

_PASSING = ("Pool", "Flatten", "Identity", "Dropout")  # kinds that make nothing of their own
_ASIDE = (Layout.CLASS_TOKEN, Layout.HEADS)
_MIDDLE = 0.45  # of the depth: there a code still has the places, but no longer every detail


def stages(network: Network, count: int = 8) -> tuple[str, ...]:
    """Return up to `count` layers, evenly over the depth, that stand for all of a network.

    Of blocks their ends, of a convolution with its activation the latter, of all layers that give
    class scores the last; no pooling. The first and the last such are always among them.
    """
    found = [*_ends(network)]
    if len(found) <= count:
        return tuple(found)
    last = len(found) - 1
    places = [int(last * k / max(count - 1, 1) + 0.5) for k in range(count)]
    return tuple(found[place] for place in places)


def default_layer(network: Network) -> str:
    """Return the layer to begin with, a little before the middle. `UserError` where none serves."""
    found = [*_ends(network)]
    if not found:
        raise UserError(
            f"{network.name} has no layer that passes gradients back to the picture",
            "Use a network that is not quantised or frozen",
        )
    return found[int((len(found) - 1) * _MIDDLE)]


def chosen_layer(network: Network, name: str) -> str:
    """Return the name of a layer as the network has it; the default for "".

    Raises `UserError` where there is none such.
    """
    return network.layer(name).name if name else default_layer(network)


def _ends(network: Network) -> Iterator[str]:
    """Yield the layers at the ends of stages, in the order in which they are computed."""
    before: LayerInfo | None = None
    placed = [info for info in network.own_layers if info.layout not in _ASIDE]
    for info in outermost(placed or network.own_layers):
        is_score = info.name in network.class_layers and info.name != network.output_layer
        if is_score or network.behaviour.cut(info.name) or _is_passing(network, info):
            continue
        if before is not None and not _only_changes_values(before, info):
            yield before.name
        before = info
    if before is not None:
        yield before.name


def _is_passing(network: Network, info: LayerInfo) -> bool:
    return info.name != network.output_layer and any(word in info.kind for word in _PASSING)


def _only_changes_values(before: LayerInfo, info: LayerInfo) -> bool:
    """Tell whether a layer is an activation or a normalisation of the one before it."""
    is_same = info.shape == before.shape and info.receptive_field == before.receptive_field
    return is_same and not any(word in info.kind for word in ("Conv", "Linear", "Block", "Layer"))
