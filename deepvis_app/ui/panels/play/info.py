"""Play, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.play import PLAY as PLAY_KEY
from deepvis_app.state.play import STEP
from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart, Workspace
from deepvis_app.ui.panels.play.session import PlaySession, left_off, restore
from deepvis_app.ui.panels.play.topics import TOPICS

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.play.panel import PlayPanel


def _make(desk: Desk) -> PlayPanel:
    from deepvis_app.ui.panels.play.panel import PlayPanel

    return PlayPanel(desk)


ACTIONS = (
    ActionInfo(
        "play-frame",
        "Play",
        "Play with this frame",
        "Take the frame that is shown now to Play and run the technique that is chosen there",
        ("Shift+F",),
        lambda panel: panel.commands.take_frame(),
    ),
    ActionInfo(
        "play-run",
        "Play",
        "Run or stop",
        "Run the technique, stop it, let it go on, or run it again",
        ("Shift+Space",),
        lambda panel: panel.commands.press(),
    ),
    ActionInfo(
        "play-split-left",
        "Play",
        "Split to the left",
        "Show less of the input and more of the result",
        (",",),
        lambda panel: panel.commands.move_split(-STEP),
    ),
    ActionInfo(
        "play-split-right",
        "Play",
        "Split to the right",
        "Show more of the input and less of the result",
        (";",),
        lambda panel: panel.commands.move_split(STEP),
    ),
    ActionInfo(
        "play-compare",
        "Play",
        "Compare",
        "Next way to compare: split, blink, beside, difference",
        ("Shift+C",),
        lambda panel: panel.commands.cycle_compare(),
    ),
    ActionInfo(
        "play-save",
        "Save",
        "Save played picture",
        "Save the result of Play as PNG; its recipe is kept in the file",
        ("Alt+S",),
        lambda panel: panel.commands.save(),
    ),
)

PLAY = PanelInfo(
    "play",
    "Play",
    "Pictures made of pictures: inverted, dreamed, exaggerated, painted, attacked",
    Place.CENTRE,
    _make,
    workspace=Workspace(
        PLAY_KEY, "Play", "What a layer keeps of a picture, and what the network makes of it"
    ),
    actions=ACTIONS,
    topics=TOPICS,
    session=SessionPart(PlaySession, left_off, restore),
)
