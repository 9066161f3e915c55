"""From what is known of a unit's weights to the lines of the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.panels.weights.shown import ClassRow, SumLines, UnitRow
from deepvis_app.words.classes import class_name
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.weights import Incoming, Outgoing, UnitWeights
    from deepvis_app.engine.readers import Part, Sum
    from deepvis_app.nets import Network

COLOURS = ("R", "G", "B")
FEW = 10  # classes that are all listed, with their bias
ENDS = 4  # else the best and the worst
NEARLY = 1e-4  # what is less of all that is added up is not told


def signed(value: float) -> str:
    """Return a figure with its sign: +548, −361, 0."""
    return f"+{figure(value)}" if value > 0 else figure(value)


def count_text(count: int, what: str = "unit") -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def input_word(weights: UnitWeights) -> str:
    """Return what an input is: a unit, or a channel of the picture itself."""
    return "channel" if list(_layers(weights)) == [""] else "unit"


def sum_lines(found: Sum, what: str = "unit") -> SumLines:
    return SumLines(
        found.plus,
        found.minus,
        found.bias,
        found.total,
        signed(found.plus),
        signed(found.minus),
        figure(found.total),
        count_text(found.plus_count, what),
        count_text(found.minus_count, what),
        f"bias {_bias_text(found)}",
    )


def _bias_text(found: Sum) -> str:
    size = found.plus - found.minus
    return "0" if abs(found.bias) < NEARLY * size else signed(found.bias)


def sum_note(found: Sum, after: Sequence[str]) -> str:
    """Return what is done to the sum, and whether it is the network's own; "": nothing to say."""
    notes = []
    if after and abs(found.value - found.total) > NEARLY * (found.plus - found.minus):
        what = ", then ".join(after)
        notes.append(f"{what[:1].upper()}{what[1:]} makes {figure(found.value)} of it")
    if not found.is_exact:
        notes.append(
            f"the network’s own value differs by {100 * found.error:.2g} % of what is added up"
        )
    text = "; ".join(notes)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


# Incoming


def incoming_title(weights: UnitWeights) -> str:
    """Return whose units come in: "Incoming · squeeze"."""
    layers = [short(name, weights.unit.layer) or "picture" for name in _layers(weights)]
    return f"Incoming{_named(layers)}"


def short(layer: str, beside: str) -> str:
    """Return a layer's name without the folders that it shares with another's."""
    own, other = layer.split("."), beside.split(".")
    while len(own) > 1 and other and own[0] == other[0]:
        own, other = own[1:], other[1:]
    return ".".join(own)


def _named(layers: Sequence[str]) -> str:
    names = list(dict.fromkeys(layers))
    more = f" + {len(names) - 1} more" if len(names) > 1 else ""
    return f" · {names[0]}{more}" if names else ""


def _layers(weights: UnitWeights) -> Iterator[str]:
    for each in weights.incoming:
        yield from each.inputs.layers


def incoming_detail(weights: UnitWeights, shown: int) -> str:
    total = sum(len(each.inputs) for each in weights.incoming)
    through = list(dict.fromkeys(t for each in weights.incoming for t in each.inputs.through))
    behind = f" · behind {', '.join(through)}" if through else ""
    return f"{shown} of {total}{behind}"


def strength_detail(pictures: int) -> str:
    """Return by what inputs are ordered, where so many pictures say how active each is."""
    return f"length × RMS on {pictures} pictures" if pictures else "length"


def now_row(network: Network, weights: UnitWeights, part: Part) -> UnitRow:
    """Return the line of an input with what it gives now."""
    incoming = weights.incoming[part.term]
    name, layer, unit = _whose(network, incoming, part.entry)
    tip = (
        f"{_place(name, layer)} gives {signed(part.value)}: its kernel's length is "
        f"{figure(float(incoming.norms[part.entry]))}"
    )
    return UnitRow(
        name,
        incoming.kernels[part.entry],
        part.value,
        signed(part.value),
        _with_step(tip, layer),
        layer or None,
        unit,
        part.seen,
    )


def weight_row(
    network: Network, weights: UnitWeights, term: int, entry: int, part: Part | None
) -> UnitRow:
    """Return the line of an input by its weights alone; what it sees comes with `part`."""
    incoming = weights.incoming[term]
    name, layer, unit = _whose(network, incoming, entry)
    value = float(incoming.sums[entry])
    tip = (
        f"{_place(name, layer)}: its kernel sums up to {signed(value)}, and its length is "
        f"{figure(float(incoming.norms[entry]))}"
    )
    seen = None if part is None else part.seen
    kernel = incoming.kernels[entry]
    tip = _with_step(tip, layer)
    return UnitRow(name, kernel, value, signed(value), tip, layer or None, unit, seen)


