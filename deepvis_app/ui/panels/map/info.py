"""Map, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.map import MAP as MAP_KEY
from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart, Workspace
from deepvis_app.ui.panels.map.session import MapSession, left_off, restore
from deepvis_app.ui.panels.map.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.map.panel import MapPanel


def _make(desk: Desk) -> MapPanel:
    from deepvis_app.ui.panels.map.panel import MapPanel

    return MapPanel(desk)


def _action(
    name: str, text: str, tip: str, key: str, run: Callable[[MapPanel], object]
) -> ActionInfo:
    return ActionInfo(f"map-{name}", "Map", text, tip, (key,), run, workspace=MAP_KEY)


ACTIONS = (
    _action(
        "tool", "Pan or lasso", "In Map: let a drag move the map, or encircle pictures",
        "L", lambda panel: panel.commands.cycle_tool(),
    ),
    _action(
        "grid", "Map, grid or atlas", "In Map: go on from the map to the grid, to the atlas",
        "G", lambda panel: panel.commands.cycle_view(),
    ),
    _action(
        "colour", "Next colours", "In Map: colour by class, by prediction, by the picked unit",
        "M", lambda panel: panel.commands.cycle_colour(),
    ),
    _action(
        "find", "Find pictures", "In Map: frame the pictures whose name or class has some words",
        "Ctrl+F", lambda panel: panel.commands.find(),
    ),
    _action(
        "keep", "Keep the chosen pictures…", "In Map: keep the chosen pictures under a name",
        "K", lambda panel: panel.commands.keep(),
    ),
    _action(
        "save", "Save map", "In Map: save the map as a picture",
        "Alt+S", lambda panel: panel.commands.save_picture(),
    ),
    _action(
        "table", "Save as table", "In Map: write the chosen pictures, or all, as CSV",
        "Ctrl+Shift+E", lambda panel: panel.commands.save_table(),
    ),
)  # fmt: skip

MAP = PanelInfo(
    "map",
    "Map",
    "Where the present frame is among all scanned pictures",
    Place.CENTRE,
    _make,
    workspace=Workspace(MAP_KEY, "Map", "Where this frame is among all scanned pictures"),
    actions=ACTIONS,
    topics=TOPICS,
    session=SessionPart(MapSession, left_off, restore),
)
