"""What one can do with a unit's tile."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.ui.kit.ask_menu import Entry, ask_menu

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QMenu, QWidget


class TileWish(Enum):
    """What is wished of a tile."""

    PIN = "pin"  # or let it go, when it is pinned
    PREFERRED = "preferred"
    WHY = "why"
    COPY = "copy"
    SAVE = "save"
    BESIDE = "beside"  # or close the layer that is


def tile_menu(
    parent: QWidget,
    do: Callable[[TileWish], None],
    *,
    is_pinned: bool,
    has_beside: bool,
) -> QMenu:
    """Return the menu of a tile; `do` gets what is chosen."""

    def entry(wish: TileWish, text: str, tip: str, icon: str = "") -> Entry:
        return Entry(text, tip, partial(do, wish), icon)

    pin = "Unpin" if is_pinned else "Pin for “Why”"
    pin_tip = "Keep this unit explained while you look at others, or let it go"
    beside = "Close second layer" if has_beside else "Open layer beside"
    beside_tip = "Show the next layer beside this one, or close it"
    return ask_menu(
        parent,
        (
            entry(TileWish.PREFERRED, "Preferred image", "What this unit would like to see"),
            entry(TileWish.WHY, "Why", "What of the present picture makes this unit fire"),
            entry(TileWish.PIN, pin, pin_tip, "pin"),
        ),
        (
            entry(TileWish.COPY, "Copy tile", "Copy the tile as a picture, as it is shown", "copy"),
            entry(TileWish.SAVE, "Save tile", "Save a picture of the unit's map", "download"),
        ),
        (entry(TileWish.BESIDE, beside, beside_tip, "columns"),),
    )
