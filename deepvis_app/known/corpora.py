"""Scanned collections of pictures as the window asks for them: nothing here waits for a disk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from deepvis_app.corpus.corpus import Corpus
from deepvis_app.engine.jobs.kinds.scanning import ScanStatus
from deepvis_app.engine.kept.corpora import stamp_of
from deepvis_app.errors import UserError
from deepvis_app.known.kept_pictures import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Protocol

    from deepvis_app.corpus.progress import SoFar
    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.kept.corpora import Corpora, CorpusInfo
    from deepvis_app.state.pictures import PictureOptions

    T = TypeVar("T")

    class Read(Protocol):
        """Has a question answered on a thread that reads files."""

        def __call__(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]: ...


NEWS_S = 0.5  # between two looks at a scan that goes on
LOOK_S = 1.0  # between two looks at the folder of corpora while one looks at one of them
_OPEN = 2  # corpora that are kept open: the one looked at, and one beside it


class KnownCorpora:
    """The corpora of the present network, and questions to the one that is looked at.

    For the main thread. `version` grows whenever an answer may be another one: another corpus was
    chosen, or more of it is scanned. `fault` is what was wrong with the last answer, if anything.
    """

    def __init__(
        self,
        home: Corpora,
        read: Read,
        options: PictureOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home, self._read, self._options, self._clock = home, read, options, clock
        self._opened = _Opened()
        self._fingerprint = ""
        self._listing: Future[tuple[CorpusInfo, ...]] | None = None
        self._scans: dict[str, ScanStatus] = {}  # that go on, by folder
        self._told_s = self._looked_s = 0.0
        self._looking: Future[tuple[object, ...]] | None = None
        self._stamps: tuple[object, object] = None, None  # that the list is of, and the last one
        self._is_outdated = False
        self._hidden: set[Path] = set()  # those that are about to be removed
        self._orders: list[Future[None]] = []  # whose outcome is not told yet
        self.infos: tuple[CorpusInfo, ...] = ()
        self.is_listed = False  # the folder of corpora was looked at
        self.version = 0
        self.fault: UserError | None = None
        options.events.chosen.connect(self._news)
        options.events.beside.connect(self._news)

    # What there is

    def set_network(self, fingerprint: str) -> None:
        """Turn to another network; "" for none."""
        self._fingerprint = fingerprint
        self._news()
        self.refresh()

    def weights_moved(self, fingerprint: str) -> None:
        """The network learns: what was scanned with other weights is not of it."""
        before = self.of_network
        self._fingerprint = fingerprint
        if self.of_network != before:
            self._news()

    def refresh(self) -> None:
        """Look at the folder of corpora again."""
        if self._listing is None:
            self._listing = self._read(self._home.infos)
        else:  # what is being looked at may be of before
            self._is_outdated = True

    def look_round(self) -> None:
        """Notice what others do to corpora: to be called in every round in which one is looked at.

        What still changes is listed again once it rests, and scans of one's own are told of anyhow.
        """
        if self._looking is None:
            if self._clock() - self._looked_s >= LOOK_S and not self._scans:
                self._looked_s = self._clock()
                self._looking = self._read(self._home.stamp)
        elif self._looking.done():
            looking, self._looking = self._looking, None
            fault = looking.exception()
            stamp: object = looking.result() if fault is None else str(fault)
            listed, last = self._stamps
            self._stamps = (stamp if stamp == last else listed), stamp
            if stamp == last != listed:
                self.refresh()

    def is_gone(self, path: Path) -> bool:
        """Tell whether a corpus is not there any more, and nobody removed it in this window."""
        is_known = path in self._hidden or any(one.path == path for one in self.infos)
        return self.is_listed and not is_known

    @property
    def of_network(self) -> tuple[CorpusInfo, ...]:
        """Return the corpora of the present network, the newest first."""
        return tuple(
            one
            for one in self.infos
            if one.fingerprint == self._fingerprint and one.path not in self._hidden
        )

    @property
    def present(self) -> CorpusInfo | None:
        """Return the corpus that is looked at: the chosen one, else the newest of most layers.

        One that is damaged is it only where it was chosen, or there is no other.
        """
        own = self.of_network
        chosen = self._options.chosen.get(self._fingerprint, "")
        usual = max(own, key=lambda one: (not one.problem, len(one.layers)), default=None)
        return next((one for one in own if str(one.path) == chosen), usual)

    @property
    def scan(self) -> ScanStatus | None:
        """Return the scan of the corpus that is looked at, while it goes on."""
        present = self.present
        return None if present is None else self._scans.get(str(present.path))

    # What is done with them

    def place_for(self, source: str, layers: Sequence[str] | None = None) -> Path:
        """Return where a scan of a folder by layers of the present network goes; None: by all."""
        return self._home.path_for(self._fingerprint, source, layers=layers)

    def choose(self, path: Path) -> None:
        """Look at a corpus from now on."""
        self._options.choose(self._fingerprint, str(path))

    def rename(self, path: Path, name: str) -> None:
        """Call a corpus something else, soon."""
        self._order(lambda: self._home.rename(path, name))

    def hide(self, path: Path) -> None:
        """Do not list a corpus until it is shown again, or removed."""
        self._hidden.add(path)
        self._news()

    def show(self, path: Path) -> None:
        self._hidden.discard(path)
        self._news()

    def remove(self, path: Path) -> None:
        """Remove a corpus, soon; it stays hidden unless that fails."""

        def remove() -> None:
            try:
                self._home.remove(path)
            except UserError:
                self._hidden.discard(path)
                raise

        self._order(remove)

    def _order(self, action: Callable[[], None]) -> None:
        self._orders.append(self._read(action, is_order=True))

    def _tell_of_orders(self) -> None:
        done = [order for order in self._orders if order.done()]
        if not done:
            return
        self._orders = [order for order in self._orders if order not in done]
        for order in done:
            self._heard(order)
        self.refresh()
        self._news()

    # What is told

    def take(self, statuses: Iterable[JobStatus]) -> None:
        """Take how far scans are. Call it whenever jobs were looked at."""
        scans = {
            one.request.out: one
            for one in statuses
            if isinstance(one, ScanStatus) and not one.state.is_final
        }
        has_changed = scans.keys() != self._scans.keys()
        is_known = all(any(str(one.path) == out for one in self.infos) for out in scans)
        is_moving = any(one.progress is not self._progress(out) for out, one in scans.items())
        self._scans = scans
        is_time = self._clock() - self._told_s >= NEWS_S
        if has_changed or (is_time and not is_known):
            self.refresh()
        if has_changed or (is_moving and is_time):
            self._news()

    def _progress(self, out: str) -> object:
        return self._scans[out].progress if out in self._scans else None

    def tick(self) -> None:
        """Take the answers that are there."""
        self._tell_of_orders()
        if self._listing is None or not self._listing.done():
            return
        listing, self._listing = self._listing, None
        if self._is_outdated:
            self._is_outdated = False
            self.refresh()
        try:
            infos = listing.result()
        except UserError as error:
            self.fault = error
            return
        if infos != self.infos or not self.is_listed:
            self.infos, self.is_listed = infos, True
            self._news()

    def _news(self, *_: object) -> None:
        self._told_s = self._clock()
        self.version += 1

    # What is asked

    def ask(self, question: Callable[[Corpus], T]) -> Answer[T | None] | None:
        """Ask something of the corpus that is looked at; None: there is none.

        The question runs on a thread that reads files: it must not use torch, and what it gives is
        to be never written again. None comes of what the disk does not give; `fault` says why.
        """
        present = self.present
        return None if present is None else self.ask_of(present.path, question)

    def ask_of(self, path: Path, question: Callable[[Corpus], T]) -> Answer[T | None]:
        """Ask something of a corpus."""
        status = self._scans.get(str(path))
        progress = None if status is None else status.progress
        so_far = None if progress is None else progress.so_far
        future = self._read(lambda: question(self._opened.at(path, so_far)))
        return Answer(future, self._heard)

    def _heard(self, future: Future[T]) -> T | None:
        try:
            answer = future.result()
        except UserError as error:
            self.fault = error
            return None
        self.fault = None
        return answer


class _Opened:
    """The corpora that are open; for the reading thread alone."""

    def __init__(self) -> None:
        self._corpora: dict[Path, tuple[object, Corpus]] = {}

    def at(self, path: Path, so_far: SoFar | None) -> Corpus:
        """Return a corpus as it is on the disk by now. Raises `UserError`."""
        stamp = stamp_of(path)
        known = self._corpora.pop(path, None)
        corpus = known[1] if known is not None and known[0] == stamp else Corpus(path)
        self._corpora[path] = stamp, corpus
        while len(self._corpora) > _OPEN:
            del self._corpora[next(iter(self._corpora))]
        return corpus if so_far is None else corpus.along(so_far)
