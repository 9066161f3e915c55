"""Shapes and receptive fields as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.nets import LayerInfo


def shape_text(info: LayerInfo) -> str:
    """Return "256 units · 27 × 27"."""
    height, width = info.map_size
    units = units_text(info.unit_count)
    return units if (height, width) == (1, 1) else f"{units} · {height} × {width}"


def field_text(info: LayerInfo) -> str:
    """Return "field 59 px", or "field at most 59 px"; "" where it is not known."""
    field = info.receptive_field
    if field is None:
        return ""
    most = "at most " if field.at_most else ""
    if field.whole:
        return f"field {most}whole input"
    height, width = (round(size) for size in field.size)
    size = str(height) if height == width else f"{height} × {width}"
    return f"field {most}{size} px"


def time_text(seconds: float) -> str:
    """Return a stretch of time as one says it: 9 s, 4 min, 2 h 10 min."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def size_text(count: float) -> str:
    """Return a number of bytes as one says it: 0 MB, 412 MB, 1.9 GB."""
    megabytes = count / 1e6
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"


def units_text(count: int) -> str:
    """Return "1 unit", "256 units"."""
    return f"{count} unit" if count == 1 else f"{count} units"


def pictures_text(count: int) -> str:
    """Return "1 picture", "1 240 pictures", with thin spaces between thousands."""
    return f"{count:,} picture{'' if count == 1 else 's'}".replace(",", "\u2009")
