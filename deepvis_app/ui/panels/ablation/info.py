"""The ablation, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.ablating import HeldAt
from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place
from deepvis_app.ui.panels.ablation.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.ablation.panel import AblationPanel


def _make(desk: Desk) -> AblationPanel:
    from deepvis_app.ui.panels.ablation.panel import AblationPanel

    return AblationPanel(desk)


ACTIONS = (
    ActionInfo(
        "ablate",
        "Unit",
        "Set to zero",
        "Set the picked unit to zero in the running network, or let it go",
        ("Delete",),
        lambda panel: panel.presenter.toggle(HeldAt.ZERO),
    ),
    ActionInfo(
        "ablate-mean",
        "Unit",
        "Set to its mean",
        "Set the picked unit to its mean over the photographs, or let it go",
        ("Shift+Delete",),
        lambda panel: panel.presenter.toggle(HeldAt.MEAN),
    ),
)

ABLATION = PanelInfo(
    "ablation",
    "Ablation",
    "A unit set to zero or its mean, and what that changes",
    Place.LINE,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
)
