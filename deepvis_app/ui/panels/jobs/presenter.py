"""The jobs to the status line and their list; what is done there to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.known.job_words import (
    jobs_text,
    name_of,
    progress_text,
    share_of,
    shortened_middle,
)
from deepvis_app.ui.panels.jobs.row import JobLine
from deepvis_app.words.quantities import size_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.errors import UserError
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.store import StoreInfo
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.kit.popup_button import PopupButton
    from deepvis_app.ui.kit.undo import Removal
    from deepvis_app.ui.panels.jobs.view import JobsPopup

STORE_S = 5.0  # between two looks at how full the store is
FAULT = "jobs"  # key of the banner
NAME_LETTERS = 44  # of the running job in the status line


class JobsPresenter:
    """Keeps the line and the list in step with the jobs."""

    def __init__(self, line: PopupButton, popup: JobsPopup, desk: Desk) -> None:
        self._line, self._popup = line, popup
        self._jobs, self._kept = desk.jobs, desk.kept.pictures
        self._notices, self._setting = desk.notices, desk.options.setting
        self._bytes: int | None = None  # in the store
        self._store_at = 0.0
        self._offered: Future[tuple[JobStatus, ...]] | None = None  # looked up
        self._store: Answer[StoreInfo | None] | None = None  # asked how full it is
        self._fault: UserError | None = None
        self._statuses: tuple[JobStatus, ...] = ()
        self._removed: dict[int, Removal] = {}  # jobs that can still be taken back
        self._connect()

    def offer_last(self) -> None:
        """Have looked up what the last session left unfinished, and offer it."""
        self._offered = self._jobs.look_up(self._jobs.take_back)

    def _say_offered(self) -> None:
        if self._offered is None or not self._offered.done():
            return
        offered, self._offered = self._offered.result(), None
        if offered:
            jobs = "job" if len(offered) == 1 else "jobs"
            self._notices.say(
                f"{len(offered)} unfinished {jobs} from last time: see the lower right corner", 8
            )

    def take(self, statuses: tuple[JobStatus, ...], now_s: float) -> None:
        """Show what the jobs are doing now."""
        self._statuses = statuses
        self._say_offered()
        self._keep_wanted()
        self._show_line(now_s)
        self._show_fault()
        if self._line.is_open():
            self._show_list()

    def _connect(self) -> None:
        popup, jobs = self._popup, self._jobs
        self._line.popup_opened.connect(self._show_list)
        popup.pause_requested.connect(jobs.pause)
        popup.resume_requested.connect(jobs.resume)
        popup.cancel_requested.connect(self._remove)
        popup.front_requested.connect(lambda job: jobs.move(job, 0))
        popup.clear_requested.connect(jobs.clear_finished)
        popup.offered_resumed.connect(lambda: self._answer_offer(accept=True))
        popup.offered_dropped.connect(lambda: self._answer_offer(accept=False))
        popup.share_changed.connect(self._set_share)
        self._setting.follow(
            lambda s: s.live.job_share, lambda s: popup.set_share(s.live.job_share)
        )

    def _set_share(self, share: float) -> None:
        self._setting.set("live", "job_share", round(share, 2))

    def _answer_offer(self, *, accept: bool) -> None:
        offered = [s for s in self._shown() if s.state is JobState.OFFERED]
        if accept:
            for status in offered:
                self._jobs.resume(status.id)
        elif offered:
            jobs = "job" if len(offered) == 1 else "jobs"
            self._hide(offered, f"{len(offered)} unfinished {jobs} dropped")

    def _remove(self, job: int) -> None:
        """Take a job out of the list; until that is final it rests."""
        for status in self._jobs.statuses():
            if status.id == job and job not in self._removed:
                self._hide([status], f"Job removed: {name_of(status)}")

    def _hide(self, statuses: list[JobStatus], text: str) -> None:
        ids = [status.id for status in statuses]
        going = [s.id for s in statuses if s.state in (JobState.RUNNING, JobState.WAITING)]
        for job in going:
            self._jobs.pause(job)

        def let_go(action: Callable[[int], None], jobs: list[int]) -> None:
            for job in ids:
                self._removed.pop(job, None)
            for job in jobs:
                action(job)

        removal = self._notices.removed(
            text,
            restore=lambda: let_go(self._jobs.resume, going),
            commit=lambda: let_go(self._jobs.cancel, ids),
        )
        self._removed.update(dict.fromkeys(ids, removal))

    def _keep_wanted(self) -> None:
        """A removed job that goes on was asked for anew: it stays."""
        for status in self._statuses:
            if status.state is JobState.RUNNING and status.id in self._removed:
                self._notices.forget(self._removed.pop(status.id))

    def _shown(self) -> tuple[JobStatus, ...]:
        return tuple(s for s in self._statuses if s.id not in self._removed)

    def _show_line(self, now: float) -> None:
        counts = dict.fromkeys(JobState, 0)
        shown = self._shown()
        for status in shown:
            counts[status.state] += 1
        running = next((s for s in shown if s.state is JobState.RUNNING), None)
        text, whole = jobs_text(counts), ""
        if running is not None:
            whole = name_of(running, with_way=True)
            text += f" · {shortened_middle(whole, NAME_LETTERS)}"
        if now - self._store_at >= STORE_S:
            self._store_at = now
            self._ask_store()
        if self._store is not None and self._store.is_there:
            info, self._store = self._store.take(), None
            self._show_store(info)
        if self._bytes is not None:
            text += f" · store {size_text(self._bytes)}"
        self._line.set_text(text, whole)

    def _ask_store(self) -> None:
        if not self._kept.has_store:
            self._popup.set_store("No store: what is made is not kept")
            return
        self._store = self._kept.info()

    def _show_store(self, info: StoreInfo | None) -> None:
        self._bytes = None if info is None else info.bytes
        if info is None:  # a banner says why
            return
        self._popup.set_store(
            f"Store: {size_text(info.bytes)} of {size_text(info.limit_bytes)}, "
            f"{info.entries} results"
        )

    def _show_list(self) -> None:
        shown = self._shown()
        offered = sum(status.state is JobState.OFFERED for status in shown)
        lines = [line_of(status) for status in shown if _is_listed(status)]
        lines.sort(key=lambda line: line.is_over)
        self._popup.set_offered(offered)
        self._popup.set_jobs(lines)

    def _show_fault(self) -> None:
        fault = self._jobs.fault
        if str(fault) == str(self._fault):
            return
        self._fault = fault
        if fault is None:
            self._notices.clear(FAULT)
        else:
            self._notices.fail(FAULT, fault.cause, fault.remedy)


def _is_listed(status: JobStatus) -> bool:
    """Tell whether a job has a row: offered ones have their own, guesses that are over none."""
    is_gone = status.is_guess and status.state.is_final
    return status.state is not JobState.OFFERED and not is_gone


def line_of(status: JobStatus) -> JobLine:
    """Return a job as its row shows it."""
    over = {
        JobState.DONE: "done",
        JobState.CANCELLED: "stopped",
        JobState.FAILED: str(status.error or "failed"),
    }.get(status.state)
    return JobLine(
        status.id,
        name_of(status),
        " · ".join(filter(None, (status.way, over or progress_text(status)))),
        share_of(status),
        is_paused=status.state is JobState.PAUSED,
        is_over=over is not None,
        is_bad=status.state is JobState.FAILED,
    )
