"""What the help lists: the keys and the wheel as they are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.settings import Wheel
from deepvis_app.ui.shell.help_overlay import HelpGroup
from deepvis_app.ui.shell.keys import assign_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.settings import Settings
    from deepvis_app.ui.panel import ActionInfo

FIELDS = (
    ("Tab", "Go to the next control"),
    ("Return", "In an open list or a search: take what is marked, or the first found"),
    ("Esc", "Leave an open list or a search"),
)
MOUSE = (
    ("Click", "Pick a unit or a layer"),
    ("Double click", "Let a unit fill the grid, and back"),
    ("Alt+Click", "Pin a unit: it stays explained"),
    ("Right click or Menu", "A tile: its preferred image, why, pin, copy, save"),
    ("Ctrl+Click", "Open a layer beside the present one"),
    ("Click a class", "Its unit, its preferred image, why; on the pin: keep it in view"),
    ("Double click a class", "Go to its unit"),
)
WHEEL = {
    Wheel.ZOOM: ("Wheel", "Larger or smaller tiles or input; with Ctrl: scroll"),
    Wheel.SCROLL: ("Wheel", "Scroll the grid; with Ctrl: larger or smaller tiles or input"),
}
CLOSER = (
    ("Ctrl+Wheel", "On a page: look closer at a picture or a plot; drag to move it"),
    ("Double click a picture", "The whole of it again, as of a plot"),
    ("Right click a plot", "Copy it; save its data or a figure"),
)


def help_groups(settings: Settings, actions: Sequence[ActionInfo]) -> tuple[HelpGroup, ...]:
    """Return the rows of the help by group; an action without a key has none."""
    keys = assign_keys(settings, actions).keys
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    for info in actions:
        if own := keys[info.name]:
            row = (" or ".join(own), info.tip)
            groups[info.group] = (*groups.get(info.group, ()), row)
    groups["Lists and fields"] = FIELDS
    groups["Mouse"] = (*MOUSE, WHEEL[settings.appearance.wheel], *CLOSER)
    return tuple(HelpGroup(title, rows) for title, rows in groups.items())
