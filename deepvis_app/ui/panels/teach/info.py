"""Teaching a concept, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place
from deepvis_app.ui.panels.teach.topics import TOPICS
from deepvis_app.ui.workspaces import WATCH

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.teach.panel import TeachPanel


def _make(desk: Desk) -> TeachPanel:
    from deepvis_app.ui.panels.teach.panel import TeachPanel

    return TeachPanel(desk)


INSIDE, OUTSIDE = "teach-inside", "teach-outside"  # actions whose keys are held
ACTIONS = (
    ActionInfo(
        "teach",
        "Teach",
        "Teach a concept…",
        "Teach the picked layer a concept by pictures, or put that away",
        ("Ctrl+Shift+C",),
        lambda panel: panel.presenter.toggle(),
    ),
    ActionInfo(
        INSIDE,
        "Teach",
        "This is it",
        "Hold it while the picture shows the concept: these frames teach it",
        ("3",),
        lambda panel: panel.presenter.tap(is_inside=True),
    ),
    ActionInfo(
        OUTSIDE,
        "Teach",
        "This is not it",
        "Hold it while the picture does not show the concept",
        ("4",),
        lambda panel: panel.presenter.tap(is_inside=False),
    ),
    ActionInfo(
        "teach-keep",
        "Teach",
        "Keep the concept",
        "Keep the taught concept as a direction of its layer",
        ("Ctrl+Shift+K",),
        lambda panel: panel.presenter.keep(),
    ),
)

TEACH = PanelInfo(
    "teach",
    "Teach",
    "A concept taught by pictures of what it is and what it is not",
    Place.CENTRE,
    _make,
    workspace=WATCH,
    actions=ACTIONS,
    topics=TOPICS,
)
