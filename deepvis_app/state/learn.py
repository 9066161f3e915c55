"""What the user wants to see of runs: which one, which curves, over what, at which step."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.state.run_looks import RunLooks

if TYPE_CHECKING:
    from collections.abc import Iterable

LEARN = "learn"  # the workspace's key
COLOURS = 6  # that runs have by turns


class Axis(Enum):
    """What curves stand over."""

    STEPS = "steps"
    EPOCHS = "epochs"
    TIME = "time"


@dataclass
class LearnOptions:
    """Evented, main thread only. Runs are named by the path of their folder.

    `chosen`: the run that is looked at, "" for none. `hidden`: runs without curves. `opened`: logs
    from elsewhere that were opened. `colours`: a number by run, for good. `tags`: what is drawn as
    loss and as accuracy where it is not the usual scalar. `smooth`: over how many values a curve's
    mean is taken, 0 for a fiftieth of them, 1 for none. `curve`: the one shown where there is room
    for one. `hovered`: the step that is pointed at in any picture, which all others mark. `going`:
    runs that trained here when the window closed. `looks`: what is seen of the chosen run. `plan`:
    the settings of the next run, `name` what it is to be called, "" for what its settings say.
    `watches`: the network that is trained here is to be the one that is watched.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    chosen: str = ""
    hidden: frozenset[str] = frozenset()
    opened: tuple[str, ...] = ()
    colours: dict[str, int] = field(default_factory=dict)
    axis: Axis = Axis.STEPS
    is_log: bool = False
    smooth: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    curve: str = "loss"
    hovered: int | None = None
    going: tuple[str, ...] = ()
    looks: RunLooks = field(default_factory=RunLooks)
    plan: TrainPlan = field(default_factory=TrainPlan)
    name: str = ""
    watches: bool = False

    def toggle_hidden(self, run: str) -> None:
        """Show a run's curves, or hide them."""
        self.hidden = self.hidden ^ {run}

    def colour(self, run: str) -> int:
        """Return a run's colour, 1 to `COLOURS`: the one that is used least, and then stays."""
        if run not in self.colours:
            used = [*self.colours.values()]
            free = min(range(1, COLOURS + 1), key=lambda number: (used.count(number), number))
            self.colours = {**self.colours, run: free}
        return self.colours[run]

    def forget(self, run: str) -> None:
        """A run is gone."""
        self.colours = {path: number for path, number in self.colours.items() if path != run}
        self.hidden = self.hidden - {run}
        self.opened = tuple(path for path in self.opened if path != run)
        self.going = tuple(path for path in self.going if path != run)
        if self.chosen == run:
            self.chosen = ""

    def call(self, old: str, new: str) -> None:
        """A run has another name."""

        def named(paths: Iterable[str]) -> list[str]:
            return [new if path == old else path for path in paths]

        self.colours = dict(zip(named(self.colours), self.colours.values(), strict=True))
        self.hidden = frozenset(named(self.hidden))
        self.opened, self.going = tuple(named(self.opened)), tuple(named(self.going))
        if self.chosen == old:
            self.chosen = new
