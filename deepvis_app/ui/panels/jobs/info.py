"""Jobs, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.jobs.panel import JobsPanel


def _make(desk: Desk) -> JobsPanel:
    from deepvis_app.ui.panels.jobs.panel import JobsPanel

    return JobsPanel(desk)


ACTIONS = (
    ActionInfo(
        "jobs",
        "Window",
        "Jobs",
        "Show what is being made in the background",
        ("Ctrl+J",),
        lambda panel: panel.open(),
    ),
)

JOBS = PanelInfo(
    "jobs",
    "Jobs",
    "What is being made in the background",
    Place.LINE,
    _make,
    actions=ACTIONS,
)
