"""A section that costs nothing while it is scrolled out of sight."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer

from deepvis_app.ui.kit.paced import PAUSE_MS, PacedUpdate
from deepvis_app.ui.panels.learn.section import Section

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.lab.log.run import Run


SPARE = 30  # times what a refresh takes, in which there is no other


class LazySection(Section):
    """`refresh` is called when it is seen and there is something new, some times a second."""

    def __init__(self) -> None:
        super().__init__()
        self.run: Run | None = None
        self.step: int | None = None
        self._is_due = True
        self._paced = PacedUpdate(self, self._refresh_if_seen)
        self.hide()  # until there is a run

    def applies(self, run: Run | None) -> bool:
        """Tell whether there is any sense in this picture for a run; else it is not there."""
        return run is not None

    def refresh(self) -> None:
        """Show `run` as it is now."""
        raise NotImplementedError

    def show_step(self) -> None:
        """Mark `step`; cheap."""

    def show_run(self, run: Run | None, step: int | None) -> None:
        if step != self.step:
            self.step = step
            self.show_step()
        if run is self.run:
            return
        is_other = run is None or self.run is None or run.path != self.run.path
        self.run = run
        self.setVisible(self.applies(run))
        if is_other:
            self._is_due = True
            self.update()  # its painting has it refreshed, where it is seen
        self.refresh_soon()

    def refresh_soon(self) -> None:
        """Have it shown anew: something else is wanted of it, or known."""
        self._is_due = True
        self._paced.soon()

    def refresh_now(self) -> None:
        """Show what is due at once."""
        self._is_due = False
        begun = perf_counter()
        self.refresh()
        self.show_step()
        spent_ms = 1000 * (perf_counter() - begun)
        self._paced.setInterval(max(PAUSE_MS, round(SPARE * spent_ms)))

    def _refresh_if_seen(self) -> None:
        if self._is_due and not self.visibleRegion().isEmpty():
            self.refresh_now()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._is_due:
            QTimer.singleShot(0, self._refresh_if_seen)
