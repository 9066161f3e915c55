"""The panels of the window, a line each: a new one is its folder and its line here.

They stand, are asked and are told in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.settings import Section
from deepvis_app.ui.panels.ablation.info import ABLATION
from deepvis_app.ui.panels.grid.info import GRID
from deepvis_app.ui.panels.input.info import INPUT
from deepvis_app.ui.panels.jobs.info import JOBS
from deepvis_app.ui.panels.layers.info import LAYERS
from deepvis_app.ui.panels.learn.info import LEARN
from deepvis_app.ui.panels.map.info import MAP
from deepvis_app.ui.panels.now.info import NOW
from deepvis_app.ui.panels.pictures.info import PICTURES
from deepvis_app.ui.panels.play.info import PLAY
from deepvis_app.ui.panels.preferred.info import PREFERRED
from deepvis_app.ui.panels.teach.info import TEACH
from deepvis_app.ui.panels.weights.info import WEIGHTS
from deepvis_app.ui.panels.why.info import WHY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.panel import PanelInfo


def sections_of(panels: Sequence[PanelInfo]) -> tuple[Section, ...]:
    """Return the settings that panels bring along."""
    return tuple(
        Section(panel.key, panel.title, panel.settings)
        for panel in panels
        if panel.settings is not None
    )


PANELS: tuple[PanelInfo, ...] = (
    INPUT,
    LAYERS,
    TEACH,
    GRID,
    MAP,
    PLAY,
    LEARN,
    NOW,
    PREFERRED,
    WHY,
    PICTURES,
    WEIGHTS,
    ABLATION,
    JOBS,
)
