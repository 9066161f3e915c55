"""The preferred images of a unit at some checkpoints: kept ones, and those that grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.checkpoints import At, CheckpointsRequest, CheckpointsStatus
from deepvis_app.nets import Unit
from deepvis_app.synth import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.lab.timeline import Moment
    from deepvis_app.synth import Recipe
    from deepvis_app.ui.desk import Desk

    Picture = NDArray[np.uint8]

NOT_MADE = "Not made yet"


class TimelineImages:
    """For the main thread. All are of one seed, so that only the network differs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._folder = ""
        self._moments: tuple[At, ...] = ()
        self._sample: Sample | None = None
        self._recipe: Recipe | None = None
        self._asked: dict[At, Answer[StoredPicture | None]] = {}
        self._found: dict[At, Picture] = {}
        self._job: int | None = None
        self.words = ""

    def follow(self, folder: str, moments: Sequence[Moment], layer: str, unit: int) -> None:
        """Look for the pictures of a unit at these checkpoints."""
        sample, recipe = Sample(Unit(layer, unit), seed=0), self._desk.options.preferred.recipe
        if (folder, sample, recipe) != (self._folder, self._sample, self._recipe):
            self._folder, self._sample, self._recipe = folder, sample, recipe
            self._found.clear()
            self._asked.clear()
            self._job, self.words = None, ""
        self._moments = tuple(At(moment.step, moment.fingerprint) for moment in moments)
        for at in self._moments:
            if at not in self._found and at not in self._asked:
                self._asked[at] = self._desk.kept.pictures.find(at.fingerprint, sample, recipe)

    def of(self, moment: Moment) -> tuple[Picture | None, str]:
        """Return the picture at a checkpoint, and what is said where there is none."""
        at = At(moment.step, moment.fingerprint)
        waits = "Waiting" if self._job is not None else NOT_MADE
        return self._found.get(at), waits

    @property
    def can_make(self) -> bool:
        """Whether any of those that are shown is missing, and not under way."""
        return self._job is None and any(at not in self._found for at in self._moments)

    def make(self) -> None:
        """Have the missing ones made. Raises `UserError`."""
        missing = tuple(at for at in self._moments if at not in self._found)
        if self._sample is None or self._recipe is None or not missing:
            return
        request = CheckpointsRequest(self._folder, missing, self._sample, self._recipe)
        self._job = self._desk.jobs.submit(request)

    def tick(self, statuses: tuple[JobStatus, ...] | None) -> bool:
        """Take what has come; return whether there is something new to be shown."""
        is_new = False
        for at, answer in [(at, one) for at, one in self._asked.items() if one.is_there]:
            stored = answer.take()
            del self._asked[at]
            if stored is not None:
                self._found[at] = stored.image
                is_new = True
        for status in statuses or ():
            if isinstance(status, CheckpointsStatus) and self._is_ours(status.request):
                is_new |= self._take(status)
        return is_new

    def _is_ours(self, request: CheckpointsRequest) -> bool:
        now = self._folder, self._sample, self._recipe
        return (request.folder, request.sample, request.recipe) == now

    def _take(self, status: CheckpointsStatus) -> bool:
        is_new = False
        for at, picture in status.previews.items():
            if self._found.get(at) is not picture:
                self._found[at] = picture
                is_new = True
        is_open = not status.state.is_final
        words = f"{status.made} of {status.wanted} made" if is_open else ""
        if status.state is JobState.FAILED:
            words = str(status.error)
        job = status.id if is_open else None
        is_new |= (words, job) != (self.words, self._job)
        self.words, self._job = words, job
        return is_new