def strongest(
    weights: UnitWeights, count: int, rms: Mapping[str, NDArray[np.float32]] | None = None
) -> list[tuple[int, int]]:
    """Return the (term, entry) of the inputs that can matter most, see `UnitWeights.strength`."""
    strength = weights.strength(rms)
    found = []
    ends = np.cumsum([len(each.inputs) for each in weights.incoming])
    for number in np.argsort(-strength, kind="stable")[:count]:
        term = int(np.searchsorted(ends, number, side="right"))
        found.append((term, int(number - (ends[term - 1] if term else 0))))
    return found


def with_layers(rows: Sequence[UnitRow], beside: str) -> list[UnitRow]:
    """Let rows say of which layer they are, unless all are of the same one."""
    if len({row.layer for row in rows}) < 2:
        return list(rows)
    return [replace(row, note=short(row.layer, beside) if row.layer else "") for row in rows]


def _whose(network: Network, incoming: Incoming, entry: int) -> tuple[str, str, int]:
    """Return what an input is called, its layer ("": none can be stepped into) and unit."""
    unit = int(incoming.inputs.units[entry])
    if unit < 0:
        return str(entry), "", 0
    layer = incoming.inputs.name(entry)
    if layer:
        return str(unit), layer, unit
    shown = network.preprocessing.shown(network.input_shape[0])
    is_colour = network.input_shape[0] == len(COLOURS) and unit in shown
    return COLOURS[shown.index(unit)] if is_colour else str(unit), "", unit


def _place(name: str, layer: str) -> str:
    return f"{layer} · {name}" if layer else f"Input {name}"


def _with_step(tip: str, layer: str) -> str:
    return f"{tip}. Enter or a click steps into it." if layer else f"{tip}."


# Outgoing


def class_rows(network: Network, outgoing: Outgoing) -> tuple[tuple[ClassRow, ...], ...]:
    """Return columns of classes: all of a few, else the best and the worst."""
    values = outgoing.sums
    order = np.argsort(-values, kind="stable")
    if len(order) <= FEW:
        return (tuple(_class_row(network, outgoing, int(k), bias=True) for k in order),)
    ends = order[:ENDS], order[: -ENDS - 1 : -1]
    return tuple(
        tuple(_class_row(network, outgoing, int(k), bias=False) for k in each) for each in ends
    )


def _class_row(network: Network, outgoing: Outgoing, place: int, *, bias: bool) -> ClassRow:
    name = class_name(network, int(outgoing.units[place]))
    own = signed(float(outgoing.bias[place]))
    text = signed(float(outgoing.sums[place]))
    tip = f"{name}: weight {text}, the class's bias {own}"
    return ClassRow(name, text, tip, f"bias {own}" if bias else "")


def outgoing_rows(outgoing: Sequence[Outgoing], count: int, beside: str) -> list[UnitRow]:
    """Return the lines of the next units that read this one with the longest kernels."""
    found = [
        (float(norm), each, place) for each in outgoing for place, norm in enumerate(each.norms)
    ]
    found.sort(key=lambda each: -each[0])
    rows = [_outgoing_row(each, place, norm) for norm, each, place in found[:count]]
    return with_layers(rows, beside)


def _outgoing_row(outgoing: Outgoing, place: int, norm: float) -> UnitRow:
    unit, value = int(outgoing.units[place]), float(outgoing.sums[place])
    layer = outgoing.layer if unit >= 0 else ""
    name = str(unit if unit >= 0 else place)
    tip = (
        f"{_place(name, layer) if layer else 'A unit that is not listed'} reads this unit with a "
        f"kernel that sums up to {signed(value)} and has length {figure(norm)}"
    )
    kernel = outgoing.kernels[place]
    tip = _with_step(tip, layer)
    return UnitRow(name, kernel, value, signed(value), tip, layer or None, max(unit, 0))


def outgoing_title(outgoing: Sequence[Outgoing], beside: str) -> str:
    """Return whose units read a unit of the layer `beside`: "Outgoing · conv2"."""
    if outgoing and outgoing[0].gives_scores:
        return f"Outgoing · {len(outgoing[0].units)} classes"
    return f"Outgoing{_named([short(e.layer, beside) or 'not listed' for e in outgoing])}"
