"""The check of a plan before its training starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kinds.checking import CheckRequest, CheckStatus
from deepvis_app.engine.jobs.status import JobState
from deepvis_app.ui.panels.learn.form import CheckLine

if TYPE_CHECKING:
    from deepvis_app.engine import JobStatus
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.form_sheet import FormContent


class CheckPresenter:
    """One check at a time; it ends when the form is closed."""

    def __init__(self, view: FormContent, desk: Desk) -> None:
        self._view, self._jobs, self._options = view, desk.jobs, desk.options.learn
        self._check: int | None = None  # the job
        self._checks_made = 0
        view.check_requested.connect(self.press)
        view.closed.connect(self.stop)

    def press(self) -> None:
        """Check the plan, or stop the check."""
        if self._check is not None:
            self.stop()
            return
        self._checks_made += 1
        request = CheckRequest(self._options.plan, self._checks_made)
        self._check = self._jobs.submit(request)
        self._view.checks.set_lines((CheckLine("Check", None, "looks at the data…"),))
        self._view.set_checking(True)

    def stop(self) -> None:
        if self._check is not None:
            self._jobs.cancel(self._check)
            self._check = None
            self._view.set_checking(False)

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Show how far the check is."""
        status = next((each for each in statuses if each.id == self._check), None)
        if not isinstance(status, CheckStatus):
            return
        lines = [_line(check) for check in status.checks]
        if not status.state.is_final:
            share = f"{status.step} of {status.total} steps" if status.total else "a moment…"
            lines.append(CheckLine("Learns a few by heart", None, share))
        elif status.state is JobState.FAILED and status.error is not None:
            lines = [CheckLine("Check", False, str(status.error))]
        self._view.checks.set_lines(lines)
        if status.state.is_final:
            self._check = None
            self._view.set_checking(False)


def _line(check: Any) -> CheckLine:
    said = f"{check.evidence} {check.remedy}".strip()
    return CheckLine(check.title, check.passed, said)
