"""Weights, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart
from deepvis_app.ui.panels.weights.session import WeightsSession, left_off, restore
from deepvis_app.ui.panels.weights.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.weights.panel import WeightsPanel


def _make(desk: Desk) -> WeightsPanel:
    from deepvis_app.ui.panels.weights.panel import WeightsPanel

    return WeightsPanel(desk)


ACTIONS = (
    ActionInfo(
        "page-weights",
        "Window",
        "Page “Weights”",
        "Show what the unit is made of",
        ("Alt+5",),
        lambda panel: panel.open(),
    ),
    ActionInfo(
        "weights-back",
        "Weights",
        "Back",
        "Go back to the unit from which you stepped into this one",
        ("Backspace",),
        lambda panel: panel.back(),
    ),
    ActionInfo(
        "weights-order",
        "Weights",
        "Now or weight only",
        "Order a unit's inputs by what they give now, or by their weights alone",
        ("Shift+W",),
        lambda panel: panel.toggle_order(),
    ),
    ActionInfo(
        "copy-weights",
        "Weights",
        "Copy weights",
        "Copy the unit's weights as a table of text",
        ("Ctrl+Shift+W",),
        lambda panel: panel.copy(),
    ),
)

WEIGHTS = PanelInfo(
    "weights",
    "Weights",
    "What the unit is made of, and what adds up to its value now",
    Place.PAGE,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
    session=SessionPart(WeightsSession, left_off, restore),
)
