"""Code that a file would run: asked about before, and run only if the user agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis_app.engine import Phase
from deepvis_app.errors import UserError
from deepvis_app.nets.trust import UntrustedCodeError
from deepvis_app.ui.shell.trust_dialog import TrustDialog
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.engine.status import NetworkStatus
    from deepvis_app.ui.kit.notices import Notices
    from deepvis_app.ui.shell.sources import Sources

OFFER = "untrusted"  # key of the banner that offers to ask
REFUSED = "changed"  # of the one that says why it does not ask
KEEPING = "trusted"  # of the one that says what cannot be kept


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """The code that kept a network from being loaded, and what to load when it may run."""

    error: UntrustedCodeError
    spec: str
    weights: str


class Agreeing(QObject):
    """Asks about the code of what the user opens; of what opens by itself it only offers to."""

    def __init__(self, window: QWidget, notices: Notices, sources: Sources, default: str) -> None:
        super().__init__(window)
        self._window, self._notices = window, notices
        self._sources, self._default = sources, default
        self._known: UntrustedCodeError | None = None  # it was asked about, or offered
        self._offered: _Question | None = None
        self._answered: _Question | None = None  # the last one that was agreed to
        self.dialog: TrustDialog | None = None  # while it is open

    def show_status(self, status: NetworkStatus) -> None:
        """Ask about the code that has just kept a network from being loaded."""
        error = status.error
        if isinstance(error, UntrustedCodeError) and error is not self._known:
            question = self._question(status.spec, error)
            if self._sources.asks:
                self._ask(question)
            else:
                self._refuse(error)
        elif status.phase is Phase.FAILED:
            self._open_as_network(status.spec)
        elif status.phase is Phase.READY:
            self._answered = None
            self._notices.clear(REFUSED)
            if status.spec != self._default:
                self._notices.clear(OFFER)

    def offer(self, spec: str, error: UntrustedCodeError, instead: str) -> None:
        """Say what was not opened by itself, and offer to ask; `instead` is shown in its place."""
        self._offered = self._question(spec, error)
        name = in_plain(error.code.file.name, 40)
        cause = f"{name} brings code that you have not agreed to"
        self._notices.warn(OFFER, cause, instead, action="Look at it…", do=self._ask_offered)

    def _refuse(self, error: UntrustedCodeError) -> None:
        """Say that a picture cannot have run what was not agreed to."""
        name = in_plain(error.code.file.name, 40)
        cause = f"{name} brings other code than you agreed to"
        remedy = "Open it yourself to look at that code"
        self._notices.warn(REFUSED, cause, remedy)

    def _open_as_network(self, spec: str) -> None:
        """Open an agreed file that is no weights of the shown network: it may be one itself."""
        answered, self._answered = self._answered, None
        if answered is None or not answered.weights or answered.spec != spec:
            return
        file = str(answered.error.code.file)
        if file != spec:  # the code was that of the weights
            self._sources.load(file)

    def _question(self, spec: str, error: UntrustedCodeError) -> _Question:
        self._known = error
        return _Question(error, spec, self._sources.tried(spec))

    def _ask_offered(self) -> None:
        if self._offered is not None:
            self._ask(self._offered)

    def _ask(self, question: _Question) -> None:
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = TrustDialog(question.error, self._window)
        dialog.accepted.connect(lambda: self._run(question))
        dialog.rejected.connect(self._leave)
        dialog.finished.connect(lambda: self._close(dialog))
        dialog.open()  # nothing waits for the answer

    def _close(self, dialog: TrustDialog) -> None:
        dialog.deleteLater()
        if self.dialog is dialog:
            self.dialog = None

    def _run(self, question: _Question) -> None:
        try:
            self._sources.agree(question.error.code)
            self._notices.clear(KEEPING)
        except UserError as fault:
            self._notices.warn(KEEPING, fault.cause, fault.remedy)
        self._answered = question
        self._sources.load(question.spec, question.weights)

    def _leave(self) -> None:
        """What is shown stays; where that is nothing, what is always there comes."""
        if not self._sources.has_network():
            self._sources.load(self._default)
