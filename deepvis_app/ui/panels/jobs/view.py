"""The list of jobs, and how much of the device they may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.panels.jobs.row import JobRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.panels.jobs.row import JobLine

WIDTH_PX = 376
MOST_ROWS = 8


class JobsPopup(QWidget):
    """Everything shown comes in by setters; ids are the jobs'."""

    pause_requested = pyqtSignal(int)
    resume_requested = pyqtSignal(int)
    cancel_requested = pyqtSignal(int)
    front_requested = pyqtSignal(int)
    offered_resumed = pyqtSignal()
    offered_dropped = pyqtSignal()
    clear_requested = pyqtSignal()
    share_changed = pyqtSignal(float)  # 0..1

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH_PX)
        self._rows: dict[int, JobRow] = {}
        self._is_empty = True
        self._offer = self._offer_row()
        self._nothing = QLabel("No jobs. Long work is listed here.")
        self._nothing.setProperty("role", "muted")
        self._more = QLabel()
        self._more.setProperty("role", "detail")
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(self._head())
        column.addWidget(self._offer)
        column.addLayout(self._list)
        column.addWidget(self._nothing)
        column.addWidget(self._more)
        column.addSpacing(4)
        column.addWidget(self._share_slider())
        self._store = QLabel()
        self._store.setProperty("role", "detail")
        column.addWidget(self._store)
        self.set_jobs(())
        self.set_offered(0)
        self.set_store("")

    def set_jobs(self, lines: Sequence[JobLine]) -> None:
        """Show jobs in running order, the first few of them."""
        shown = lines[:MOST_ROWS]
        for job in set(self._rows) - {line.id for line in shown}:
            row = self._rows.pop(job)
            self._list.removeWidget(row)
            row.deleteLater()
        for place, line in enumerate(shown):
            row = self._rows.get(line.id) or self._make_row(line.id)
            if self._list.indexOf(row) != place:
                self._list.insertWidget(place, row)
            row.set_line(line, is_first=place == 0)
        self._is_empty = not lines
        self._show_nothing()
        self._more.setText(f"and {len(lines) - MOST_ROWS} more")
        self._more.setVisible(len(lines) > MOST_ROWS)
        self._clear.setEnabled(any(line.is_over for line in lines))

    def set_offered(self, count: int) -> None:
        """Offer the unfinished jobs of the last session again."""
        jobs = "job" if count == 1 else "jobs"
        self._offer_text.setText(f"{count} unfinished {jobs} from last time")
        self._offer.setVisible(count > 0)
        self._show_nothing()

    def _show_nothing(self) -> None:
        """Say that there are no jobs where there are none, unfinished ones of last time either."""
        self._nothing.setVisible(self._is_empty and self._offer.isHidden())

    def set_share(self, share: float) -> None:
        self._share.set_value(100 * share)

    def set_store(self, text: str) -> None:
        self._store.setText(text)
        self._store.setVisible(bool(text))

    def _make_row(self, job: int) -> JobRow:
        row = JobRow(job)
        row.pause_requested.connect(self.pause_requested)
        row.resume_requested.connect(self.resume_requested)
        row.cancel_requested.connect(self.cancel_requested)
        row.front_requested.connect(self.front_requested)
        self._rows[job] = row
        return row

    def _head(self) -> QHBoxLayout:
        title = QLabel("Jobs")
        title.setProperty("role", "title")
        self._clear = QPushButton("Clear finished")
        self._clear.setProperty("kind", "quiet")
        self._clear.setToolTip("Take finished, failed and stopped jobs off this list")
        self._clear.clicked.connect(self.clear_requested)
        row = QHBoxLayout()
        row.addWidget(title, 1)
        row.addWidget(self._clear)
        return row

    def _offer_row(self) -> QWidget:
        self._offer_text = QLabel()
        resume = QPushButton("Resume")
        resume.setToolTip("Go on with them where they stopped")
        resume.clicked.connect(self.offered_resumed)
        drop = QPushButton("Drop")
        drop.setProperty("kind", "quiet")
        drop.setToolTip("Forget them; what is finished is kept")
        drop.clicked.connect(self.offered_dropped)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._offer_text, 1)
        row.addWidget(resume)
        row.addWidget(drop)
        return holder

    def _share_slider(self) -> QWidget:
        self._share = LabelledSlider("Share of the device", 5, 90, 20, decimals=0, unit="%", step=5)
        self._share.setToolTip(
            "How much of the time jobs get while the live view could use all of it"
        )
        self._share.value_changed.connect(lambda value: self.share_changed.emit(value / 100))
        return self._share
