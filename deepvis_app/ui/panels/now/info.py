"""Now, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place
from deepvis_app.ui.panels.now.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.now.panel import NowPanel


def _make(desk: Desk) -> NowPanel:
    from deepvis_app.ui.panels.now.panel import NowPanel

    return NowPanel(desk)


ACTIONS = (
    ActionInfo(
        "page-now",
        "Window",
        "Page “Now”",
        "Show what the unit does now",
        ("Alt+1",),
        lambda panel: panel.open(),
    ),
    ActionInfo(
        "overlay",
        "Unit",
        "Overlay",
        "Next overlay of the unit on the picture",
        ("Y",),
        lambda panel: panel.cycle_overlay(),
    ),
)

NOW = PanelInfo(
    "now",
    "Now",
    "What the unit does on the present picture",
    Place.PAGE,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
)
