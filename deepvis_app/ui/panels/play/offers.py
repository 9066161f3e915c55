"""What the choosers of a technique's settings offer: layers, units, classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.nets import Unit
from deepvis_app.state.play import class_count
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup, Offer
from deepvis_app.words.classes import class_name
from deepvis_app.words.quantities import shape_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.fields import FormField
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Spec

NONE = "-1"  # the key of no unit, no class
ANY = {  # what no class is, by the field's title
    "Towards": "any other class",
    "Class": "what it sees now",
    "Away from": "what it says now",
}


def choosers(fields: Sequence[FormField]) -> tuple[str, ...]:
    """Return the paths of the settings that are chosen from what the network has."""
    return tuple(each.path for each in fields if _kind(each))


def _kind(field: FormField) -> str:
    """Return "layer", "unit" or "class" for what names one; "" for other settings."""
    name = field.path.rpartition(".")[2]
    if field.kind == "text" and name.endswith("layer"):
        return "layer"
    kinds = {"unit": "unit", "index": "one unit", "target": "class", "label": "class"}
    return kinds.get(name, "") if field.kind == "int" else ""


def offer_of(field: FormField, wanted: Spec, in_force: Spec, network: Network) -> Offer:
    """Return a chooser's list. `wanted` are the settings as chosen, `in_force` as they are used."""
    kind, value = _kind(field), field.value(wanted)
    used = field.value(in_force)
    if kind == "layer":
        return _layers(field, value, used, network)
    layer = str(getattr(in_force, "layer", ""))
    if kind == "unit":
        return _units(value if value == used else -1, layer, network)
    if kind == "one unit":
        return _one_unit(used, layer, network, follows=layer != getattr(wanted, "layer", ""))
    return _classes(field, value if value == used else -1, network)


def _layers(field: FormField, value: str, used: str, network: Network) -> Offer:
    names = {info.name: info for info in network.layers}
    choices = tuple(Choice(info.name, info.name, shape_text(info)) for info in network.layers)
    title = "The picked layer" if used else "The usual one"
    follows = Choice("", title, used if value not in names else "")
    is_picked = used and value not in names
    detail = f"picked {field.title.lower()}" if is_picked else field.title.lower()
    return Offer(
        (ChoiceGroup("", (follows,)), ChoiceGroup("Layers", choices)),
        value if value in names else "",
        used or "usual",
        detail,
    )


def _units(value: int, layer: str, network: Network) -> Offer:
    choices = _of_layer(layer, network)
    every = f"all {len(choices)}" if choices else "all"
    groups = (ChoiceGroup("", (Choice(NONE, every),)), ChoiceGroup("Units", choices))
    return Offer(groups, str(value), every if value < 0 else f"unit {value}", "units")


def _one_unit(used: int, layer: str, network: Network, *, follows: bool) -> Offer:
    groups = (ChoiceGroup("Units", _of_layer(layer, network)),)
    return Offer(groups, str(used), f"unit {used}", "picked unit" if follows else "unit")


def _of_layer(layer: str, network: Network) -> tuple[Choice, ...]:
    names = {info.name: info for info in network.layers}
    count = names[layer].unit_count if layer in names else 0
    return tuple(
        Choice(str(k), f"unit {k}", network.unit_label(Unit(layer, k)) or "") for k in range(count)
    )


def _classes(field: FormField, value: int, network: Network) -> Offer:
    count, none = class_count(network), ANY.get(field.title, "none")
    choices = tuple(Choice(str(k), class_name(network, k), f"{k}") for k in range(count))
    groups = (ChoiceGroup("", (Choice(NONE, none),)), ChoiceGroup("Classes", choices))
    title = none if value < 0 else class_name(network, value)
    return Offer(groups, str(value), title, field.title.lower())
