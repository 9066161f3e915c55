"""The workspace Learn as a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panel import Panel, Savable, offer_plot, painted
from deepvis_app.ui.panels.learn.commands import LearnCommands
from deepvis_app.ui.panels.learn.presenter import LearnPresenter
from deepvis_app.ui.panels.learn.sections import SECTIONS
from deepvis_app.ui.panels.learn.view import LearnView
from deepvis_app.ui.panels.learn.watching import Watching

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick


class LearnPanel(Panel):
    """Runs, how they learn, and what goes wrong."""

    view: LearnView

    def __init__(self, desk: Desk) -> None:
        self.view = LearnView()
        self.view.explanation_requested.connect(desk.notices.explain)
        for info in SECTIONS:
            section = info.make(desk)
            section.step_pointed.connect(lambda step: setattr(desk.options.learn, "hovered", step))
            self.view.add_section(info, section)
        self.watching = Watching(desk)
        self.presenter = LearnPresenter(self.view, desk, self.watching)
        self.commands = LearnCommands(self.view, desk, self.presenter)
        for key, plot in self.view.curves.plots.items():
            offer_plot(desk.files, f"learn-{key}", plot)

    def ask(self) -> tuple[Asked, ...]:
        return tuple(each for section in self.view.sections for each in section.ask())

    def tick(self, tick: Tick) -> None:
        self.presenter.tick(tick)
        self.commands.tick()
        self.watching.tick(tick)
        for section in self.view.sections:
            section.tick(tick)

    def restyle(self) -> None:
        for section in self.view.sections:
            section.restyle()

    def savables(self) -> tuple[Savable, ...]:
        plots = self.view.curves.plots
        return (
            painted("learn-loss", "Plot: loss of the runs", plots["loss"]),
            painted("learn-accuracy", "Plot: accuracy of the runs", plots["accuracy"]),
            *(each for section in self.view.sections for each in section.savables()),
        )
