"""A layer's name and shape in little room."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ELLIPSIS = "…"


def shortened(name: str, width_of: Callable[[str], float], room: float) -> str:
    """Return the fullest form of a dotted name that fits.

    Layers of one kind differ by the numbers in their paths and by how the last part begins, so
    those are kept longest: "3.squeeze", "40…out_proj", "3.expand1x1…", "40…out…".
    """
    return next((form for form in _forms(name) if width_of(form) <= room), ELLIPSIS)


def _forms(name: str) -> Iterator[str]:
    yield name
    *path, last = name.split(".")
    for start in range(1, len(path) + 1):
        if re.search(r"\d", ".".join(path[:start])):
            break
        yield ELLIPSIS + ".".join([*path[start:], last])
    numbers = ".".join(re.findall(r"\d+", ".".join(path)))
    is_near = bool(path) and path[-1].isdigit()  # "3.squeeze": nothing is left out between
    head = numbers + ("." if is_near else ELLIPSIS)
    yield head + last
    for end in range(len(last) - 1, 0, -1):
        yield head + last[:end] + ELLIPSIS
    for start in range(1, len(numbers)):
        yield ELLIPSIS + numbers[start:]


def shape_text(shape: tuple[int, int, int]) -> str:
    """Return a shape (units, height, width) as one line: "256 × 27²", "96 × 55×31", "1000"."""
    units, height, width = shape
    if height == width == 1:
        return str(units)
    return f"{units} × {height}²" if height == width else f"{units} × {height}×{width}"
