"""Which corpus is looked at, and how a scan of another one is begun, held and told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.scanning import ScanStatus
from deepvis_app.errors import UserError, one_line
from deepvis_app.known.scanning import begin_scan, rescan_of, scan_of
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup
from deepvis_app.ui.panels.pictures.scan_bar import ScanState
from deepvis_app.words.quantities import pictures_text, time_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.jobs.kinds.scanning import ScanRequest
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.pictures.view import PicturesView

    Listed = tuple[tuple[str, str], ...]

PAGE = "pictures"
LISTED = 12  # pictures that cannot be read, named
FAULT = "corpora"  # key of the banner


class ShelfPresenter:
    """Keeps the chooser, the scan's line and the empty page in step with corpora and jobs."""

    def __init__(self, view: PicturesView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._jobs, self._corpora = desk.jobs, desk.kept.corpora
        self._options, self._sight = desk.options.pictures, desk.sight
        self._network: Network | None = None
        self._statuses: tuple[ScanStatus, ...] = ()
        self._version = -1
        self._faults: Answer[tuple[int, Listed] | None] | None = None
        self._listed: tuple[int, Listed] = (0, ())
        self._connect()

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._version, self._listed = -1, (0, ())
        self._show()

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Take what the jobs are doing now."""
        self._statuses = tuple(one for one in statuses if isinstance(one, ScanStatus))
        if self._sight.shows(PAGE):
            self._show_empty()
            self._show_scan()

    def tick(self) -> None:
        if not self._sight.shows(PAGE):
            return
        if self._version != self._corpora.version:
            self._version = self._corpora.version
            self._faults = self._corpora.ask(
                lambda corpus: (
                    corpus.faults.count,
                    tuple((f.name, f.reason) for f in corpus.faults.listed[:LISTED]),
                )
            )
            self._show()
        if self._faults is not None and self._faults.is_there:
            found, self._faults = self._faults.take(), None
            self._listed = found or (0, ())
            self._show()

    # Showing

    def _show(self) -> None:
        corpora, present = self._corpora, self._corpora.present
        choices = tuple(_choice(info) for info in corpora.of_network)
        groups = [ChoiceGroup("Scanned with this network", choices)] if choices else []
        name = present.name if present is not None else ""
        self._view.set_corpora(groups, "" if present is None else str(present.path), name)
        self._show_empty()
        self._show_scan()

    def _show_empty(self) -> None:
        corpora, present, scan = self._corpora, self._corpora.present, self._scan()
        if self._network is None:
            self._view.set_empty("No network", "Open a network first")
        elif present is not None and present.problem:
            self._view.set_empty(present.problem, "", offers=True)
        elif present is not None:
            self._view.set_empty("", "")
        elif scan is not None and scan.state is JobState.FAILED:
            cause, remedy = ("It failed", "") if scan.error is None else _words(scan.error)
            self._view.set_empty(cause, remedy, offers=True)
        elif scan is not None:
            self._view.set_empty(
                f"Looking at {scan.request.name}", "The first pictures come in a moment"
            )
        elif not corpora.is_listed and corpora.fault is not None:
            self._view.set_empty(*_words(corpora.fault))
        elif not corpora.is_listed:
            self._view.set_empty("Looking for scanned pictures…", "")
        else:
            self._view.set_empty(
                "No pictures scanned for this network",
                "Choose a folder, or drop one here: every picture in it passes once through the "
                "network, which keeps what each unit gave. The live view goes on meanwhile.",
                offers=True,
            )

    def _scan(self) -> ScanStatus | None:
        """Return the scan of the corpus that is looked at, or is chosen and not there yet."""
        present = self._corpora.present
        chosen = self._options.chosen.get(self._fingerprint, "")
        wanted = {chosen, "" if present is None else str(present.path)} - {""}
        own = [one for one in self._statuses if one.request.out in wanted]
        going = [one for one in own if not one.state.is_final]
        failed = [one for one in own[-1:] if one.state is JobState.FAILED]
        return next(iter(going or failed), None)

    def _show_scan(self) -> None:
        bar, scan, present = self._view.scan, self._scan(), self._corpora.present
        is_part = present is not None and not present.problem and not present.is_complete
        is_offered = scan is not None and scan.state is JobState.OFFERED
        is_said = present is None and scan is not None and scan.state is JobState.FAILED
        bar.setVisible((scan is not None or is_part) and not is_said)
        count, listed = self._listed
        is_told = scan is not None and not is_offered
        self._view.set_scanned("" if is_told else _scanned(present), listed, count - len(listed))
        if scan is None or is_offered:
            left = present.total - present.scanned if present is not None else 0
            bar.set_scan(ScanState.RESTING, f"{pictures_text(left)} not scanned yet", 0.0)
        elif scan.state is JobState.FAILED:
            error = "It failed" if scan.error is None else one_line(scan.error)
            bar.set_scan(ScanState.FAILED, error, 0.0)
        else:
            share = scan.step / scan.total if scan.total else None
            is_paused = scan.state is JobState.PAUSED
            state = ScanState.PAUSED if is_paused else ScanState.RUNNING
            bar.set_scan(state, scan_text(scan), share)

    @property
    def _fingerprint(self) -> str:
        return self._network.last_fingerprint if self._network is not None else ""

    # Gestures

    def _connect(self) -> None:
        view, jobs = self._view, self._jobs
        view.corpus_picked.connect(lambda key: self._corpora.choose(Path(key)))
        view.folder_chosen.connect(self.scan_folder)
        view.again_requested.connect(self._scan_again)
        view.layers_requested.connect(self._scan_layers)
        view.renamed.connect(self._rename)
        view.remove_requested.connect(self._remove)
        view.scan.start_requested.connect(self._scan_again)
        view.scan.pause_requested.connect(lambda: self._for_scan(jobs.pause))
        view.scan.resume_requested.connect(lambda: self._for_scan(jobs.resume))
        view.scan.stop_requested.connect(lambda: self._for_scan(jobs.cancel))

    def scan_folder(self, folder: str) -> None:
        """Scan the pictures of a folder with the present network, and look at them."""
        if self._network is None:
            return
        try:
            request = scan_of(self._corpora, folder, self._network)
        except UserError as error:
            self._desk.notices.fail(FAULT, error.cause, error.remedy)
            return
        self._desk.notices.clear(FAULT)
        self._begin(request)

    def _scan_again(self) -> None:
        """Scan what of the present corpus' folder is not scanned yet."""
        present = self._corpora.present
        if present is None:
            return
        if not present.source:
            cause = f"Where the pictures of {present.name} are is not known"
            self._desk.notices.fail(FAULT, cause, "Scan their folder: “Scan a folder…”")
            return
        assert self._network is not None
        self._begin(rescan_of(present, self._network))

    def _begin(self, request: ScanRequest) -> None:
        begin_scan(self._jobs, self._corpora, request)
        self.take(self._jobs.statuses())
        self._show()

    def _scan_layers(self) -> None:
        """Scan the present corpus' pictures by all layers, directions too."""
        present = self._corpora.present
        if present is not None and present.source:
            self.scan_folder(present.source)

    def _for_scan(self, action: Callable[[int], None]) -> None:
        scan = self._scan()
        if scan is not None:
            action(scan.id)
            self.take(self._jobs.statuses())

    def _rename(self, name: str) -> None:
        present = self._corpora.present
        if present is not None and name.strip():
            self._corpora.rename(present.path, name)

    def _remove(self) -> None:
        """Take the present corpus out of the list; it goes for good a little later."""
        present, corpora = self._corpora.present, self._corpora
        if present is None:
            return
        if corpora.scan is not None:
            self._desk.notices.say("It is being scanned: stop that first", 4)
            return
        path = present.path
        corpora.hide(path)
        self._desk.notices.removed(
            f"Removed what was scanned of {present.name}; its pictures stay",
            restore=lambda: corpora.show(path),
            commit=lambda: corpora.remove(path),
        )


def _words(error: UserError) -> tuple[str, str]:
    return error.cause, error.remedy


def scan_text(scan: ScanStatus) -> str:
    """Return "Scanning holiday 1 240 of 2 000 · 21 s left"."""
    name, state = scan.request.name, scan.state
    if state is JobState.WAITING:
        return f"Scan of {name} waits"
    if not scan.total:
        return f"Looking at {name}"
    progress = scan.progress
    is_listing = progress is not None and progress.phase == "listing"
    what = "Looking at" if is_listing else "Scanning"
    text = f"{what} {name} {_count(scan.step)} of {_count(scan.total)}"
    if state is JobState.PAUSED:
        return f"{text} · {scan.rests or 'paused'}"
    if scan.seconds_left is not None:
        text += f" · {time_text(scan.seconds_left)} left"
    return text


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u2009")


def _choice(info: CorpusInfo) -> Choice:
    is_whole = info.is_complete
    text = pictures_text(info.total)
    if not is_whole:
        text = "damaged" if info.problem else f"{_count(info.scanned)} of {text}"
    return Choice(str(info.path), info.name, text, info.source or info.problem)


def _scanned(info: CorpusInfo | None) -> str:
    if info is None or info.problem:
        return ""
    where = f" of {info.source}" if info.source else ""
    if info.is_complete:
        return f"{pictures_text(info.total)}{where}"
    return f"{_count(info.scanned)} of {pictures_text(info.total)}{where}"
