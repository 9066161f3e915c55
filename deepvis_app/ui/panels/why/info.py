"""Why, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place
from deepvis_app.ui.panels.why.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.why.panel import WhyPanel


def _make(desk: Desk) -> WhyPanel:
    from deepvis_app.ui.panels.why.panel import WhyPanel

    return WhyPanel(desk)


ACTIONS = (
    ActionInfo(
        "page-why",
        "Window",
        "Page “Why”",
        "Show what of the picture makes the unit fire",
        ("Alt+3",),
        lambda panel: panel.open(),
    ),
    ActionInfo(
        "pin",
        "Why",
        "Pin the unit",
        "Keep the picked unit explained while you look at others, or let it go",
        ("Shift+D",),
        lambda panel: panel.commands.toggle_pin(),
    ),
    ActionInfo(
        "why-method",
        "Why",
        "Method",
        "Next method: gradient, × input, deconvnet, guided, Grad-CAM",
        ("B",),
        lambda panel: panel.commands.cycle_method(),
    ),
    ActionInfo(
        "why-view",
        "Why",
        "View",
        "Next view of the explanation: raw, gray, norm, blurred, sum, signed, overlay",
        ("N",),
        lambda panel: panel.commands.cycle_view(),
    ),
    ActionInfo(
        "save-explanation",
        "Save",
        "Save explanation",
        "Save the shown explanation as a picture",
        ("Ctrl+Shift+E",),
        lambda panel: panel.commands.save(),
    ),
)

WHY = PanelInfo(
    "why",
    "Why",
    "What of the present picture makes the unit fire",
    Place.PAGE,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
)
