"""What a page of the window is: a folder of its own, and one line in the registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel
    from PyQt6.QtGui import QImage
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.engine import EngineStatus, JobStatus, Snapshot
    from deepvis_app.engine.readers import Reader
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk, Files
    from deepvis_app.ui.kit.pictures.colour_bar import Bar
    from deepvis_app.ui.kit.plots.plot import Plot

    Asked = Reader[object]


class Place(Enum):
    """Where in the window a panel stands."""

    LEFT = "left column"
    CENTRE = "centre"  # of its workspace, from the top in the registry's order
    PAGE = "page of the inspector"
    LINE = "line at the bottom"  # a button, with what it drops down


@dataclass(frozen=True, slots=True)
class Workspace:
    """What can fill the centre, as the switch in the top bar offers it."""

    key: str
    title: str
    tip: str


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One thing the user can do; `run` gets the panel it belongs to, or the shell.

    With a `workspace` its keys are its own while that is open, also one that else another has.
    """

    name: str
    group: str  # in the help and the settings
    text: str
    tip: str
    keys: tuple[str, ...]
    run: Callable[[Any], object]
    checkable: bool = False
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a "?" explains: simple HTML under a title."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SessionPart:
    """What of a panel comes back at the next start.

    It is read off the user's wishes and put back there, so that a page that was never opened in
    this session loses nothing.
    """

    model: type[BaseModel]
    read: Callable[[Desk], BaseModel]
    restore: Callable[[Desk, Any], None]


@dataclass(frozen=True, slots=True)
class PanelInfo:
    """A panel as the window, help, keys, session and settings know it before it is made.

    `make` imports what the panel needs and is called when it is first opened; `settings` is a model
    of further settings, which are in the dialog and the file under `key`.
    """

    key: str
    title: str
    tip: str
    place: Place
    make: Callable[[Desk], Panel]
    workspace: Workspace | None = None  # of a panel in the centre
    actions: tuple[ActionInfo, ...] = ()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    session: SessionPart | None = None
    settings: type[BaseModel] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tick:
    """All that a tick of the clock tells."""

    now_s: float  # time.monotonic()
    status: EngineStatus
    snapshot: Snapshot | None  # a new one of the present network
    jobs: tuple[JobStatus, ...] | None  # None: they were not looked at in this tick


@dataclass(frozen=True, slots=True)
class Savable:
    """A picture or plot of a panel that can be saved; `content` gives it, None: there is none.

    `what` says in the file what it is; `unit` of which unit, the picked one if it gives none;
    `is_whole`: of more than one.
    """

    key: str
    title: str
    what: str
    content: Callable[[], QImage | QWidget | None]
    bar: Callable[[], Bar | None] = lambda: None
    unit: Callable[[], Unit | None] = lambda: None
    is_whole: bool = False
    is_smooth: bool = False


def painted(key: str, title: str, widget: QWidget) -> Savable:
    """Return what a widget paints as what can be saved while it can be seen."""
    what = widget.accessibleName().lower()
    return Savable(key, title, what, lambda: widget if widget.isVisible() else None)


def offer_plot(files: Files, key: str, plot: Plot) -> None:
    """Let what a plot's own menu offers be saved; `key` is that of what it paints."""
    plot.data_requested.connect(partial(files.save_data, key))
    plot.figure_requested.connect(partial(files.choose_figure, key))


class Panel:
    """A page with all that is its own. The methods that a panel does not need do nothing."""

    view: QWidget

    def set_network(self, network: Network | None) -> None:
        """Turn to another network; None: there is none any more."""

    def ask(self) -> tuple[Asked, ...]:
        """Return what every frame is asked for this panel, and show the user's present wishes.

        Called when wishes have changed, and only while the panel is seen.
        """
        return ()

    def tick(self, tick: Tick) -> None:
        """Show what is new. Called for every panel that was made, in the registry's order."""

    def restyle(self) -> None:
        """Draw anew what carries the theme's colours."""

    def put_away(self) -> bool:
        """Let go of what Esc takes away first; return whether there was something."""
        return False

    def reset(self) -> None:
        """Be as at the start: Esc, where nothing was to be taken away."""

    def savables(self) -> tuple[Savable, ...]:
        """Return what of this panel can be saved as a picture."""
        return ()
