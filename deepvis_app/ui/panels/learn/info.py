"""Learn, as the registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.learn import LEARN as LEARN_KEY
from deepvis_app.ui.panel import ActionInfo, PanelInfo, Place, SessionPart, Workspace
from deepvis_app.ui.panels.learn.sections import SECTIONS
from deepvis_app.ui.panels.learn.session import LearnSession, left_off, restore
from deepvis_app.ui.panels.learn.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.panel import LearnPanel


def _make(desk: Desk) -> LearnPanel:
    from deepvis_app.ui.panels.learn.panel import LearnPanel

    return LearnPanel(desk)


def _action(
    name: str, text: str, tip: str, key: str, run: Callable[[LearnPanel], object]
) -> ActionInfo:
    return ActionInfo(f"learn-{name}", "Learn", text, tip, (key,), run, workspace=LEARN_KEY)


ACTIONS = (
    _action(
        "press", "Start, pause, go on", "In Learn: start a training, pause it, let it go on",
        "Space", lambda panel: panel.commands.press(),
    ),
    _action(
        "step", "One step", "In Learn: let the training make one step, then rest",
        ".", lambda panel: panel.commands.one_step(),
    ),
    _action(
        "new", "New run…", "In Learn: choose every setting of a training",
        "N", lambda panel: panel.commands.new_run(),
    ),
    _action(
        "open", "Open a log…", "In Learn: open a log of a training, ours or TensorBoard’s",
        "Shift+O", lambda panel: panel.commands.open_log(),
    ),
    _action(
        "eye", "Show or hide curves", "In Learn: show or hide the curves of the chosen run",
        "V", lambda panel: panel.commands.toggle_eye(),
    ),
    _action(
        "log", "Logarithmic loss", "In Learn: draw the loss over a logarithmic axis, or not",
        "Shift+L", lambda panel: panel.commands.toggle_log(),
    ),
)  # fmt: skip

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
