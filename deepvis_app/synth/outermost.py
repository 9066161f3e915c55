"""Which layers are not within others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.nets import LayerInfo


def outermost(layers: Iterable[LayerInfo]) -> list[LayerInfo]:
    """Return those of some layers whose module is not within another one's."""
    found = [*layers]
    names = {info.name for info in found}

    def is_within(name: str) -> bool:
        path = name.partition("/")[0].partition(":")[0].split(".")
        return any(".".join(path[:k]) in names for k in range(1, len(path)))

    return [info for info in found if not is_within(info.name)]
