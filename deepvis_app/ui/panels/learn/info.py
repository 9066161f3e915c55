"""Learn, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.learn import LEARN as LEARN_KEY
from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart, Workspace
from deepvis_app.ui.panels.learn.sections import SECTIONS
from deepvis_app.ui.panels.learn.session import LearnSession, left_off, restore
from deepvis_app.ui.panels.learn.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.panel import LearnPanel


def _make(desk: Desk) -> LearnPanel:
    from deepvis_app.ui.panels.learn.panel import LearnPanel

    return LearnPanel(desk)


ACTIONS: tuple[ActionInfo, ...] = ()

LEARN = PanelInfo(
    "learn",
    "Learn",
    "A network learns, and what goes wrong is said",
    Place.CENTRE,
    _make,
    workspace=Workspace(LEARN_KEY, "Learn", "How a network learns, and what goes wrong"),
    actions=ACTIONS,
    topics={
        **TOPICS,
        **{key: topic for info in SECTIONS for key, topic in info.topics.items()},
    },
    session=SessionPart(LearnSession, left_off, restore),
)
