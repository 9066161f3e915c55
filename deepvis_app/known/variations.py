"""Random variations of a recipe, tried on one unit: which there are and what became of each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.known.seed_pictures import UNDER_WAY, Made, made_of
from deepvis_app.synth import Sample
from deepvis_app.synth.scores import Scores
from deepvis_app.synth.search import merit, random_recipes
from deepvis_app.words.recipes import differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer, KeptPictures
    from deepvis_app.nets import Unit
    from deepvis_app.synth import Recipe
    from deepvis_app.words.recipes import Difference


@dataclass(eq=False)
class Trial:
    """One variation; number 0 is the recipe itself."""

    number: int
    recipe: Recipe
    base: Recipe
    made: Made | None = None
    job: int | None = None  # that makes it, or made it
    state: JobState | None = None  # of that job
    key: str = ""  # of what the job has made
    problem: str = ""  # why there is no picture

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to come."""
        return self.is_stored or (self.state is not None and self.state.is_final)

    @property
    def is_stored(self) -> bool:
        return self.made is not None and self.made.stored is not None

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY and not self.is_stored

    @property
    def scores(self) -> Scores | None:
        """Return the measures of the stored picture; None where none were taken."""
        if self.made is None or self.made.stored is None:
            return None
        try:
            return Scores(**self.made.stored.scores)  # type: ignore[arg-type]
        except TypeError:  # none, or those of another version
            return None

    @property
    def merit(self) -> float | None:
        scores = self.scores
        return None if scores is None else merit(scores)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        return differences(self.recipe, self.base)


class Variations:
    """Looks stored pictures up little by little and takes growing ones from the jobs.

    The same base always has the same variations.
    """

    def __init__(
        self, gallery: KeptPictures, fingerprint: str, unit: Unit, base: Recipe, count: int
    ) -> None:
        self.base = base
        self.sample = Sample(unit)
        self.itself = Trial(0, base, base)  # looked for, never made
        self.trials = tuple(
            Trial(number, recipe, base)
            for number, recipe in enumerate(random_recipes(base, count), 1)
        )
        self._gallery = gallery
        self._fingerprint = fingerprint
        self._unseen = [*self.trials, self.itself]
        self._asked: dict[Trial, Answer[StoredPicture | None]] = {}

    @property
    def is_looked_up(self) -> bool:
        return not self._unseen

    @property
    def done(self) -> int:
        """How many have been made, now or earlier."""
        return sum(trial.is_stored or trial.state is JobState.DONE for trial in self.trials)

    @property
    def is_over(self) -> bool:
        return self.is_looked_up and all(trial.is_over for trial in self.trials)

    def look_up(self, budget_s: float) -> bool:
        """Ask for stored pictures, at least for one, and take what the store has answered.

        Tells whether it has answered anything.
        """
        until = time.perf_counter() + budget_s
        answered = False
        for trial in tuple(self._unseen):
            if trial not in self._asked:
                self._asked[trial] = self._find(trial)
            if self._asked[trial].is_there:
                self._unseen.remove(trial)
                stored, answered = self._asked.pop(trial).take(), True
                if stored is not None:
                    trial.made = made_of(stored, self.sample)
            if time.perf_counter() >= until:
                break
        return answered

    def take(self, statuses: Iterable[JobStatus]) -> None:
        """Take what the jobs of these trials have made since."""
        known = {status.id: status for status in statuses}
        finished = False
        for trial in self.under_way():
            self._follow(trial, known.get(trial.job or 0))
            finished |= trial.is_over
        if finished and not self.itself.is_stored and self.itself not in self._unseen:
            self._look_anew(self.itself)  # it may have been made meanwhile

    def under_way(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.is_under_way)

    def to_do(self) -> tuple[Trial, ...]:
        """Return what is neither stored nor begun; complete once all is looked up."""
        unseen = set(map(id, self._unseen))
        return tuple(
            trial
            for trial in self.trials
            if trial.state is None and not trial.is_stored and id(trial) not in unseen
        )

    def began(self, trial: Trial, job: int) -> None:
        trial.job, trial.state = job, JobState.WAITING

    def stop(self) -> None:
        """Forget what has been begun and not finished."""
        for trial in self.under_way():
            trial.job = trial.state = trial.made = None

    def ranked(self) -> tuple[Trial, ...]:
        """Return the best first, then what has no score, then what is not finished."""
        return tuple(sorted(self.trials, key=_place))

    def _follow(self, trial: Trial, status: JobStatus | None) -> None:
        if status is None:  # ended and cleared away since
            trial.state = JobState.DONE
            self._look_anew(trial)
            return
        trial.state = status.state
        trial.problem = str(status.error or "")
        self._grow(trial, status)
        trial.key = status.results.get(self.sample, "")
        if trial.key:
            self._look_anew(trial)
            trial.state = JobState.DONE

    def _grow(self, trial: Trial, status: JobStatus) -> None:
        picture = status.previews.get(self.sample)
        trace, known = status.traces.get(self.sample, ()), trial.made
        if picture is None:
            return
        if known is None or known.picture is not picture or len(known.trace) != len(trace):
            best = max(trace, default=None)
            trial.made = Made(
                self.sample, trial.recipe, picture, trace, best, fingerprint=status.fingerprint
            )

    def _look_anew(self, trial: Trial) -> None:
        """What is being looked up was asked for before the picture was there."""
        self._asked.pop(trial, None)
        if trial not in self._unseen:
            self._unseen.append(trial)

    def _find(self, trial: Trial) -> Answer[StoredPicture | None]:
        return self._gallery.find(self._fingerprint, self.sample, trial.recipe, trial.key)


def _place(trial: Trial) -> tuple[int, float]:
    height = trial.merit
    if height is not None:
        return 0, -height
    if trial.made is not None and trial.is_over:
        return 1, trial.number
    return (4 if trial.is_over else 2 if trial.made else 3), trial.number
