"""Where a class of the predictions is to be found among the units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.nets import Unit

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def class_unit(network: Network, index: int) -> Unit | None:
    """Return the unit that gives a class score, None where `no_class_unit` says why not."""
    layer = network.output_layer or network.maps_layer
    if layer is None or no_class_unit(network):
        return None
    return Unit(layer, index) if index < network.layer(layer).unit_count else None


def no_class_unit(network: Network) -> str:
    """Return why the classes have no unit to look at, "" where they have."""
    layer = network.output_layer or network.maps_layer
    if layer is None:
        return "No layer gives this network's scores: they are made after its last one"
    name = network.layer(layer).name
    if name not in {info.name for info in network.layers}:
        return f"The layer {name}, which gives the scores, is not among those that are listed"
    return ""
