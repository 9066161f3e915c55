"""All weights of a unit as a table, for the clipboard and for files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from deepvis_app.words.classes import class_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.engine.readers import WeightReading
    from deepvis_app.nets import Network

HEAD = ("direction", "layer", "unit", "length", "sum", "weight x input", "bias", "name", "kernel")


def weight_table(network: Network, reading: WeightReading, delimiter: str = ",") -> str:
    """Return a line for each input and each reader of a unit, with its kernel row by row.

    "weight x input" is of the frame that the reading is of, where it was told.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(_incoming(reading))
    writer.writerows(_outgoing(network, reading))
    return text.getvalue()


def _incoming(reading: WeightReading) -> Iterator[tuple[object, ...]]:
    weights = reading.facts.weights
    if weights is None:
        return
    parts = () if reading.sum is None else reading.sum.parts
    told = {(part.term, part.entry): part.value for part in parts}
    for term, each in enumerate(weights.incoming):
        norms, sums = each.norms.tolist(), each.sums.tolist()
        for entry, kernel in enumerate(each.kernels):
            unit = int(each.inputs.units[entry])
            layer = each.inputs.name(entry) or "input"
            yield (
                "in", layer, unit if unit >= 0 else entry, norms[entry], sums[entry],
                told.get((term, entry), ""), "", "", _kernel(kernel.ravel().tolist()),
            )  # fmt: skip
    yield "bias", "", "", "", "", "", weights.bias, "", ""


def _outgoing(network: Network, reading: WeightReading) -> Iterator[tuple[object, ...]]:
    for each in reading.facts.outgoing:
        norms, sums, biases = each.norms.tolist(), each.sums.tolist(), each.bias.tolist()
        for place, kernel in enumerate(each.kernels):
            unit = int(each.units[place])
            name = class_name(network, unit) if each.gives_scores else ""
            yield (
                "out", each.layer, unit, norms[place], sums[place], "", biases[place], name,
                _kernel(kernel.ravel().tolist()),
            )  # fmt: skip


def _kernel(values: list[float]) -> str:
    return " ".join(f"{value:.7g}" for value in values)
