"""Pictures, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart
from deepvis_app.ui.panels.pictures.session import PicturesSession, left_off, restore
from deepvis_app.ui.panels.pictures.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.pictures.panel import PicturesPanel


def _make(desk: Desk) -> PicturesPanel:
    from deepvis_app.ui.panels.pictures.panel import PicturesPanel

    return PicturesPanel(desk)


ACTIONS = (
    ActionInfo(
        "page-pictures",
        "Window",
        "Page “Pictures”",
        "Show which scanned pictures excite the unit",
        ("Alt+4",),
        lambda panel: panel.open(),
    ),
    ActionInfo(
        "scan-folder",
        "Unit",
        "Scan a folder",
        "Scan the pictures of a folder with this network",
        ("Ctrl+Shift+O",),
        lambda panel: panel.scan(),
    ),
)

PICTURES = PanelInfo(
    "pictures",
    "Pictures",
    "Which scanned pictures excite the unit",
    Place.PAGE,
    _make,
    actions=ACTIONS,
    topics=TOPICS,
    session=SessionPart(PicturesSession, left_off, restore),
)
