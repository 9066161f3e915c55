"""A picture of a run, standing in the scrolling centre of Learn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deepvis_app.lab.log.run import Run
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Savable, Tick, Topic


class Section(QWidget):
    """As wide as the centre less its margins; as high as its size hint says.

    `show_run` is called while the workspace is open, whenever the run that is looked at is another
    value (a running one is, a few times a second) or another step is pointed at.
    """

    explanation_requested = pyqtSignal(str)  # a topic
    step_pointed = pyqtSignal(object)  # the step under the pointer, None: none

    def show_run(self, run: Run | None, step: int | None) -> None:
        """Show a run, None: none is chosen; `step`: the one that is pointed at, None: the last."""
        raise NotImplementedError

    def ask(self) -> tuple[Asked, ...]:
        """Return what every frame is asked for this; called while the workspace is open."""
        return ()

    def tick(self, tick: Tick) -> None:
        """Show what is new of the live view and of jobs, if this has to do with them."""

    def set_narrow(self, is_narrow: bool) -> None:
        """Lie in a narrow window, or not."""

    def restyle(self) -> None:
        """Draw anew what carries the theme's colours."""

    def savables(self) -> tuple[Savable, ...]:
        """Return what of this can be saved as a picture."""
        return ()


@dataclass(frozen=True, slots=True)
class SectionInfo:
    """A section as the page knows it before it is made. `make` imports what it needs."""

    key: str
    make: Callable[[Desk], Section]
    topics: Mapping[str, Topic] = field(default_factory=dict)
    is_for_wide: bool = False  # is not there in a narrow window
