"""What a unit is called, and in one line what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles.marks import array_marks, counts
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import AblationReading, UnitReading
    from deepvis_app.nets import LayerInfo, Network


def unit_words(
    reading: UnitReading, info: LayerInfo, network: Network, held: AblationReading | None = None
) -> tuple[str, str, str]:
    """Return what a unit is called, and on two lines what it gives; `held` where it is set to."""
    unit = reading.unit
    label = network.unit_label(unit) or ""
    title = f"{unit.layer} · unit {unit.index}"
    if (directions := network.directions(unit.layer)) is not None:
        label = " · ".join(filter(None, (label, directions.words(unit.index))))
    if held is not None:
        to = "zero" if held.value == 0 else f"its mean {figure(held.value)}"
        return title, f"set to {to} · max {figure(held.maximum)} by itself", label
    if not reading.map.any():
        return title, "silent: it gives 0 everywhere on this picture", label
    if (marks := array_marks(reading.map)) is not None:
        return title, _no_number(marks, reading.map), label
    highest, rank = f"max {figure(reading.maximum)}", f"rank {reading.rank} of {info.unit_count}"
    if info.map_size == (1, 1):
        return title, f"{highest} · {rank}", label
    share = f"positive on {float(np.mean(reading.map > 0)):.0%} of the map"
    more = " · ".join(filter(None, (label, share)))
    return title, f"{highest} at {reading.argmax} · {rank}", more


def _no_number(marks: NDArray[np.uint8], values: NDArray[np.float32]) -> str:
    """Return what a map holds that is no number, how much of it, and the highest number."""
    if values.size == 1:
        return f"it gives {figure(float(values.flat[0]))}: no rank"
    words = ", ".join(f"{word} at {count}" for word, count in counts(marks).items())
    left = values[marks == 0]
    rest = f"highest number {figure(float(left.max()))}" if left.size else "no number"
    return f"{words} of {values.size} places · {rest}"
