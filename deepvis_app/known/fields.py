"""What the place under the pointer can depend on, or else the unit's strongest place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.words.quantities import field_text

if TYPE_CHECKING:
    from deepvis_app.engine.readers import UnitReading
    from deepvis_app.nets import Box, Network


@dataclass(frozen=True, slots=True)
class ShownField:
    """A receptive field on the network's input; `box` None: the whole input, or not known.

    `place` is (i, j) in the picked unit's map; None where the pointer is on another layer's.
    """

    box: Box | None
    caption: str
    place: tuple[int, int] | None


def shown_field(
    network: Network, reading: UnitReading, pointed: tuple[str, int, int] | None
) -> ShownField:
    """Return the field of the place that is pointed at (layer, i, j), else of the maximum."""
    unit = reading.unit
    layer, i, j = pointed or (unit.layer, *reading.argmax)
    info = network.layer(layer)
    is_own = layer == unit.layer and info.map_size != (1, 1)
    field, box = info.receptive_field, None
    if field is not None and not field.whole:
        box = field.box((i, j), network.input_shape[1:])
    return ShownField(box, field_text(info), (i, j) if is_own else None)
