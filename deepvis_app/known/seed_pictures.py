"""What is known of one unit's pictures under one recipe: stored ones, and those that grow."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.synthesis import SynthesisStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer, KeptPictures
    from deepvis_app.synth import Recipe, Sample

UNDER_WAY = (JobState.WAITING, JobState.RUNNING, JobState.PAUSED)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One picture (H, W, 3), finished and stored, or as far as it has come."""

    sample: Sample
    recipe: Recipe
    picture: NDArray[np.uint8]
    trace: Sequence[float]
    activation: float | None
    stored: StoredPicture | None = None
    fingerprint: str = ""  # of the weights that it grows from

    def is_of(self, fingerprint: str) -> bool:
        """Tell whether it is of the weights that have this fingerprint."""
        own = self.fingerprint if self.stored is None else self.stored.note.fingerprint
        return own in ("", fingerprint)


def made_of(stored: StoredPicture, sample: Sample) -> Made:
    """Say of a kept picture what is said of one that was just made."""
    return Made(
        sample, stored.recipe, stored.image, stored.trace.tolist(), stored.activation, stored
    )


class SeedPictures:
    """Looks stored pictures up little by little and takes growing ones from the jobs."""

    def __init__(
        self, gallery: KeptPictures, fingerprint: str, samples: Sequence[Sample], recipe: Recipe
    ) -> None:
        self.samples = tuple(samples)
        self.recipe = recipe
        self._gallery = gallery
        self._fingerprint = fingerprint
        self._made: dict[Sample, Made] = {}
        self._unseen = list(samples)  # of which it is not known whether they are stored
        self._asked: dict[Sample, Answer[StoredPicture | None]] = {}
        self._removed: set[Sample] = set()  # what jobs have made of them is not shown again
        self._results: dict[Sample, str] = {}  # keys of what jobs have made
        self._awaited: set[int] = set()  # jobs whose pictures are shown whatever weights they have
        self.jobs: tuple[SynthesisStatus, ...] = ()  # those under way for these pictures

    @property
    def is_looked_up(self) -> bool:
        return not self._unseen

    def look_up(self, budget_s: float) -> bool:
        """Ask for stored pictures, at least for one, and take what the store has answered.

        Tells whether any was found.
        """
        until = time.perf_counter() + budget_s
        found = False
        for sample in tuple(self._unseen):
            if sample not in self._asked:
                self._asked[sample] = self._find(sample)
            if self._asked[sample].is_there:
                self._unseen.remove(sample)
                stored = self._asked.pop(sample).take()
                if stored is not None:
                    self._made[sample] = made_of(stored, sample)
                    self._removed.discard(sample)
                    found = True
            if time.perf_counter() >= until:
                break
        return found

    def made(self, sample: Sample) -> Made | None:
        return self._made.get(sample)

    def all_made(self) -> tuple[Made, ...]:
        """Return what there is, in the order of the samples."""
        return tuple(self._made[s] for s in self.samples if s in self._made)

    def missing(self) -> tuple[Sample, ...]:
        """Return what is neither stored nor under way."""
        busy = {sample for job in self.jobs for sample in job.samples}
        return tuple(
            sample
            for sample in self.samples
            if sample not in busy
            and ((made := self._made.get(sample)) is None or made.stored is None)
        )

    def state_of(self, sample: Sample) -> JobState | None:
        """Return the state of the job that makes a picture; None where none does."""
        states = [job.state for job in self.jobs if sample in job.samples]
        return states[0] if states else None

    def forget(self, key: str) -> None:
        """A stored picture is removed: it is as if it had not been made."""
        gone = [s for s, made in self._made.items() if made.stored and made.stored.key == key]
        for sample in gone:
            del self._made[sample]
            self._removed.add(sample)
            self._results.pop(sample, None)

    def look_again(self) -> None:
        """Look once more for what is not there."""
        self._unseen = [s for s in self.samples if s not in self._made]
        self._asked.clear()

    def steer(self, recipe: Recipe) -> None:
        """The jobs under way go on by another recipe."""
        self.recipe = recipe
        self._asked.clear()

    def await_job(self, number: int) -> None:
        """Take the pictures of this job, also where the network learned on before it was asked."""
        self._awaited.add(number)

    def take(self, statuses: Iterable[JobStatus]) -> None:
        """Take previews, traces and results from jobs for these pictures by this recipe.

        Those of other weights, such as another network's, are passed over.
        """
        wanted, key = set(self.samples), self.recipe.key
        pictures = [s for s in statuses if isinstance(s, SynthesisStatus)]
        ours = [
            s
            for s in pictures
            if wanted & set(s.samples) and s.recipe.key == key and self._is_ours(s)
        ]
        self.jobs = tuple(s for s in ours if s.state in UNDER_WAY)
        for status in ours:
            for sample in wanted & status.results.keys():
                if self._results.get(sample) != status.results[sample]:
                    self._results[sample] = status.results[sample]
                    self._look_anew(sample)
            gone = self._removed & status.results.keys()
            for sample in (wanted & status.previews.keys()) - gone:
                self._grow(sample, status)

    def _is_ours(self, status: SynthesisStatus) -> bool:
        return status.fingerprint in ("", self._fingerprint) or status.id in self._awaited

    def _grow(self, sample: Sample, status: SynthesisStatus) -> None:
        known = self._made.get(sample)
        if known is not None and known.stored is not None:
            return
        picture, trace = status.previews[sample], status.traces.get(sample, ())
        if known is None or known.picture is not picture or len(known.trace) != len(trace):
            best = (min if self.recipe.sign < 0 else max)(trace, default=None)
            self._made[sample] = Made(
                sample, status.recipe, picture, trace, best, fingerprint=status.fingerprint
            )

    def _look_anew(self, sample: Sample) -> None:
        """What is being looked up was asked for before the picture was there."""
        self._asked.pop(sample, None)
        if sample not in self._unseen:
            self._unseen.append(sample)

    def _find(self, sample: Sample) -> Answer[StoredPicture | None]:
        key = self._results.get(sample, "")
        return self._gallery.find(self._fingerprint, sample, self.recipe, key)
