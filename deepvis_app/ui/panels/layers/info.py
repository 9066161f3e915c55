"""Layers, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place
from deepvis_app.ui.panels.layers.topics import TOPICS
from deepvis_app.ui.workspaces import WATCH

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.layers.panel import LayersPanel


def _make(desk: Desk) -> LayersPanel:
    from deepvis_app.ui.panels.layers.panel import LayersPanel

    return LayersPanel(desk)


ACTIONS = (
    ActionInfo(
        "find-layer",
        "Grid",
        "Find layer",
        "Search layers by name",
        ("Ctrl+L",),
        lambda panel: panel.find(),
    ),
    ActionInfo(
        "make-directions",
        "Grid",
        "Make directions…",
        "Make directions of the open layer from scanned pictures",
        ("Ctrl+Shift+D",),
        lambda panel: panel.make_directions(),
    ),
)

LAYERS = PanelInfo(
    "layers",
    "Layers",
    "A live thumbnail of every layer",
    Place.CENTRE,
    _make,
    workspace=WATCH,
    actions=ACTIONS,
    topics=TOPICS,
)
