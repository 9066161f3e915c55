"""Pictures of folders, and of the corpus, on their way into a lesson."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.jobs.kinds.examples import ExamplesRequest, ExamplesStatus
from deepvis_app.engine.jobs.status import JobState
from deepvis_app.engine.readers.teaching import MOMENTS
from deepvis_app.errors import UserError
from deepvis_app.known.lesson import MOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.corpus.concepts.examples import Example
    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.state.teaching import WantedPictures
    from deepvis_app.ui.desk import Desk

FAULT = "teach-pictures"
NO_CORPUS = "No photographs were scanned for this network: scan a folder first"


@dataclass(frozen=True, slots=True)
class Files:
    """Files of pictures of both sides."""

    inside: tuple[str, ...]
    outside: tuple[str, ...]


class Gathering:
    """Asks for pictures and hands on what comes of them. Knows no Qt."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._options = desk, desk.options.teaching
        self._jobs: dict[int, bool] = {}  # that go on, and for which side
        self._looked_up: Answer[Files | None] | None = None
        self.progress: dict[bool, str] = {}  # by side, while pictures are on their way

    def forget(self) -> None:
        """Leave what is on its way."""
        for job in self._jobs:
            self._desk.jobs.cancel(job)
        self._jobs.clear()
        self._looked_up = None
        self.progress = {}

    def add_folder(self, folder: Path, *, is_inside: bool) -> None:
        self._ask(is_inside, folder=str(folder))

    def _ask(self, is_inside: bool, *, folder: str = "", files: tuple[str, ...] = ()) -> None:
        number = self._options.number() * MOMENTS
        request = ExamplesRequest(self._options.layer, number, is_inside, folder, files)
        self._jobs[self._desk.jobs.submit(request)] = is_inside
        self.progress[is_inside] = "…"

    def take_wanted(self, wanted: WantedPictures) -> None:
        """Look up pictures of the corpus by their ids."""
        self._looked_up = self._desk.kept.corpora.ask(partial(files_of, wanted))
        if self._looked_up is None:
            self._desk.notices.say(NO_CORPUS)

    def tick(self, jobs: tuple[JobStatus, ...] | None) -> list[Example]:
        """Return the examples that are there by now, those that were told of before as well."""
        if self._looked_up is not None and self._looked_up.is_there:
            found, self._looked_up = self._looked_up.take(), None
            self._take_files(found)
        return [] if jobs is None or not self._jobs else self._take(jobs)

    def _take_files(self, found: Files | None) -> None:
        fault = self._desk.kept.corpora.fault
        if found is None and fault is not None:
            self._desk.notices.fail(FAULT, fault.cause, fault.remedy)
        elif found is not None:
            self._ask(True, files=found.inside)
            self._ask(False, files=found.outside)

    def _take(self, jobs: Iterable[JobStatus]) -> list[Example]:
        examples: list[Example] = []
        self.progress = {}
        for status in jobs:
            if not isinstance(status, ExamplesStatus) or status.id not in self._jobs:
                continue
            if status.gathered is not None:
                examples += status.gathered.examples
            if status.state.is_final:
                del self._jobs[status.id]
                self._tell_end(status)
            elif status.gathered is None:
                self.progress[status.request.is_inside] = "…"
            else:
                told = f"{status.gathered.step} of {status.gathered.total}"
                self.progress[status.request.is_inside] = told
        return examples

    def _tell_end(self, status: ExamplesStatus) -> None:
        notices = self._desk.notices
        if status.state is JobState.FAILED and status.error is not None:
            notices.fail(FAULT, status.error.cause, status.error.remedy)
            return
        notices.clear(FAULT)
        faults = () if status.gathered is None else status.gathered.faults
        if faults:
            many = f"{len(faults)} pictures" if len(faults) > 1 else "One picture"
            notices.say(f"{many} could not be read: {faults[0].reason}")


def files_of(wanted: WantedPictures, corpus: Corpus) -> Files:
    """Return the files of pictures of a corpus, at most `MOST` of a side, in even steps.

    Raises `UserError` where they are in no files. Ids that it has not are left out.
    """
    if not corpus.about.source:
        raise UserError(
            f"The pictures of {corpus.name} are in no files", "Scan a folder of pictures"
        )
    plan = corpus.plan
    inside = np.flatnonzero(np.isin(plan.ids, np.array(wanted.inside, np.uint64)))
    outside = np.flatnonzero(np.isin(plan.ids, np.array(wanted.outside, np.uint64)))
    if not wanted.outside:
        outside = _drawn(np.setdiff1d(np.arange(len(plan.ids)), inside), len(inside))
    folder = corpus.about.folder

    def paths(rows: NDArray[np.intp]) -> tuple[str, ...]:
        places = np.linspace(0, len(rows) - 1, min(len(rows), MOST)).round().astype(int)
        return tuple(str(Path(folder, plan.names[row])) for row in rows[places])

    return Files(paths(inside), paths(outside))


def _drawn(rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return as many of some rows by chance, the same for the same rows; or all there are."""
    found: NDArray[np.intp] = np.sort(np.random.default_rng(0).permutation(rows)[: max(count, 20)])
    return found
