"""The grids of units, as the registry knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.appearance import GridShows
from deepvis_app.state.navigation import FAST, Move
from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart
from deepvis_app.ui.panels.grid.session import GridSession, left_off, restore
from deepvis_app.ui.panels.grid.topics import TOPICS
from deepvis_app.ui.workspaces import WATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.panel import GridPanel


def _make(desk: Desk) -> GridPanel:
    from deepvis_app.ui.panels.grid.panel import GridPanel

    return GridPanel(desk)


def _move(direction: Move, distance: int = 1) -> Callable[[GridPanel], None]:
    return lambda panel: panel.commands.move(direction, distance)


ACTIONS = (
    ActionInfo(
        "left", "Move", "Left", "Unit or layer to the left", ("Left", "J"), _move(Move.LEFT)
    ),
    ActionInfo(
        "right", "Move", "Right", "Unit or layer to the right", ("Right", "L"), _move(Move.RIGHT)
    ),
    ActionInfo(
        "up",
        "Move",
        "Up",
        "Unit above; from the first row to the layers",
        ("Up", "I"),
        _move(Move.UP),
    ),
    ActionInfo(
        "down",
        "Move",
        "Down",
        "Unit below; from the layers into the grid",
        ("Down", "K"),
        _move(Move.DOWN),
    ),
    ActionInfo(
        "fast-left",
        "Move",
        "Fast left",
        "Three to the left",
        ("Shift+J", "Shift+Left"),
        _move(Move.LEFT, FAST),
    ),
    ActionInfo(
        "fast-right",
        "Move",
        "Fast right",
        "Three to the right",
        ("Shift+L", "Shift+Right"),
        _move(Move.RIGHT, FAST),
    ),
    ActionInfo(
        "fast-up",
        "Move",
        "Fast up",
        "Three rows up",
        ("Shift+I", "Shift+Up"),
        _move(Move.UP, FAST),
    ),
    ActionInfo(
        "fast-down",
        "Move",
        "Fast down",
        "Three rows down",
        ("Shift+K", "Shift+Down"),
        _move(Move.DOWN, FAST),
    ),
    ActionInfo(
        "previous-layer",
        "Move",
        "Previous layer",
        "Layer before, the focus stays",
        ("U", "Shift+U"),
        lambda panel: panel.commands.neighbour_layer(-1),
    ),
    ActionInfo(
        "next-layer",
        "Move",
        "Next layer",
        "Layer after, the focus stays",
        ("O", "Shift+O"),
        lambda panel: panel.commands.neighbour_layer(1),
    ),
    ActionInfo(
        "zoom",
        "Grid",
        "Zoom unit",
        "Let the picked unit fill the grid, and back",
        ("Z",),
        lambda panel: panel.commands.toggle_zoom(),
    ),
    ActionInfo(
        "zoom-in",
        "Grid",
        "Larger tiles",
        "Make the tiles larger",
        ("+", "="),
        lambda panel: panel.commands.scale_tiles(1.25),
    ),
    ActionInfo(
        "zoom-out",
        "Grid",
        "Smaller tiles",
        "Make the tiles smaller",
        ("-",),
        lambda panel: panel.commands.scale_tiles(0.8),
    ),
    ActionInfo(
        "gamma",
        "Grid",
        "Gamma",
        "Next gamma: 1, 0.7, 0.5, 0.3",
        ("T",),
        lambda panel: panel.commands.cycle_gamma(),
    ),
    ActionInfo(
        "boost",
        "Grid",
        "Boost",
        "Next boost of weak units: 0, 0.3, 0.5, 0.8, 1",
        ("Shift+T",),
        lambda panel: panel.commands.cycle_boost(),
    ),
    ActionInfo(
        "scaling",
        "Grid",
        "Range",
        "Next range: steady, layer, unit, locked",
        ("R",),
        lambda panel: panel.commands.cycle_scaling(),
    ),
    ActionInfo(
        "palette",
        "Grid",
        "Colours",
        "Next colours of the grid",
        ("M",),
        lambda panel: panel.commands.cycle_palette(),
    ),
    ActionInfo(
        "sort",
        "Grid",
        "Sort by activity",
        "Highest activation first; again: by index",
        ("S",),
        lambda panel: panel.commands.toggle_sort(),
    ),
    ActionInfo(
        "hide-dead",
        "Grid",
        "Hide dead units",
        "Leave out units that have not moved",
        ("D",),
        lambda panel: panel.commands.toggle_hide_dead(),
    ),
    ActionInfo(
        "find-unit",
        "Grid",
        "Find unit",
        "Search units by number or label",
        ("Ctrl+F", "/"),
        lambda panel: panel.find(),
    ),
    ActionInfo(
        "find-by",
        "Grid",
        "Find unit by…",
        "Find units by a class, by the shown picture or by another unit",
        ("Ctrl+Shift+F",),
        lambda panel: panel.finder.open(),
    ),
    ActionInfo(
        "matrix",
        "Grid",
        "Correlations",
        "Show how the units of the layer, or of both layers, go together",
        ("Ctrl+Shift+T",),
        lambda panel: panel.matrix.open(),
    ),
    ActionInfo(
        "compare",
        "Grid",
        "Compare corpora",
        "Compare what units give on one corpus with another",
        ("Ctrl+Shift+B",),
        lambda panel: panel.open_compare(),
    ),
    ActionInfo(
        "beside",
        "Grid",
        "Second layer",
        "Show the next layer beside this one, or close it",
        ("2",),
        lambda panel: panel.commands.toggle_beside(),
    ),
    ActionInfo(
        "show-preferred",
        "Grid",
        "Activity or preferred images",
        "Show every unit's preferred image, or its activity",
        ("P",),
        lambda panel: panel.commands.toggle_shows(GridShows.PREFERRED),
    ),
    ActionInfo(
        "show-pictures",
        "Grid",
        "Activity or scanned pictures",
        "Show the scanned picture that excites every unit most, or its activity",
        ("Alt+P",),
        lambda panel: panel.commands.toggle_shows(GridShows.PICTURES),
    ),
    ActionInfo(
        "next-shows",
        "Grid",
        "Next view",
        "Next view of the grid: activity, preferred images, scanned pictures",
        ("G",),
        lambda panel: panel.commands.next_shows(),
    ),
    ActionInfo(
        "show-backward",
        "Grid",
        "Activity or backward",
        "Show how the explained unit's gradient comes back, or activity",
        ("A",),
        lambda panel: panel.commands.toggle_shows(GridShows.BACKWARD),
    ),
    ActionInfo(
        "show-table",
        "Grid",
        "Activity or table",
        "Show every unit's figures in a table, or its activity",
        ("Ctrl+T",),
        lambda panel: panel.commands.toggle_shows(GridShows.TABLE),
    ),
    ActionInfo(
        "make-all",
        "Grid",
        "Make all",
        "Make the preferred images of all units of the layer",
        ("Shift+P",),
        lambda panel: panel.commands.make_all(),
    ),
)

GRID = PanelInfo(
    "grid",
    "Units",
    "All units of a layer",
    Place.CENTRE,
    _make,
    WATCH,
    ACTIONS,
    TOPICS,
    SessionPart(GridSession, left_off, restore),
)
