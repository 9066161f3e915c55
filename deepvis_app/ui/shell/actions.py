"""Everything that can be done by key, button or menu: of the panels, then of what is around them.

The keys here are deepvis's own; `keys.py` knows those that are in force.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QKeySequence

from deepvis_app.ui.panel import ActionInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.panel import PanelInfo, Workspace
    from deepvis_app.ui.shell.shell import Shell

FIRST, LAST = ("Input", "Move", "Grid", "Unit", "Why"), ("Window", "Save")  # groups
AROUND: tuple[ActionInfo, ...] = (
    ActionInfo(
        "camera",
        "Input",
        "Camera or files",
        "Switch between the camera and the last files",
        ("C",),
        lambda shell: shell.sources.toggle_camera(),
    ),
    ActionInfo(
        "open",
        "Input",
        "Open files…",
        "Open pictures or a video",
        ("Ctrl+O",),
        lambda shell: shell.sources.open_files(),
    ),
    ActionInfo(
        "paste",
        "Input",
        "Paste",
        "Take a picture or a path from the clipboard",
        ("Ctrl+V",),
        lambda shell: shell.sources.paste(),
    ),
    ActionInfo(
        "undo",
        "Window",
        "Undo",
        "Take back a removal (job, stored picture, recipe) or the brush’s last stroke",
        ("Ctrl+Z",),
        lambda shell: shell.commands.undo(),
    ),
    ActionInfo(
        "inspector",
        "Window",
        "Inspector",
        "Show or hide the unit's pane",
        ("9",),
        lambda shell: shell.commands.toggle_inspector(),
    ),
    ActionInfo(
        "times",
        "Window",
        "Stage times",
        "Show or hide where the time goes",
        ("5",),
        lambda shell: shell.commands.toggle_times(),
    ),
    ActionInfo(
        "save-window",
        "Save",
        "Save window",
        "Save a picture of the window",
        ("Ctrl+S",),
        lambda shell: shell.saving.save_window(),
    ),
    ActionInfo(
        "save-grid",
        "Save",
        "Save grid",
        "Save a picture of the grid",
        ("Ctrl+Shift+S",),
        lambda shell: shell.saving.save_grid(),
    ),
    ActionInfo(
        "save-tile",
        "Save",
        "Save unit",
        "Save a picture of the picked unit's map",
        ("Ctrl+Alt+S",),
        lambda shell: shell.saving.save_tile(),
    ),
    ActionInfo(
        "save-figure",
        "Save",
        "Save a figure…",
        "Save grid, map, explanation or plot as PNG, SVG or PDF, of the size you choose",
        ("Ctrl+P",),
        lambda shell: shell.saving.choose_figure(),
    ),
    ActionInfo(
        "save-activations",
        "Save",
        "Save activations",
        "Save the shown layers' activations as NPZ",
        ("Ctrl+E",),
        lambda shell: shell.saving.save_activations(),
    ),
    ActionInfo(
        "record-window",
        "Save",
        "Record window",
        "Record the window as MP4; again: stop",
        ("Ctrl+R",),
        lambda shell: shell.saving.toggle_recording("window"),
        checkable=True,
    ),
    ActionInfo(
        "record-grid",
        "Save",
        "Record grid",
        "Record the grid as MP4; again: stop",
        ("Ctrl+Shift+R",),
        lambda shell: shell.saving.toggle_recording("grid"),
        checkable=True,
    ),
    ActionInfo(
        "settings",
        "Window",
        "Settings",
        "Change settings and keys",
        ("Ctrl+,",),
        lambda shell: shell.open_settings(),
    ),
    ActionInfo(
        "help",
        "Window",
        "Help",
        "Show all keys",
        ("H", "?", "F1"),
        lambda shell: shell.commands.toggle_help(),
    ),
    ActionInfo(
        "fullscreen",
        "Window",
        "Full screen",
        "Fill the screen, and back",
        ("F11",),
        lambda shell: shell.commands.toggle_fullscreen(),
    ),
    ActionInfo(
        "reset",
        "Window",
        "Reset",
        "Grid, contrast and search as at the start",
        ("Esc",),
        lambda shell: shell.escape(),
    ),
    ActionInfo(
        "press",
        "Window",
        "Press",
        "Press the control that has the focus (Tab moves it)",
        ("Ctrl+Return", "Ctrl+Enter"),
        lambda shell: shell.commands.press(),
    ),
    ActionInfo(
        "quit",
        "Window",
        "Quit",
        "Close deepvis",
        ("Q", "Ctrl+Q"),
        lambda shell: shell.commands.quit(),
    ),
)


def all_actions(panels: Sequence[PanelInfo]) -> tuple[ActionInfo, ...]:
    """Return what can be done, in the order in which it is listed and keys are given."""
    own = (action for panel in panels for action in panel.actions)
    found = (*own, *AROUND, *_turns(workspaces_of(panels)))
    return tuple(sorted(found, key=_rank))


def _rank(action: ActionInfo) -> int:
    """Return the place of an action's group: what a page alone has comes before the window's."""
    if action.group in FIRST:
        return FIRST.index(action.group)
    return len(FIRST) + (1 + LAST.index(action.group) if action.group in LAST else 0)


def workspaces_of(panels: Sequence[PanelInfo]) -> tuple[Workspace, ...]:
    """Return what can fill the centre, in the order of the panels."""
    return tuple(dict.fromkeys(panel.workspace for panel in panels if panel.workspace is not None))


def _turns(workspaces: Sequence[Workspace]) -> Iterator[ActionInfo]:
    """Return an action for each workspace, where there is a choice."""
    for number, workspace in enumerate(workspaces if len(workspaces) > 1 else (), 1):
        yield ActionInfo(
            f"workspace-{workspace.key}",
            "Window",
            workspace.title,
            workspace.tip,
            (f"Ctrl+{number}",),
            partial(_turn, workspace.key),
        )


def _turn(workspace: str, shell: Shell) -> None:
    shell.turn_to(workspace)


def make_actions(parent: QWidget, shell: Shell) -> dict[str, QAction]:
    """Make every action as a child of `parent`, by name; without keys."""
    owners = {action.name: info.key for info in shell.panels.infos for action in info.actions}
    made = {}
    for info in all_actions(shell.panels.infos):
        action = QAction(info.text, parent)
        action.setObjectName(info.name)  # by which a panel finds its own keys
        action.setCheckable(info.checkable)
        owner = owners.get(info.name)
        action.triggered.connect(
            lambda _checked, info=info, owner=owner: info.run(
                shell if owner is None else shell.panels.get(owner)
            )
        )
        parent.addAction(action)
        made[info.name] = action
    return made


def set_keys(
    actions: Mapping[str, QAction],
    infos: Sequence[ActionInfo],
    keys: Mapping[str, tuple[str, ...]],
) -> None:
    """Give every action its keys (by name, as `assign_keys` says) and a tooltip that names them."""
    for info in infos:
        own, wanted = keys[info.name], [QKeySequence(key) for key in keys[info.name]]
        shown = f" ({own[0]})" if own else ""
        if actions[info.name].shortcuts() != wanted:
            actions[info.name].setShortcuts(wanted)
        actions[info.name].setToolTip(f"{info.tip}{shown}")
