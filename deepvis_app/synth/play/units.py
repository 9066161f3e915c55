"""Some of a layer's units, as one writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_brief

if TYPE_CHECKING:
    from deepvis_app.nets.layers import LayerInfo

_PART = re.compile(r"(\d{1,9})(?:\s*(?:-|–|\.\.)\s*(\d{1,9}))?", re.ASCII)


def chosen_units(text: str, layer: LayerInfo) -> tuple[int, ...]:
    """Return the units that "0-3, 7" names, rising, each once; both ends count. "" or "all": ().

    Raises `UserError` for what cannot be read or the layer does not have.
    """
    if text.strip().casefold() in ("", "all"):
        return ()
    found: set[int] = set()
    for part in text.split(","):
        read = _PART.fullmatch(part.strip())
        if read is None:
            raise UserError(f"Units {in_brief(text)} cannot be read", "Write 0-3, 7, or all")
        low, high = int(read[1]), int(read[2] or read[1])
        if not low <= high < layer.unit_count:
            raise UserError(
                f"{layer.name} has no units {part.strip()}",
                f"Its units are 0 to {layer.unit_count - 1}",
            )
        found.update(range(low, high + 1))
    return tuple(sorted(found))
