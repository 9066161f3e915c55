"""Input, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place
from deepvis_app.ui.panels.input.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.input.panel import InputPanel


def _make(desk: Desk) -> InputPanel:
    from deepvis_app.ui.panels.input.panel import InputPanel

    return InputPanel(desk)


ACTIONS = (
    ActionInfo(
        "freeze",
        "Input",
        "Freeze",
        "Hold the picture; everything else stays alive",
        ("F", "Space"),
        lambda panel: panel.commands.toggle_frozen(),
        checkable=True,
    ),
    ActionInfo(
        "step",
        "Input",
        "Single step",
        "Let one frame pass, then hold it",
        (".",),
        lambda panel: panel.commands.step_frame(),
    ),
    ActionInfo(
        "next-picture",
        "Input",
        "Next picture",
        "Go to the next picture or frame",
        ("E", "PgDown"),
        lambda panel: panel.commands.step_source(1),
    ),
    ActionInfo(
        "previous-picture",
        "Input",
        "Previous picture",
        "Go to the previous picture or frame",
        ("W", "PgUp"),
        lambda panel: panel.commands.step_source(-1),
    ),
    ActionInfo(
        "fit",
        "Input",
        "Crop, letterbox, stretch",
        "Change how the picture is fitted",
        ("0",),
        lambda panel: panel.commands.cycle_fit(),
    ),
    ActionInfo(
        "mirror",
        "Input",
        "Mirror",
        "Mirror the picture",
        ("X",),
        lambda panel: panel.commands.toggle_mirror(),
    ),
    ActionInfo(
        "predictions",
        "Window",
        "Predictions",
        "Show or hide the class scores",
        ("8",),
        lambda panel: panel.commands.toggle_predictions(),
    ),
    ActionInfo(
        "brush",
        "Why",
        "Brush",
        "Cover the input by hand: drag over it; again: no more",
        ("V",),
        lambda panel: panel.brush.toggle(),
    ),
)

INPUT = PanelInfo(
    "input",
    "Input",
    "The picture, what the network sees of it, and what it says it is",
    Place.LEFT,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
)
