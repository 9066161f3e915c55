"""Preferred, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart
from deepvis_app.ui.panels.preferred.session import PreferredSession, left_off, restore
from deepvis_app.ui.panels.preferred.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.preferred.panel import PreferredPanel


def _make(desk: Desk) -> PreferredPanel:
    from deepvis_app.ui.panels.preferred.panel import PreferredPanel

    return PreferredPanel(desk)


ACTIONS = (
    ActionInfo(
        "page-preferred",
        "Window",
        "Page “Preferred”",
        "Show what the unit would like to see",
        ("Alt+2",),
        lambda panel: panel.open(),
    ),
    ActionInfo(
        "synthesize",
        "Unit",
        "Make preferred images",
        "Make the picked unit's preferred images; again: others",
        ("Return", "Enter"),
        lambda panel: panel.presenter.begin(),
    ),
    ActionInfo(
        "hold-jobs",
        "Unit",
        "Pause or resume",
        "Hold the making of preferred images, and go on",
        ("Shift+Return", "Shift+Enter"),
        lambda panel: panel.presenter.toggle_held(),
    ),
    ActionInfo(
        "stretch",
        "Unit",
        "Colours of pictures",
        "Show faint preferred images with stretched contrast, none of them, or all",
        ("Shift+Y",),
        lambda panel: panel.presenter.change_colours(),
    ),
)

PREFERRED = PanelInfo(
    "preferred",
    "Preferred",
    "What the unit would like to see",
    Place.PAGE,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
    session=SessionPart(PreferredSession, left_off, restore),
)
