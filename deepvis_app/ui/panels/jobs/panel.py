"""The jobs as a panel: one line at the bottom, the list that it drops down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.panel import Panel
from deepvis_app.ui.panels.jobs.presenter import JobsPresenter
from deepvis_app.ui.panels.jobs.view import JobsPopup

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick

TIP = "What is being made in the background, and what it takes"


class JobsPanel(Panel):
    """The long work there is."""

    view: PopupButton

    def __init__(self, desk: Desk) -> None:
        self.popup = JobsPopup()
        self.view = PopupButton(self.popup, TIP)
        self.presenter = JobsPresenter(self.view, self.popup, desk)
        self._has_offered = False

    def open(self) -> None:
        self.view.open_popup()

    def tick(self, tick: Tick) -> None:
        if not self._has_offered:
            self._has_offered = True
            self.presenter.offer_last()
        if tick.jobs is not None:
            self.presenter.take(tick.jobs, tick.now_s)
