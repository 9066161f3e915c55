"""Shapes and receptive fields as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.nets import LayerInfo


def shape_text(info: LayerInfo) -> str:
    """Return "256 units · 27 × 27"."""
    height, width = info.map_size
    units = f"{info.unit_count} unit" + ("s" if info.unit_count != 1 else "")
    return units if (height, width) == (1, 1) else f"{units} · {height} × {width}"


def field_text(info: LayerInfo) -> str:
    """Return "field 59 px", "" where it is not known."""
    field = info.receptive_field
    if field is None:
        return ""
    if field.whole:
        return "field whole input"
    height, width = (round(size) for size in field.size)
    return f"field {height} px" if height == width else f"field {height} × {width} px"
