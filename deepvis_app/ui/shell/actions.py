"""Everything that can be done by key, button or menu, as one table.

The keys here are deepvis's own; `keys.py` knows those that are in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QKeySequence

from deepvis_app.state.navigation import FAST, Move
from deepvis_app.state.options import GridShows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.shell.commands import Commands


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One thing the user can do."""

    name: str
    group: str
    text: str
    tip: str
    keys: tuple[str, ...]
    run: Callable[[Commands], None]
    checkable: bool = False


def _move(direction: Move, distance: int = 1) -> Callable[[Commands], None]:
    return lambda commands: commands.move(direction, distance)


ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "freeze",
        "Input",
        "Freeze",
        "Hold the picture; everything else stays alive",
        ("F", "Space"),
        lambda c: c.toggle_frozen(),
        checkable=True,
    ),
    ActionInfo(
        "step",
        "Input",
        "Single step",
        "Let one frame pass, then hold it",
        (".",),
        lambda c: c.step_frame(),
    ),
    ActionInfo(
        "camera",
        "Input",
        "Camera or files",
        "Switch between the camera and the last files",
        ("C",),
        lambda c: c.sources.toggle_camera(),
    ),
    ActionInfo(
        "next-picture",
        "Input",
        "Next picture",
        "Go to the next picture or frame",
        ("E", "PgDown"),
        lambda c: c.step_source(1),
    ),
    ActionInfo(
        "previous-picture",
        "Input",
        "Previous picture",
        "Go to the previous picture or frame",
        ("W", "PgUp"),
        lambda c: c.step_source(-1),
    ),
    ActionInfo(
        "fit",
        "Input",
        "Crop, letterbox, stretch",
        "Change how the picture is fitted",
        ("0",),
        lambda c: c.cycle_fit(),
    ),
    ActionInfo(
        "mirror",
        "Input",
        "Mirror",
        "Mirror the picture",
        ("X",),
        lambda c: c.toggle_mirror(),
    ),
    ActionInfo(
        "open",
        "Input",
        "Open files…",
        "Open pictures or a video",
        ("Ctrl+O",),
        lambda c: c.sources.open_files(),
    ),
    ActionInfo(
        "paste",
        "Input",
        "Paste",
        "Take a picture or a path from the clipboard",
        ("Ctrl+V",),
        lambda c: c.sources.paste(),
    ),
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
        lambda c: c.neighbour_layer(-1),
    ),
    ActionInfo(
        "next-layer",
        "Move",
        "Next layer",
        "Layer after, the focus stays",
        ("O", "Shift+O"),
        lambda c: c.neighbour_layer(1),
    ),
    ActionInfo(
        "zoom",
        "Grid",
        "Zoom unit",
        "Let the picked unit fill the grid, and back",
        ("Z",),
        lambda c: c.toggle_zoom(),
    ),
    ActionInfo(
        "zoom-in",
        "Grid",
        "Larger tiles",
        "Make the tiles larger",
        ("+", "="),
        lambda c: c.scale_tiles(1.25),
    ),
    ActionInfo(
        "zoom-out",
        "Grid",
        "Smaller tiles",
        "Make the tiles smaller",
        ("-",),
        lambda c: c.scale_tiles(0.8),
    ),
    ActionInfo(
        "gamma", "Grid", "Gamma", "Next gamma: 1, 0.7, 0.5, 0.3", ("T",), lambda c: c.cycle_gamma()
    ),
    ActionInfo(
        "boost",
        "Grid",
        "Boost",
        "Next boost of weak units: 0, 0.3, 0.5, 0.8, 1",
        ("Shift+T",),
        lambda c: c.cycle_boost(),
    ),
    ActionInfo(
        "scaling",
        "Grid",
        "Range",
        "Next range: steady, layer, unit, locked",
        ("R",),
        lambda c: c.cycle_scaling(),
    ),
    ActionInfo(
        "palette",
        "Grid",
        "Colours",
        "Next colours of the grid",
        ("M",),
        lambda c: c.cycle_palette(),
    ),
    ActionInfo(
        "sort",
        "Grid",
        "Sort by activity",
        "Highest activation first; again: by index",
        ("S",),
        lambda c: c.toggle_sort(),
    ),
    ActionInfo(
        "hide-dead",
        "Grid",
        "Hide dead units",
        "Leave out units that have not moved",
        ("D",),
        lambda c: c.toggle_hide_dead(),
    ),
    ActionInfo(
        "find-unit",
        "Grid",
        "Find unit",
        "Search units by number or label",
        ("Ctrl+F", "/"),
        lambda c: c.find_unit(),
    ),
    ActionInfo(
        "find-layer",
        "Grid",
        "Find layer",
        "Search layers by name",
        ("Ctrl+L",),
        lambda c: c.find_layer(),
    ),
    ActionInfo(
        "beside",
        "Grid",
        "Second layer",
        "Show the next layer beside this one, or close it",
        ("2",),
        lambda c: c.toggle_beside(),
    ),
    ActionInfo(
        "overlay",
        "Unit",
        "Overlay",
        "Next overlay of the unit on the picture",
        ("Y",),
        lambda c: c.cycle_overlay(),
    ),
    ActionInfo(
        "synthesize",
        "Unit",
        "Make preferred images",
        "Make the picked unit's preferred images; again: others",
        ("Return", "Enter"),
        lambda c: c.preferred.begin(),
    ),
    ActionInfo(
        "hold-jobs",
        "Unit",
        "Pause or resume",
        "Hold the making of preferred images, and go on",
        ("Shift+Return", "Shift+Enter"),
        lambda c: c.preferred.toggle_held(),
    ),
    ActionInfo(
        "stretch",
        "Unit",
        "Colours of pictures",
        "Show faint preferred images with stretched contrast, none of them, or all",
        ("Shift+Y",),
        lambda c: c.preferred.change_colours(),
    ),
    ActionInfo(
        "show-preferred",
        "Grid",
        "Activity or preferred images",
        "Show every unit's preferred image, or its activity",
        ("P",),
        lambda c: c.toggle_grid_shows(GridShows.PREFERRED),
    ),
    ActionInfo(
        "show-backward",
        "Grid",
        "Activity or backward",
        "Show how the explained unit's gradient comes back, or activity",
        ("A",),
        lambda c: c.toggle_grid_shows(GridShows.BACKWARD),
    ),
    ActionInfo(
        "make-all",
        "Grid",
        "Make all",
        "Make the preferred images of all units of the layer",
        ("Shift+P",),
        lambda c: c.make_all(),
    ),
    ActionInfo(
        "pin",
        "Why",
        "Pin the unit",
        "Keep the picked unit explained while you look at others, or let it go",
        ("Shift+D",),
        lambda c: c.explaining.toggle_pin(),
    ),
    ActionInfo(
        "why-method",
        "Why",
        "Method",
        "Next method: gradient, × input, deconvnet, guided, Grad-CAM",
        ("B",),
        lambda c: c.explaining.cycle_method(),
    ),
    ActionInfo(
        "why-view",
        "Why",
        "View",
        "Next view of the explanation: raw, gray, norm, blurred, sum, signed, overlay",
        ("N",),
        lambda c: c.explaining.cycle_view(),
    ),
    ActionInfo(
        "brush",
        "Why",
        "Brush",
        "Cover the input by hand: drag over it; again: no more",
        ("V",),
        lambda c: c.explaining.toggle_brush(),
    ),
    ActionInfo(
        "page-now",
        "Window",
        "Page “Now”",
        "Show what the unit does now",
        ("Alt+1",),
        lambda c: c.show_page("now"),
    ),
    ActionInfo(
        "page-preferred",
        "Window",
        "Page “Preferred”",
        "Show what the unit would like to see",
        ("Alt+2",),
        lambda c: c.show_page("preferred"),
    ),
    ActionInfo(
        "page-why",
        "Window",
        "Page “Why”",
        "Show what of the picture makes the unit fire",
        ("Alt+3",),
        lambda c: c.show_page("why"),
    ),
    ActionInfo(
        "jobs",
        "Window",
        "Jobs",
        "Show what is being made in the background",
        ("Ctrl+J",),
        lambda c: c.show_jobs(),
    ),
    ActionInfo(
        "undo",
        "Window",
        "Undo",
        "Take back a removal (job, stored picture, recipe) or the brush’s last stroke",
        ("Ctrl+Z",),
        lambda c: c.undo(),
    ),
    ActionInfo(
        "inspector",
        "Window",
        "Inspector",
        "Show or hide the unit's pane",
        ("9",),
        lambda c: c.toggle_inspector(),
    ),
    ActionInfo(
        "predictions",
        "Window",
        "Predictions",
        "Show or hide the class scores",
        ("8",),
        lambda c: c.toggle_predictions(),
    ),
    ActionInfo(
        "times",
        "Window",
        "Stage times",
        "Show or hide where the time goes",
        ("5",),
        lambda c: c.toggle_times(),
    ),
    ActionInfo(
        "save-window",
        "Save",
        "Save window",
        "Save a picture of the window",
        ("Ctrl+S",),
        lambda c: c.saving.save_window(),
    ),
    ActionInfo(
        "save-grid",
        "Save",
        "Save grid",
        "Save a picture of the grid",
        ("Ctrl+Shift+S",),
        lambda c: c.saving.save_grid(),
    ),
    ActionInfo(
        "save-tile",
        "Save",
        "Save unit",
        "Save a picture of the picked unit's map",
        ("Ctrl+Alt+S",),
        lambda c: c.saving.save_tile(),
    ),
    ActionInfo(
        "save-explanation",
        "Save",
        "Save explanation",
        "Save the shown explanation as a picture",
        ("Ctrl+Shift+E",),
        lambda c: c.explaining.save(),
    ),
    ActionInfo(
        "save-figure",
        "Save",
        "Save a figure…",
        "Save grid, map, explanation or plot as PNG, SVG or PDF, of the size you choose",
        ("Ctrl+P",),
        lambda c: c.saving.choose_figure(),
    ),
    ActionInfo(
        "save-activations",
        "Save",
        "Save activations",
        "Save the shown layers' activations as NPZ",
        ("Ctrl+E",),
        lambda c: c.saving.save_activations(),
    ),
    ActionInfo(
        "record-window",
        "Save",
        "Record window",
        "Record the window as MP4; again: stop",
        ("Ctrl+R",),
        lambda c: c.saving.toggle_recording("window"),
        checkable=True,
    ),
    ActionInfo(
        "record-grid",
        "Save",
        "Record grid",
        "Record the grid as MP4; again: stop",
        ("Ctrl+Shift+R",),
        lambda c: c.saving.toggle_recording("grid"),
        checkable=True,
    ),
    ActionInfo(
        "settings",
        "Window",
        "Settings",
        "Change settings and keys",
        ("Ctrl+,",),
        lambda c: c.open_settings(),
    ),
    ActionInfo(
        "help", "Window", "Help", "Show all keys", ("H", "?", "F1"), lambda c: c.toggle_help()
    ),
    ActionInfo(
        "fullscreen",
        "Window",
        "Full screen",
        "Fill the screen, and back",
        ("F11",),
        lambda c: c.toggle_fullscreen(),
    ),
    ActionInfo(
        "reset",
        "Window",
        "Reset",
        "Grid, contrast and search as at the start",
        ("Esc",),
        lambda c: c.reset(),
    ),
    ActionInfo(
        "press",
        "Window",
        "Press",
        "Press the control that has the focus (Tab moves it)",
        ("Ctrl+Return", "Ctrl+Enter"),
        lambda c: c.press(),
    ),
    ActionInfo("quit", "Window", "Quit", "Close deepvis", ("Q", "Ctrl+Q"), lambda c: c.quit()),
)


def make_actions(
    parent: QWidget, commands: Commands, keys: Mapping[str, tuple[str, ...]]
) -> dict[str, QAction]:
    """Make the table's actions as children of `parent`, by name."""
    made = {}
    for info in ACTIONS:
        action = QAction(info.text, parent)
        action.setCheckable(info.checkable)
        action.triggered.connect(lambda _checked, info=info: info.run(commands))
        parent.addAction(action)
        made[info.name] = action
    set_keys(made, keys)
    return made


def set_keys(actions: Mapping[str, QAction], keys: Mapping[str, tuple[str, ...]]) -> None:
    """Give every action its keys (by name, as `assign_keys` says) and a tooltip that names them."""
    for info in ACTIONS:
        own = keys[info.name]
        actions[info.name].setShortcuts([QKeySequence(key) for key in own])
        shown = f" ({own[0]})" if own else ""
        actions[info.name].setToolTip(f"{info.tip}{shown}")
